//! A retry budget that many callers share.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::budget::state::Tokens;
use crate::budget::{BudgetError, RetryBudgetBuilder};

/// An allowance for extra attempts, shared by all calls to one service: cloning shares it.
///
/// ```
/// use concurry_retry::{RetryBudget, RetryPolicy};
/// use std::time::Duration;
///
/// let budget = RetryBudget::builder().ratio(0.1).capacity(2).min_per_second(0.0).build()?;
/// let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(5);
/// let down = policy.run_blocking(|_| Err::<(), _>("down")).budget(&budget).call();
/// assert_eq!(down.unwrap_err().attempts().count(), 3);     // one attempt and the two retries
/// # Ok::<(), concurry_retry::BudgetError>(())
/// ```
#[derive(Clone)]
pub struct RetryBudget {
    shared: Arc<Shared>,
}

struct Shared {
    /// Only a hint that lets a success skip the lock while all goes well: a stale value loses or
    /// adds one deposit and guards nothing, so relaxed ordering is enough.
    full: AtomicBool,
    /// Held for a few additions, never over user code.
    tokens: Mutex<Tokens>,
}

impl RetryBudget {
    /// Makes a budget that pays for `ratio` extra attempts per success, with the defaults of
    /// [`RetryBudgetBuilder`] otherwise.
    ///
    /// # Errors
    ///
    /// When the ratio is not over 0 and at most 10.
    pub fn ratio(ratio: f64) -> Result<Self, BudgetError> {
        Self::builder().ratio(ratio).build()
    }

    /// Starts with the default options.
    pub const fn builder() -> RetryBudgetBuilder {
        RetryBudgetBuilder::new()
    }

    pub(crate) fn from_tokens(tokens: Tokens) -> Self {
        let shared = Shared { full: AtomicBool::new(true), tokens: Mutex::new(tokens) };
        Self { shared: Arc::new(shared) }
    }

    /// Pays in for a call that succeeded.
    pub fn deposit(&self) {
        if !self.shared.full.load(Ordering::Relaxed) {
            let mut tokens = self.lock();
            let full = tokens.deposit();
            self.shared.full.store(full, Ordering::Relaxed);
        }
    }

    /// Takes out one extra attempt; `false` means that it must not be made.
    #[must_use = "without a token the attempt must not be made"]
    pub fn withdraw(&self, now: Instant) -> bool {
        let mut tokens = self.lock();
        let granted = tokens.withdraw(now);
        self.shared.full.store(false, Ordering::Relaxed);
        granted
    }

    /// Puts back an extra attempt that was paid for and then not made.
    pub fn refund(&self) {
        self.lock().refund();
    }

    /// How many extra attempts the budget holds.
    #[must_use]
    pub fn balance(&self) -> u32 {
        self.lock().balance()
    }

    fn lock(&self) -> MutexGuard<'_, Tokens> {
        self.shared.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two budgets are equal when they are the same one.
impl PartialEq for RetryBudget {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryBudget").field("balance", &self.balance()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_out_of_range_are_named() {
        let builder = RetryBudget::builder;
        for (built, name) in [
            (builder().ratio(f64::NAN).build(), "ratio"),
            (builder().ratio(0.0).build(), "ratio"),
            (builder().capacity(0).build(), "capacity"),
            (builder().min_per_second(-1.0).build(), "min_per_second"),
        ] {
            let message = built.unwrap_err().to_string();
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn a_full_budget_takes_deposits_again_after_a_withdrawal() {
        let budget = RetryBudget::builder().ratio(1.0).capacity(1).build().unwrap();
        let now = Instant::now();
        budget.deposit();
        assert!(budget.withdraw(now));
        assert!(!budget.withdraw(now));
        budget.deposit();
        assert_eq!(budget.balance(), 1);
    }
}
