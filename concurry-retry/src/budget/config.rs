//! The options of a retry budget.

use crate::budget::state::Tokens;
use crate::budget::{BudgetError, RetryBudget};

/// Sets up a [`RetryBudget`].
///
/// # Default
///
/// A ratio of 0.1 retries per success, a capacity of 100 retries, one retry a second regardless.
///
/// ```
/// use concurry_retry::RetryBudget;
///
/// let budget = RetryBudget::builder().ratio(0.2).capacity(10).min_per_second(0.5).build()?;
/// assert_eq!(budget.balance(), 10);
/// assert!(RetryBudget::ratio(f64::NAN).is_err());
/// # Ok::<(), concurry_retry::BudgetError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct RetryBudgetBuilder {
    ratio: f64,
    capacity: u32,
    per_second: f64,
}

impl RetryBudgetBuilder {
    pub(crate) const fn new() -> Self {
        Self { ratio: 0.1, capacity: 100, per_second: 1.0 }
    }

    /// Sets the extra attempts that each success pays for (over 0, at most 10).
    pub const fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio;
        self
    }

    /// Sets how many extra attempts can be saved up. The budget starts with that many.
    pub const fn capacity(mut self, attempts: u32) -> Self {
        self.capacity = attempts;
        self
    }

    /// Sets how many extra attempts a second are allowed however few calls succeed (0 to 1000).
    pub const fn min_per_second(mut self, attempts: f64) -> Self {
        self.per_second = attempts;
        self
    }

    /// Makes the budget.
    ///
    /// # Errors
    ///
    /// Names the option out of range and its legal range.
    pub fn build(self) -> Result<RetryBudget, BudgetError> {
        if !(self.ratio > 0.0 && self.ratio <= 10.0) {
            return Err(BudgetError::Ratio { ratio: self.ratio });
        }
        if self.capacity == 0 {
            return Err(BudgetError::ZeroCapacity);
        }
        if !(0.0..=1000.0).contains(&self.per_second) {
            return Err(BudgetError::PerSecond { per_second: self.per_second });
        }
        Ok(RetryBudget::from_tokens(Tokens::new(self.ratio, self.capacity, self.per_second)))
    }
}
