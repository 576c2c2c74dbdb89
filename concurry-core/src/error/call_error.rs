//! Why a call has no result.

use std::convert::Infallible;
use std::error::Error;
use std::fmt::{self, Debug, Display};

use concurry_limits::LimitError;
use concurry_retry::{GaveUp, RetryError};

use super::{
    BatchFailed, CallSite, CodecError, FailedEarlier, InvalidBatch, InvalidResult, Panicked,
    Rejected, RemoteFailure, SharedError, Timeout, WorkerDied,
};

/// Why a call has no result: the method's own error, or what happened to the call on its way.
///
/// It is an [`Error`] whenever `E` is `Debug + Display`, so `?` works also with `anyhow::Error` and
/// `Box<dyn Error>` as `E`; and it is `Send + Sync` when `E` is.
///
/// ```
/// use concurry_core::CallError;
///
/// let error: CallError<String> = CallError::Failed("no such model".into());
/// assert_eq!(error.failure().map(String::as_str), Some("no such model"));
/// assert_eq!(error.to_string(), "no such model");
/// ```
#[non_exhaustive]
pub enum CallError<E> {
    /// The method returned this error.
    Failed(E),
    /// The method panicked. The worker's state was discarded.
    Panicked(Box<Panicked>),
    /// The call was cancelled.
    Cancelled(CallSite),
    /// A wait, an attempt or the whole call ran out of time.
    TimedOut(Timeout),
    /// The pool was stopped before the call was done.
    Stopped(CallSite),
    /// The worker died while it ran the call.
    WorkerDied(Box<WorkerDied>),
    /// The pool did not take the call. The arguments are inside.
    Rejected(Box<Rejected>),
    /// A limit can't be met.
    Limits(Box<LimitError>),
    /// Every attempt failed. Each one's error is inside.
    RetriesExhausted(RetryError<CallError<E>>),
    /// The last allowed attempt gave a result that `until` refuses.
    InvalidResult(Box<InvalidResult>),
    /// The call was in a batch, and the batched form failed as a whole.
    BatchFailed(Box<BatchFailed<E>>),
    /// The call was in a batch, and the batched form gave another number of results than it got calls.
    InvalidBatch(Box<InvalidBatch>),
    /// The call was made once for several callers, and failed.
    Shared(Box<SharedError<E>>),
    /// The work failed in an earlier run of a journal, and was not to be tried again.
    FailedEarlier(Box<FailedEarlier>),
    /// An argument or the result could not be carried between processes.
    Codec(Box<CodecError>),
    /// The method failed in another process, with an error whose type can't cross.
    FailedRemote(Box<RemoteFailure>),
    /// Waiting here for the result would wait for ever: every worker of the pool, this one
    /// included, waits for a call that is queued in the same pool.
    Deadlock(CallSite),
}

impl<E> CallError<E> {
    /// The method's own error, wherever it sits: also the last one inside exhausted retries, and one
    /// that several calls share.
    ///
    /// ```
    /// use concurry_core::{CallError, Timeout};
    ///
    /// assert_eq!(CallError::Failed("no model").failure(), Some(&"no model"));
    /// assert_eq!(CallError::<&str>::TimedOut(Timeout::Wait).failure(), None);
    /// ```
    pub fn failure(&self) -> Option<&E> {
        match self {
            Self::Failed(error) => Some(error),
            Self::RetriesExhausted(error) => error.last().and_then(Self::failure),
            Self::BatchFailed(failed) => failed.error(),
            Self::Shared(shared) => shared.error().and_then(Self::failure),
            _ => None,
        }
    }

    /// The method's own error by value, or the rest unchanged.
    ///
    /// # Errors
    ///
    /// Gives the error back if the method itself did not fail, or if several calls share its error.
    ///
    /// # Example
    ///
    /// ```
    /// use concurry_core::{CallError, Timeout};
    ///
    /// assert_eq!(CallError::Failed("no model").into_failure().unwrap(), "no model");
    /// let other = CallError::<&str>::TimedOut(Timeout::Wait).into_failure().unwrap_err();
    /// assert!(other.is_timeout());
    /// ```
    pub fn into_failure(self) -> Result<E, Self> {
        match self {
            Self::Failed(error) => Ok(error),
            Self::RetriesExhausted(error)
                if error.last().is_some_and(|last| last.failure().is_some()) =>
            {
                match error.into_attempts().into_last() {
                    Some(last) => last.error.into_failure(),
                    None => unreachable!("looked at above"),
                }
            }
            other => Err(other),
        }
    }

    /// Changes the method's own error, wherever it sits.
    ///
    /// ```
    /// use concurry_core::CallError;
    ///
    /// let error = CallError::Failed("no model").map_failure(str::len);
    /// assert_eq!(error.failure(), Some(&8));
    /// ```
    pub fn map_failure<F>(self, mut map: impl FnMut(E) -> F) -> CallError<F> {
        self.map_failure_with(&mut map)
    }

