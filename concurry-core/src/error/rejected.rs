//! A call that the pool did not take, with its arguments.

use std::any::Any;
use std::fmt;
use std::sync::Mutex;

use concurry_retry::BreakerOpen;
use thiserror::Error;

use super::CallSite;

/// The pool did not take the call; nothing of it ran.
///
/// ```
/// use concurry_core::{CallError, Mode, Overflow, Rejection, TaskPool, WorkerHandle, WorkerOptions};
///
/// let options = TaskPool::options(Mode::Async, 1).concurrency(1).max_queued(1);
/// let pool = options.overflow(Overflow::Reject).init()?;
/// let waiting: Vec<_> = (0..3).map(|_| pool.spawn(std::future::pending::<()>())).collect();
/// let CallError::Rejected(rejected) = pool.submit(|| 1).result().unwrap_err() else { panic!() };
/// assert_eq!(rejected.reason(), Rejection::QueueFull { max_queued: 1 });
/// # drop(waiting);
/// # drop(pool.stop_now());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Rejected {
    site: CallSite,
    reason: Rejection,
    breaker: Option<BreakerOpen>,
    /// In a mutex so that errors stay `Sync` without asking it of the arguments.
    arguments: Mutex<Option<Box<dyn Any + Send>>>,
}

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The queue holds as many calls as `max_queued` allows.
    #[error(
        "the queue is full (max_queued = {max_queued}); wait for results before submitting more, or allow more"
    )]
    QueueFull {
        /// The bound.
        max_queued: usize,
    },
    /// The call has ended its worker's process so often that it is not tried again.
    #[error(
        "it has ended {deaths} workers, one after the other; it is kept from the others, and its arguments are in this error"
    )]
    Poisoned {
        /// How many.
        deaths: u32,
    },
    /// A circuit breaker is open.
    #[error("the circuit breaker is open; the service failed too often and is left alone for now")]
    BreakerOpen,
    /// In sync mode, a method called its own worker through a handle.
    #[error(
        "the worker is busy with the call that makes this one; in sync mode a method can't call its own worker"
    )]
    Reentrant,
    /// In sync mode, state that is not `Send` was called from another thread.
    #[error(
        "in sync mode the worker's state lives on the thread that built it because it is not `Send`; call it there, or use Mode::Thread"
    )]
    WrongThread,
}

impl Rejected {
    pub(crate) fn new(
        site: CallSite,
        reason: Rejection,
        arguments: Option<Box<dyn Any + Send>>,
    ) -> Self {
        Self { site, reason, breaker: None, arguments: Mutex::new(arguments) }
    }

    pub(crate) fn by_breaker(
        site: CallSite,
        open: BreakerOpen,
        arguments: Option<Box<dyn Any + Send>>,
    ) -> Self {
        Self { breaker: Some(open), ..Self::new(site, Rejection::BreakerOpen, arguments) }
    }

    /// Which circuit breaker refused it, its state, and how long until calls are tried again.
    #[must_use]
    pub fn breaker(&self) -> Option<&BreakerOpen> {
        self.breaker.as_ref()
    }

    /// Why the call was not taken.
    #[must_use]
    pub fn reason(&self) -> Rejection {
        self.reason
    }

    /// The method that was called.
    #[must_use]
    pub fn site(&self) -> CallSite {
        self.site
    }

    /// The call's arguments, as the tuple of their types: `(String,)` for a method of one string.
    ///
    /// # Errors
    ///
    /// Gives the rejection back if the arguments are of another type.
    pub fn into_arguments<A: 'static>(self) -> Result<A, Self> {
        let Self { site, reason, breaker, arguments } = self;
        let arguments = arguments.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let arguments = match arguments.map(<Box<dyn Any + Send>>::downcast::<A>) {
            Some(Ok(arguments)) => return Ok(*arguments),
            Some(Err(other)) => Some(other),
            None => None,
        };
        Err(Self { breaker, ..Self::new(site, reason, arguments) })
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the call of `{}` was rejected: ", self.site)?;
        match &self.breaker {
            Some(open) => fmt::Display::fmt(open, f),
            None => fmt::Display::fmt(&self.reason, f),
        }
    }
}

impl fmt::Debug for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("site", &self.site)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Rejected {}
