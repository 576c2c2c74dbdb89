//! Why a race cannot be built, and why nobody won.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::race::Suspended;
use crate::retry::AttemptError;

/// An option of a race that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RaceConfigError {
    /// Nobody to race.
    #[error("a race needs at least one candidate")]
    NoCandidates,
    /// Two candidates of one name.
    #[error("a race has two candidates named \"{name}\"")]
    DuplicateName {
        /// The name given twice.
        name: Arc<str>,
    },
    /// A time-out for nobody.
    #[error("a timeout is set for \"{name}\", but the candidates are: {candidates}")]
    UnknownName {
        /// The name given.
        name: Arc<str>,
        /// The names there are.
        candidates: String,
    },
    /// Something that must be over zero is zero.
    #[error("{option} of a race must be over zero")]
    Zero {
        /// The option's name.
        option: &'static str,
    },
}

/// How one candidate failed in a race.
#[derive(Debug)]
#[non_exhaustive]
pub struct CandidateFailure<E, T> {
    /// Its name.
    pub candidate: Arc<str>,
    /// What came of it.
    pub error: AttemptError<E, T>,
}

/// Nobody won.
#[non_exhaustive]
pub enum RaceError<E, T> {
    /// A bucket names somebody who is not there. Nothing was started.
    UnknownCandidate {
        /// The name given.
        name: Arc<str>,
        /// The names there are.
        candidates: String,
    },
    /// The buckets name nobody.
    NoCandidates,
    /// Every candidate named sits out.
    AllSuspended {
        /// How long until the first is back.
        retry_after: Duration,
    },
    /// Every candidate that was tried failed.
    AllFailed {
        /// How, in the order of the failures.
        failures: Vec<CandidateFailure<E, T>>,
        /// Those that were not tried since they sat out. No time is left where one is back by now.
        suspended: Vec<Suspended>,
    },
}

impl<E: fmt::Debug, T> fmt::Debug for RaceError<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCandidate { name, .. } => {
                f.debug_struct("UnknownCandidate").field("name", name).finish_non_exhaustive()
            }
            Self::NoCandidates => f.write_str("NoCandidates"),
            Self::AllSuspended { retry_after } => {
                f.debug_struct("AllSuspended").field("retry_after", retry_after).finish()
            }
            Self::AllFailed { failures, suspended } => {
                // The values' type need not be `Debug`.
                let entries = failures.iter().map(|failure| (&failure.candidate, &failure.error));
                let failures: Vec<_> = entries.collect();
                f.debug_struct("AllFailed")
                    .field("failures", &failures)
                    .field("suspended", suspended)
                    .finish()
            }
        }
    }
}

impl<E: fmt::Display, T> fmt::Display for RaceError<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCandidate { name, candidates } => {
                write!(f, "no candidate is named \"{name}\"; there are: {candidates}")
            }
            Self::NoCandidates => f.write_str("the buckets of the race name no candidate"),
            Self::AllSuspended { retry_after } => {
                write!(f, "all candidates are suspended, the first is back in {retry_after:.1?}")
            }
            Self::AllFailed { failures, suspended } => {
                let tried = if suspended.is_empty() { "" } else { " that were tried" };
                write!(f, "all candidates{tried} failed")?;
                for (index, CandidateFailure { candidate, error }) in failures.iter().enumerate() {
                    write!(f, "{} {candidate}: {error}", if index == 0 { ":" } else { ";" })?;
                }
                for Suspended { candidate, time_left } in suspended {
                    write!(f, "; {candidate} is suspended, and back in {time_left:.1?}")?;
                }
                Ok(())
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display, T> Error for RaceError<E, T> {}
