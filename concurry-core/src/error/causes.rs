//! The details that a [`CallError`](crate::CallError) carries.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::method_spec::MethodSpec;

/// Which method of which worker a call was for. Prints as `Llm::chat`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CallSite(&'static MethodSpec);

impl CallSite {
    pub(crate) const fn new(spec: &'static MethodSpec) -> Self {
        Self(spec)
    }

    /// The worker's name.
    #[must_use]
    pub fn worker(self) -> &'static str {
        self.0.worker
    }

    /// The method's name.
    #[must_use]
    pub fn method(self) -> &'static str {
        self.0.name
    }
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.0.worker, self.0.name)
    }
}

impl fmt::Debug for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The method panicked. The worker's state was discarded and is built again.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
#[error("`{site}` panicked{}: {message}", location.as_deref().map(|at| format!(" at {at}")).unwrap_or_default())]
pub struct Panicked {
    /// The method that was called.
    pub site: CallSite,
    /// What the panic said.
    pub message: Cow<'static, str>,
    /// `file:line:column`. `None` if the program replaced the panic hook after the pool was made.
    pub location: Option<String>,
}

/// Which wait ran out of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
// As wide as every other cause, so that the bytes behind the tag of an outcome are never used. Else
// each move of one copies them in overlapping parts, and the next load stalls until they are stored.
#[repr(usize)]
pub enum Timeout {
    /// The caller's own wait; the call goes on, and the future stays usable.
    #[error("the result was not there in time; the call goes on")]
    Wait,
    /// The time for one attempt. The attempt was cancelled, or failed when it was over.
    #[error("the attempt took longer than its timeout allows")]
    Attempt,
    /// The time for the whole call with all its attempts and waits. What ran was cancelled, or failed
    /// when it was over.
    #[error("the call was not done by its deadline")]
    Deadline,
}

/// A worker ended while it ran the call.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
#[error("worker {worker} of `{}` died while it ran `{site}` (attempt {attempt}): {cause}", site.worker())]
pub struct WorkerDied {
    /// The method that was called.
    pub site: CallSite,
    /// The worker's number in its pool.
    pub worker: usize,
    /// What ended it.
    pub cause: WorkerDeath,
    /// Which attempt of the call it was, from 1.
    pub attempt: u32,
}

/// What ended a worker.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WorkerDeath {
    /// After a panic its constructor failed so often in a row that the pool gave it up.
    #[error("its constructor failed {failures} times in a row, at last with: {message}")]
    Constructor {
        /// How often.
        failures: u32,
        /// The last failure.
        message: String,
    },
    /// Its process ended by itself.
    #[error("its process exited with code {code}")]
    Exit {
        /// The exit code.
        code: i32,
    },
    /// A signal ended its process: a crash of its own, or somebody killed it.
    #[error("its process was ended by signal {signal}{}", signal_name(*signal))]
    Signal {
        /// The number of the signal.
        signal: i32,
    },
    /// Its process took more memory than `memory_limit` allows, and was killed.
    #[error("its process took {bytes} bytes of memory, which is above the limit")]
    Memory {
        /// How much it took.
        bytes: u64,
    },
    /// Its process gave no sign of life for so long, and was killed.
    #[error("its process gave no sign of life for {silent:?}, and was killed")]
    Hung {
        /// How long.
        silent: std::time::Duration,
    },
    /// The call was past its deadline, or cancelled, and did not end; its process was killed.
    #[error("the call was to end and did not, so its process was killed")]
    Overdue,
    /// The connection to it is lost or was broken.
    #[error("it was lost: {message}")]
    Lost {
        /// How.
        message: String,
    },
    /// The async runtime that ran it was shut down.
    #[error("the async runtime that ran it was shut down")]
    Runtime,
}

/// The result did not satisfy the call's `until` condition.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
#[error("`{site}` returned a result that does not satisfy `until`, {attempts} times")]
pub struct InvalidResult {
    /// The method that was called.
    pub site: CallSite,
    /// How many attempts were made.
    pub attempts: u32,
}

/// The work failed in an earlier run of a [journal](crate::Map::journal).
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
#[error("{} failed in an earlier run: {message}; `.retry_failed(true)` tries it again", place.map_or_else(|| "the work".to_owned(), |place| format!("item {place}")))]
pub struct FailedEarlier {
    /// Its place among the items of a map, from 0.
    pub place: Option<u64>,
    /// What its error printed.
    pub message: String,
}

impl FailedEarlier {
    /// Of a failure that a journal has.
    #[must_use]
    pub fn new(place: Option<u64>, message: String) -> Self {
        Self { place, message }
    }
}

/// A value could not be turned into bytes or back.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
#[error("`{site}`: the {what} could not be carried over to the worker: {message}")]
pub struct CodecError {
    /// The method that was called.
    pub site: CallSite,
    /// Which value.
    pub what: &'static str,
    /// What the codec said.
    pub message: String,
}

/// The method's own error, as text: its type can't cross to this process.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
#[error("`{site}` failed in its worker: {message}")]
pub struct RemoteFailure {
    /// The method that was called.
    pub site: CallSite,
    /// What the error printed.
    pub message: String,
    /// What its sources printed, outermost first.
    pub sources: Vec<String>,
    /// How the worker judged the error.
    pub verdict: concurry_retry::Verdict,
}

/// The name of a signal that ends programs.
fn signal_name(signal: i32) -> &'static str {
    // The numbers that Linux and macOS have in common.
    match signal {
        2 => " (SIGINT)",
        3 => " (SIGQUIT)",
        4 => " (SIGILL, an illegal instruction)",
        5 => " (SIGTRAP)",
        6 => " (SIGABRT, an abort)",
        8 => " (SIGFPE, an arithmetic fault)",
        9 => " (SIGKILL, killed from outside or for want of memory)",
        11 => " (SIGSEGV, an illegal access to memory)",
        13 => " (SIGPIPE)",
        15 => " (SIGTERM)",
        _ => "",
    }
}