    fn map_failure_with<F>(self, map: &mut dyn FnMut(E) -> F) -> CallError<F> {
        match self {
            Self::Failed(error) => CallError::Failed(map(error)),
            Self::Panicked(panic) => CallError::Panicked(panic),
            Self::Cancelled(site) => CallError::Cancelled(site),
            Self::TimedOut(timeout) => CallError::TimedOut(timeout),
            Self::Stopped(site) => CallError::Stopped(site),
            Self::WorkerDied(death) => CallError::WorkerDied(death),
            Self::Rejected(rejected) => CallError::Rejected(rejected),
            Self::Limits(error) => CallError::Limits(error),
            Self::RetriesExhausted(error) => {
                let gave_up = error.gave_up();
                let attempts = error.into_attempts().map(|error| error.map_failure_with(map));
                CallError::RetriesExhausted(RetryError::new(gave_up, attempts))
            }
            Self::InvalidResult(invalid) => CallError::InvalidResult(invalid),
            Self::BatchFailed(failed) => CallError::BatchFailed(Box::new(failed.map(map))),
            Self::InvalidBatch(invalid) => CallError::InvalidBatch(invalid),
            Self::Shared(shared) => {
                CallError::Shared(Box::new(shared.map(|error| error.map_failure_with(map))))
            }
            Self::FailedEarlier(failed) => CallError::FailedEarlier(failed),
            Self::Codec(error) => CallError::Codec(error),
            Self::FailedRemote(failure) => CallError::FailedRemote(failure),
            Self::Deadlock(site) => CallError::Deadlock(site),
        }
    }

    /// The error itself where callers share it.
    fn unshared(&self) -> &Self {
        match self {
            Self::Shared(shared) => shared.error().map_or(self, Self::unshared),
            other => other,
        }
    }

    /// Whether the call was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.unshared(), Self::Cancelled(_))
    }

    /// Whether a timeout or deadline ended the call or the wait, also after attempts that had failed.
    pub fn is_timeout(&self) -> bool {
        match self.unshared() {
            Self::TimedOut(_) => true,
            Self::RetriesExhausted(error) => {
                error.gave_up() == GaveUp::Deadline || error.last().is_some_and(Self::is_timeout)
            }
            _ => false,
        }
    }

    /// Whether the method panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.unshared(), Self::Panicked(_))
    }
}

impl CallError<Infallible> {
    /// The same error for a call whose method can fail.
    pub(crate) fn widen<E>(self) -> CallError<E> {
        self.map_failure(|never| match never {})
    }
}

impl<E: Display> Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => Display::fmt(error, f),
            Self::Panicked(panic) => Display::fmt(panic, f),
            Self::Cancelled(site) => write!(f, "the call of `{site}` was cancelled"),
            Self::TimedOut(timeout) => Display::fmt(timeout, f),
            Self::Stopped(site) => {
                write!(f, "the pool of `{}` is stopped; `{site}` did not finish", site.worker())
            }
            Self::WorkerDied(death) => Display::fmt(death, f),
            Self::Rejected(rejected) => Display::fmt(rejected, f),
            Self::Limits(error) => Display::fmt(error, f),
            Self::RetriesExhausted(error) => {
                Display::fmt(error, f)?;
                match error.last() {
                    // An open breaker says nothing of what opened it.
                    Some(Self::Rejected(_)) => {
                        let mut earlier = error.attempts().records().iter().rev();
                        let made = earlier.find(|it| !matches!(it.error, Self::Rejected(_)));
                        made.map_or(Ok(()), |made| {
                            write!(f, "; attempt {}: {}", made.attempt, made.error)
                        })
                    }
                    _ => Ok(()),
                }
            }
            Self::InvalidResult(invalid) => Display::fmt(invalid, f),
            Self::BatchFailed(failed) => Display::fmt(failed, f),
            Self::InvalidBatch(invalid) => Display::fmt(invalid, f),
            Self::Shared(shared) => Display::fmt(shared, f),
            Self::FailedEarlier(failed) => Display::fmt(failed, f),
            Self::Codec(error) => Display::fmt(error, f),
            Self::FailedRemote(failure) => Display::fmt(failure, f),
            Self::Deadlock(site) => write!(
                f,
                "waiting for `{site}` here would never end: every worker of the pool waits for a \
                 call queued in the same pool; await it, chain it with `and_then`, or give the \
                 pool more workers"
            ),
        }
    }
}

impl<E: Debug> Debug for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Self::Panicked(panic) => f.debug_tuple("Panicked").field(panic).finish(),
            Self::Cancelled(site) => f.debug_tuple("Cancelled").field(site).finish(),
            Self::TimedOut(timeout) => f.debug_tuple("TimedOut").field(timeout).finish(),
            Self::Stopped(site) => f.debug_tuple("Stopped").field(site).finish(),
            Self::WorkerDied(death) => f.debug_tuple("WorkerDied").field(death).finish(),
            Self::Rejected(rejected) => f.debug_tuple("Rejected").field(rejected).finish(),
            Self::Limits(error) => f.debug_tuple("Limits").field(error).finish(),
            Self::RetriesExhausted(attempts) => {
                f.debug_tuple("RetriesExhausted").field(attempts).finish()
            }
            Self::InvalidResult(invalid) => f.debug_tuple("InvalidResult").field(invalid).finish(),
            Self::BatchFailed(failed) => f.debug_tuple("BatchFailed").field(failed).finish(),
            Self::InvalidBatch(invalid) => f.debug_tuple("InvalidBatch").field(invalid).finish(),
            Self::Shared(shared) => f.debug_tuple("Shared").field(shared).finish(),
            Self::FailedEarlier(failed) => f.debug_tuple("FailedEarlier").field(failed).finish(),
            Self::Codec(error) => f.debug_tuple("Codec").field(error).finish(),
            Self::FailedRemote(failure) => f.debug_tuple("FailedRemote").field(failure).finish(),
            Self::Deadlock(site) => f.debug_tuple("Deadlock").field(site).finish(),
        }
    }
}

impl<E: Debug + Display> Error for CallError<E> {}
