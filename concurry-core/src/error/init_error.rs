//! Why a pool could not be made.

use std::time::Duration;

use thiserror::Error;

use super::Panicked;
use crate::Mode;

/// Why `init` made no pool. Nothing of it is left running.
///
/// ```
/// use concurry_core::{InitError, Mode, OptionsError, TaskPool};
///
/// let error = TaskPool::new(Mode::Thread, 0).unwrap_err();
/// assert!(matches!(error, InitError::Options(OptionsError::OutOfRange { .. })));
/// assert!(error.to_string().contains("max_workers"));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InitError<E> {
    /// The constructor failed. This is its own error.
    #[error("the constructor of `{worker_name}` failed on worker {worker}: {error}")]
    Constructor {
        /// The worker's name.
        worker_name: &'static str,
        /// The worker's number in its pool.
        worker: usize,
        /// What the constructor returned.
        error: E,
    },
    /// The constructor panicked.
    #[error("the constructor of `{worker_name}` panicked on worker {worker}: {}", panic.message)]
    Panicked {
        /// The worker's name.
        worker_name: &'static str,
        /// The worker's number in its pool.
        worker: usize,
        /// The panic.
        panic: Panicked,
    },
    /// Not all constructors were done in time.
    #[error(
        "{waiting} of {max_workers} constructors of `{worker_name}` were not done after {after:?}; allow more with `.init_timeout(…)`"
    )]
    TimedOut {
        /// The worker's name.
        worker_name: &'static str,
        /// How many had not finished.
        waiting: usize,
        /// How many there are.
        max_workers: usize,
        /// The time that was allowed.
        after: Duration,
    },
    /// The options are illegal or contradict each other.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The operating system refused a thread.
    #[error("`{worker_name}`: the operating system refused a thread for worker {worker}: {source}")]
    Thread {
        /// The worker's name.
        worker_name: &'static str,
        /// The worker's number in its pool.
        worker: usize,
        /// What the system said.
        source: std::io::Error,
    },
    /// A worker that runs in another process could not be started or built there.
    #[error("worker {worker} of `{worker_name}` could not be built: {problem}")]
    Elsewhere {
        /// The worker's name.
        worker_name: &'static str,
        /// The worker's number in its pool.
        worker: usize,
        /// What happened: how its process ended, or what its constructor's error said if the error's
        /// type can't be carried.
        problem: String,
    },
}

impl<E> InitError<E> {
    /// The constructor's own error, if that is what it is.
    pub fn into_constructor_error(self) -> Result<E, Self> {
        match self {
            Self::Constructor { error, .. } => Ok(error),
            other => Err(other),
        }
    }
}

/// An option, or a combination of options, that no pool can have.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// An option is out of its range.
    #[error("`{worker}`: {option} is {got}, but has to be {legal}")]
    OutOfRange {
        /// The worker's name.
        worker: &'static str,
        /// The option's name.
        option: &'static str,
        /// What it was set to.
        got: String,
        /// What it may be.
        legal: String,
    },
    /// Two options contradict each other, or the mode.
    #[error("`{worker}`: {problem}; {remedy}")]
    Contradiction {
        /// The worker's name.
        worker: &'static str,
        /// What contradicts what.
        problem: String,
        /// What to change.
        remedy: String,
    },
    /// A method lacks what an option needs from it.
    #[error("`{worker}::{method}` can't be used with {option}: {problem}; {remedy}")]
    Method {
        /// The worker's name.
        worker: &'static str,
        /// The method's name.
        method: &'static str,
        /// The option.
        option: &'static str,
        /// What it lacks.
        problem: String,
        /// What to change.
        remedy: String,
    },
    /// No mode was given: not to `options`, not on the type, not in the configuration.
    #[error(
        "`{worker}` has no mode: give it to `options(…)`, to `#[worker(mode = \"…\")]` on the struct, or as a default in `concurry::config`"
    )]
    NoMode {
        /// The worker's name.
        worker: &'static str,
    },
    /// Nothing in the program can run that mode.
    #[error("`{worker}` can't run in {mode} mode: {remedy}")]
    ModeUnavailable {
        /// The worker's name.
        worker: &'static str,
        /// The mode.
        mode: Mode,
        /// What to change.
        remedy: String,
    },
    /// A value in the configuration or the environment is not legal.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
}
