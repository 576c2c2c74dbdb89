//! Why a call is refused, and why a breaker cannot be built.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::breaker::BreakerState;
use crate::verdict::{Retryable, Verdict};

/// A call was refused: the breaker is not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerOpen {
    /// The name of the breaker.
    pub breaker: Arc<str>,
    /// Its state: open, half-open with all probes out, ramping up, or isolated.
    pub state: BreakerState,
    /// How long until calls are tried again. `None` when that depends on calls that run, or on
    /// somebody's `reset`.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for BreakerOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "circuit breaker \"{}\" refuses calls ({})", self.breaker, self.state)?;
        match self.retry_after {
            Some(wait) => write!(f, ", next try in {wait:.1?}"),
            None => Ok(()),
        }
    }
}

impl Error for BreakerOpen {}

/// Worth another try when the breaker lets probes through again; never for an isolated one.
impl Retryable for BreakerOpen {
    fn verdict(&self) -> Verdict {
        match (self.state, self.retry_after) {
            (BreakerState::Isolated, _) => Verdict::Fatal,
            (_, hint) => Verdict::Throttle(hint),
        }
    }
}

/// How a call through a breaker failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerError<E> {
    /// It was refused, and never ran.
    Open(BreakerOpen),
    /// It ran, and returned an error.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for BreakerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(open) => open.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for BreakerError<E> {}

impl<E: Retryable> Retryable for BreakerError<E> {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Open(open) => open.verdict(),
            Self::Failed(error) => error.verdict(),
        }
    }
}

/// An option of a breaker that makes no sense.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BreakerConfigError {
    /// A share outside its range.
    #[error("{option} of a circuit breaker must be {range}, not {value}")]
    Share {
        /// The option's name.
        option: &'static str,
        /// Its legal range, in words.
        range: &'static str,
        /// The value given.
        value: f64,
    },
    /// Something that must be over zero is zero.
    #[error("{option} of a circuit breaker must be over zero")]
    Zero {
        /// The option's name.
        option: &'static str,
    },
    /// More calls are asked for than the window holds, so the breaker could never open.
    #[error("minimum_calls ({minimum_calls}) must not be over the window of {window} calls")]
    MinimumOverWindow {
        /// The minimum given.
        minimum_calls: u32,
        /// The window given.
        window: u32,
    },
}
