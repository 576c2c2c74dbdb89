//! What a retry policy says: plain data, checked by [`RetryPolicy::validate`].

use std::time::Duration;

use crate::backoff::{Backoff, Jitter, Waits};
use crate::retry::PolicyError;

/// How often to try again, and how long to wait in between.
///
/// It is plain data: clone it, compare it, keep it in a configuration. Closures (which errors to
/// retry, which results to accept) come where the types are known: at
/// [`run`](RetryPolicy::run) and [`run_blocking`](RetryPolicy::run_blocking).
///
/// # Default
///
/// 3 retries (4 attempts), exponential from 100 ms by a factor of 2, no wait over 60 s, full
/// jitter, no deadline. A `Retry-After` of more than one hour is not waited for.
///
/// ```
/// use concurry_retry::{Jitter, RetryPolicy};
/// use std::time::Duration;
///
/// let policy = RetryPolicy::exponential(Duration::from_secs(1))
///     .max_retries(2)
///     .jitter(Jitter::None);
/// policy.validate()?;
/// let waits: Vec<_> = policy.schedule().collect();
/// assert_eq!(waits, [1, 2].map(Duration::from_secs));
/// # Ok::<(), concurry_retry::PolicyError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a policy does nothing until something runs under it"]
pub struct RetryPolicy {
    pub(crate) backoff: Backoff,
    pub(crate) first: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) max_retries: u32,
    pub(crate) max_retry_after: Duration,
    pub(crate) jitter: Jitter,
    pub(crate) seed: Option<u64>,
    pub(crate) deadline: Option<Duration>,
}

impl RetryPolicy {
    const MAX_WAIT: Duration = Duration::from_secs(60);
    const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

    fn new(backoff: Backoff, first: Duration) -> Self {
        Self {
            backoff,
            first,
            // A first wait over the usual cap is meant: it raises the cap.
            max_wait: first.max(Self::MAX_WAIT),
            max_retries: 3,
            max_retry_after: Self::MAX_RETRY_AFTER,
            jitter: Jitter::default(),
            seed: None,
            deadline: None,
        }
    }

    /// Waits `first`, then twice as long each time.
    pub fn exponential(first: Duration) -> Self {
        Self::new(Backoff::Exponential { factor: 2.0 }, first)
    }

    /// Waits `first`, then `factor` times as long each time. The factor is at least 1.
    pub fn exponential_by(first: Duration, factor: f64) -> Self {
        Self::new(Backoff::Exponential { factor }, first)
    }

    /// Waits the same each time.
    pub fn constant(wait: Duration) -> Self {
        Self::new(Backoff::Constant, wait)
    }

    /// Waits `step`, then `step` longer each time.
    pub fn linear(step: Duration) -> Self {
        Self::new(Backoff::Linear, step)
    }

    /// Waits `first` times 1, 1, 2, 3, 5, 8 and so on.
    pub fn fibonacci(first: Duration) -> Self {
        Self::new(Backoff::Fibonacci, first)
    }

    /// Waits a random time between `first` and three times the last wait.
    ///
    /// The series is random by itself, so no jitter is laid on it.
    pub fn decorrelated(first: Duration) -> Self {
        Self::new(Backoff::Decorrelated, first)
    }

