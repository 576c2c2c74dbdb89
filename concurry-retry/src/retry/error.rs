//! Why a policy is refused, and why a run gave up.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::retry::Attempts;

/// A value of a [`RetryPolicy`](crate::RetryPolicy) that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// A duration that must be over zero is zero.
    #[error("the {field} of a retry policy must be over zero")]
    ZeroDuration {
        /// The value's name.
        field: &'static str,
    },
    /// The cap is below the first wait.
    #[error("max_wait ({max_wait:?}) must not be below the first wait ({first:?})")]
    CapBelowFirst {
        /// The cap given.
        max_wait: Duration,
        /// The first wait given.
        first: Duration,
    },
    /// An exponential factor that shrinks, or is no number.
    #[error("the factor of an exponential policy must be finite and at least 1, not {factor}")]
    Factor {
        /// The factor given.
        factor: f64,
    },
    /// A jitter share outside 0 to 1.
    #[error("the share of Jitter::Factor must lie between 0 and 1, not {share}")]
    JitterFactor {
        /// The share given.
        share: f64,
    },
}

/// Why no further attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GaveUp {
    /// Every retry the policy allows was used.
    #[error("no retries left")]
    RetriesExhausted,
    /// The error is not one to retry.
    #[error("not retryable")]
    Fatal,
    /// The arguments must not be tried again anywhere.
    #[error("the arguments are poisonous")]
    Poison,
    /// The deadline has passed, or the next wait would have reached it.
    #[error("the deadline leaves no time for another attempt")]
    Deadline,
    /// The server asks for a longer wait than the policy accepts.
    #[error("the server asks to wait {0:?}, more than max_retry_after")]
    RetryAfterTooLong(Duration),
    /// The shared retry budget is spent.
    #[error("the retry budget is spent")]
    Budget,
    /// The policy itself is not legal.
    #[error("the retry policy is invalid: {0}")]
    Policy(PolicyError),
}

/// How one attempt failed.
#[non_exhaustive]
pub enum AttemptError<E, T> {
    /// It returned an error.
    Failed(E),
    /// It returned a value that the check with this number (from 0, in the order of the `until`s)
    /// did not accept.
    Rejected {
        /// What it returned.
        value: T,
        /// Which check refused it.
        check: usize,
    },
    /// It took longer than it may, and was dropped.
    TimedOut,
}

/// A run that gave up: the reason, and every attempt.
///
/// It is one word wide. It is an [`Error`] whenever `F` can be shown, so `?` works whatever the
/// error type of the attempts.
///
/// ```
/// use concurry_retry::{GaveUp, RetryPolicy};
/// use std::time::Duration;
///
/// let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(1);
/// let error = policy.run_blocking(|_| Err::<(), _>("busy")).call().unwrap_err();
/// assert_eq!(error.gave_up(), GaveUp::RetriesExhausted);
/// assert_eq!(error.attempts().count(), 2);
/// assert_eq!(error.last_error(), Some(&"busy"));
/// ```
pub struct RetryError<F>(Box<Inner<F>>);

struct Inner<F> {
    gave_up: GaveUp,
    attempts: Attempts<F>,
}

impl<F> RetryError<F> {
    /// Joins the reason and the attempts.
    #[must_use]
    pub fn new(gave_up: GaveUp, attempts: Attempts<F>) -> Self {
        Self(Box::new(Inner { gave_up, attempts }))
    }

    /// Why no further attempt was made.
    #[must_use]
    pub fn gave_up(&self) -> GaveUp {
        self.0.gave_up
    }

    /// What happened in each attempt.
    #[must_use]
    pub fn attempts(&self) -> &Attempts<F> {
        &self.0.attempts
    }

    /// Gives the attempts away.
    #[must_use]
    pub fn into_attempts(self) -> Attempts<F> {
        self.0.attempts
    }

    /// How the last attempt failed. `None` when the deadline passed before the first.
    #[must_use]
    pub fn last(&self) -> Option<&F> {
        self.0.attempts.last().map(|record| &record.error)
    }
}

impl<E, T> RetryError<AttemptError<E, T>> {
    /// The error of the last attempt, if it returned one.
    #[must_use]
    pub fn last_error(&self) -> Option<&E> {
        match self.last()? {
            AttemptError::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Gives away the error of the last attempt, if it returned one.
    #[must_use]
    pub fn into_last_error(self) -> Option<E> {
        match self.0.attempts.into_last()?.error {
            AttemptError::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The values that were rejected, in order.
    pub fn rejected(&self) -> impl Iterator<Item = &T> {
        self.0.attempts.records().iter().filter_map(|record| match &record.error {
            AttemptError::Rejected { value, .. } => Some(value),
            _ => None,
        })
    }
}

impl<E: fmt::Debug, T> fmt::Debug for AttemptError<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            // The value's type need not be `Debug`.
            Self::Rejected { check, .. } => {
                f.debug_struct("Rejected").field("check", check).finish_non_exhaustive()
            }
            Self::TimedOut => f.write_str("TimedOut"),
        }
    }
}

impl<E: fmt::Display, T> fmt::Display for AttemptError<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Rejected { check, .. } => write!(f, "the result failed check {}", check + 1),
            Self::TimedOut => f.write_str("the attempt timed out"),
        }
    }
}

impl<F: fmt::Debug> fmt::Debug for RetryError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { gave_up, attempts } = &*self.0;
        f.debug_struct("RetryError").field("gave_up", gave_up).field("attempts", attempts).finish()
    }
}

impl<F: fmt::Display> fmt::Display for RetryError<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { gave_up, attempts } = &*self.0;
        let plural = if attempts.count() == 1 { "" } else { "s" };
        write!(f, "failed after {} attempt{plural} ({gave_up})", attempts.count())?;
        match self.last() {
            Some(last) => write!(f, ": {last}"),
            None => Ok(()),
        }
    }
}

impl<E: fmt::Debug + fmt::Display, T> Error for AttemptError<E, T> {}
impl<F: fmt::Debug + fmt::Display> Error for RetryError<F> {}
