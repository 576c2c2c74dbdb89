//! What can go wrong: when a set is built, when a permit is asked for, when it is settled.

use std::time::Duration;

use thiserror::Error;

use crate::key::Key;

/// Why a limit or a set of limits was refused when it was built.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum LimitBuildError {
    /// Two limits of one set have the same key.
    #[error("the key `{key}` is used by two limits of one set: give each limit a key of its own")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A limit without a name.
    #[error("a limit has an empty key: name what it counts, for example `tokens`")]
    EmptyKey,
    /// A capacity that cannot be.
    #[error("the capacity of `{key}` is {capacity}: it must be {legal}")]
    Capacity {
        /// The key of the limit.
        key: String,
        /// What was given.
        capacity: f64,
        /// The legal range in words.
        legal: &'static str,
    },
    /// A burst that cannot be, or for a rule that has none.
    #[error("the burst of `{key}` is {burst}: {legal}")]
    Burst {
        /// The key of the limit.
        key: String,
        /// What was given.
        burst: f64,
        /// The legal range in words.
        legal: &'static str,
    },
    /// A window without length, or beyond a hundred years.
    #[error("the window of `{key}` is {window:?}: it must be above zero and at most 100 years")]
    Window {
        /// The key of the limit.
        key: String,
        /// What was given.
        window: Duration,
    },
    /// A text that names no window.
    #[error(
        "`{text}` is no window: use a number of seconds above zero, or second, minute, hour, day or week"
    )]
    UnknownWindow {
        /// The text.
        text: String,
    },
    /// A pool needs at least one set.
    #[error("a limit pool needs at least one limit set")]
    EmptyPool,
    /// The bounds of an adaptive limit contradict each other.
    #[error("the adaptive limit of `{key}` is impossible: {reason}")]
    Adaptive {
        /// The key of the limit.
        key: String,
        /// What is wrong, and the legal range.
        reason: &'static str,
    },
}

/// Why there is no permit.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum LimitError {
    /// It does not fit now. Nothing was taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It did not fit in time. Nothing was taken.
    #[error("no permit within {timeout:?}: {refusal}")]
    TimedOut {
        /// How long was waited.
        timeout: Duration,
        /// What blocked at the end.
        refusal: Refusal,
    },
    /// More than the limit allows at once, so that waiting would never end.
    #[error(
        "{amount} of `{key}` can never fit: at most {most} at once. Ask for less, or raise the limit"
    )]
    NeverFits {
        /// The limit.
        key: String,
        /// What was asked for.
        amount: f64,
        /// The most that fits at once.
        most: f64,
    },
    /// The set has no such limit.
    #[error("there is no limit `{key}`: the keys are {known}")]
    UnknownKey {
        /// The key that was asked for.
        key: String,
        /// The keys that there are.
        known: String,
    },
    /// One request names a key twice.
    #[error("the key `{key}` is named twice in one request: add the amounts up")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// An amount that cannot be.
    #[error("{amount} of `{key}` cannot be taken: the amount must be {legal}")]
    BadAmount {
        /// The limit.
        key: String,
        /// What was asked for.
        amount: f64,
        /// The legal range in words.
        legal: &'static str,
    },
    /// A resource cannot be spent for good.
    #[error("`{key}` is a resource: it is held by a permit, use `try_acquire`")]
    Resource {
        /// The key.
        key: String,
    },
    /// A capacity that cannot be set.
    #[error("the capacity of `{key}` cannot become {capacity}: it must be {legal}")]
    BadCapacity {
        /// The limit.
        key: String,
        /// What was given.
        capacity: f64,
        /// The legal range in words.
        legal: &'static str,
    },
    /// A request without amounts, of a set with a rate limit.
    #[error("name an amount: the rate limit `{key}` cannot guess how much is needed")]
    NothingRequested {
        /// A rate limit of the set.
        key: String,
    },
}

impl LimitError {
    /// The limit that blocks, if it was a limit that blocked.
    #[must_use]
    pub fn blocked_by(&self) -> Option<&str> {
        self.refusal().map(Refusal::blocked_by)
    }

    /// How long until it would fit, if that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal().and_then(Refusal::retry_after)
    }

    /// The refusal, when the limits were merely short.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::TimedOut { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

/// A request that does not fit now. It owns nothing: there is nothing to give back.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{}` is exhausted{}", key.name(), Wait(*retry_after))]
pub struct Refusal {
    pub(crate) key: Key,
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    /// The limit that blocks: of several, the one that blocks longest.
    #[must_use]
    pub fn blocked_by(&self) -> &str {
        self.key.name()
    }

    /// How long until the request fits, if nobody else takes anything. `None` when that depends on
    /// somebody giving a resource back.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

struct Wait(Option<Duration>);

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(wait) => write!(f, ", next in {wait:.1?}"),
            None => f.write_str(" until somebody gives some back"),
        }
    }
}

/// Why a permit could not be settled as asked. The permit stays as it was.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum PermitError {
    /// The permit holds nothing of this key.
    #[error("the permit holds nothing of `{key}`: it holds {held}")]
    NotAcquired {
        /// The key.
        key: String,
        /// The keys that it holds.
        held: String,
    },
    /// A use that cannot be.
    #[error("{used} of `{key}` cannot have been used: it must be {legal}")]
    BadUsage {
        /// The key.
        key: String,
        /// What was reported.
        used: f64,
        /// The legal range in words.
        legal: String,
    },
    /// A resource is held and given back; it is not used up.
    #[error("`{key}` is a resource: it comes back when the permit is dropped, whatever was used")]
    Resource {
        /// The key.
        key: String,
    },
    /// The permit has been given back already.
    #[error("the permit has been given back already: settle it before `refund`")]
    Settled,
}