    /// Takes the waits from an iterator, started anew for each call that fails. Its end ends the
    /// retries, as [`max_retries`](Self::max_retries) does. No jitter unless set afterwards.
    ///
    /// ```
    /// use concurry_retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// let squares = RetryPolicy::custom(|| (1_u64..).map(|n| Duration::from_millis(n * n)));
    /// let waits: Vec<_> = squares.schedule().map(|wait| wait.as_millis()).collect();
    /// assert_eq!(waits, [1, 4, 9]);
    /// ```
    pub fn custom<I>(waits: impl Fn() -> I + Send + Sync + 'static) -> Self
    where
        I: Iterator<Item = Duration> + Send + 'static,
    {
        let backoff = Backoff::Custom(Waits::new(waits));
        Self::new(backoff, Duration::ZERO).jitter(Jitter::None)
    }

    /// Waits exactly these, one retry for each.
    pub fn waits(waits: impl Into<Vec<Duration>>) -> Self {
        let waits: Vec<Duration> = waits.into();
        let longest = waits.iter().max().copied().unwrap_or_default();
        let retries = u32::try_from(waits.len()).unwrap_or(u32::MAX);
        Self::custom(move || waits.clone().into_iter())
            .max_retries(retries)
            .max_wait(longest.max(Self::MAX_WAIT))
    }

    /// Never tries again.
    pub fn none() -> Self {
        Self::constant(Self::MAX_WAIT).max_retries(0)
    }

    /// Sets how often to try again after the first attempt (3 unless set; 0 means never).
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// Caps every computed wait (60 s unless set). A wait the server asked for is never cut.
    pub const fn max_wait(mut self, longest: Duration) -> Self {
        self.max_wait = longest;
        self
    }

    /// Sets the longest `Retry-After` to wait for (1 h unless set); a longer one fails at once,
    /// since a wait that is cut short is a wasted attempt.
    pub const fn max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    /// Sets how computed waits are spread ([`Jitter::Full`] unless set).
    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// Makes the jitter repeatable, for tests: every run then draws the same waits.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Bounds all attempts and waits together, counted from the start of the first attempt (no
    /// bound unless set). A wait that would reach it is not begun: the run fails at once.
    pub const fn deadline(mut self, total: Duration) -> Self {
        self.deadline = Some(total);
        self
    }

    /// How often this policy tries again at most.
    #[must_use]
    pub const fn retry_limit(&self) -> u32 {
        self.max_retries
    }

    /// The bound on all attempts and waits together, if one is set.
    #[must_use]
    pub const fn total_deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Checks every value.
    ///
    /// # Errors
    ///
    /// Names the first value out of range and its legal range.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let custom = matches!(self.backoff, Backoff::Custom(_));
        if self.first.is_zero() && !custom {
            return Err(PolicyError::ZeroDuration { field: "first wait" });
        }
        if self.max_wait.is_zero() && !custom {
            return Err(PolicyError::ZeroDuration { field: "max_wait" });
        }
        if self.deadline.is_some_and(|deadline| deadline.is_zero()) {
            return Err(PolicyError::ZeroDuration { field: "deadline" });
        }
        if self.max_wait < self.first {
            return Err(PolicyError::CapBelowFirst { max_wait: self.max_wait, first: self.first });
        }
        match self.backoff {
            Backoff::Exponential { factor } if !(factor.is_finite() && factor >= 1.0) => {
                return Err(PolicyError::Factor { factor });
            }
            _ => {}
        }
        match self.jitter {
            Jitter::Factor(share) if !(0.0..=1.0).contains(&share) => {
                Err(PolicyError::JitterFactor { share })
            }
            _ => Ok(()),
        }
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::exponential(Duration::from_millis(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn values_out_of_range_are_named() {
        let cases = [
            (RetryPolicy::constant(Duration::ZERO), "first wait"),
            (RetryPolicy::constant(SECOND).deadline(Duration::ZERO), "deadline"),
            (RetryPolicy::constant(SECOND).max_wait(SECOND / 2), "max_wait"),
            (RetryPolicy::exponential_by(SECOND, 0.5), "factor"),
            (RetryPolicy::exponential_by(SECOND, f64::NAN), "factor"),
            (RetryPolicy::constant(SECOND).jitter(Jitter::Factor(1.5)), "Jitter::Factor"),
            (RetryPolicy::constant(SECOND).jitter(Jitter::Factor(f64::NAN)), "Jitter::Factor"),
        ];
        for (policy, field) in cases {
            let message = policy.validate().unwrap_err().to_string();
            assert!(message.contains(field), "{message}");
        }
    }

    #[test]
    fn every_constructor_makes_a_legal_policy() {
        for policy in [
            RetryPolicy::default(),
            RetryPolicy::none(),
            RetryPolicy::exponential(Duration::from_secs(120)),
            RetryPolicy::linear(SECOND),
            RetryPolicy::fibonacci(SECOND),
            RetryPolicy::decorrelated(SECOND),
            RetryPolicy::waits([Duration::ZERO, SECOND]),
        ] {
            assert_eq!(policy.validate(), Ok(()), "{policy:?}");
            assert_eq!(policy.clone(), policy);
        }
    }
}
