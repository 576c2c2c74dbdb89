//! Why an attempt or a call has failed, whatever the type of the method's own error.

use std::convert::Infallible;

use concurry_retry::RetryError;

use super::types::MethodTypes;
use crate::CallError;
use crate::error::Timeout;
use crate::future::{Complete, Done, UntypedCompleter};

/// What an attempt or a call has ended with.
pub(crate) type Ending = Result<Done, Failure>;

/// Why it has failed.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    error: Error,
}

#[derive(Debug)]
enum Error {
    /// What a worker has answered.
    OfCall(Done),
    /// What the layers have to say.
    Ours(CallError<Infallible>),
    /// What became of all attempts.
    Exhausted(RetryError<Failure>),
}

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The method failed by itself, here or elsewhere, alone or in a batch.
    Failed,
    /// Its result is none that is wanted, or there are not as many as calls.
    Invalid,
    /// Its result is none that is wanted.
    Unwanted,
    Panicked,
    WorkerDied,
    TimedOut(Timeout),
    Cancelled,
    Other,
}

impl Kind {
    pub(super) fn of<E>(error: &CallError<E>) -> Self {
        match error {
            CallError::Failed(_) | CallError::FailedRemote(_) | CallError::BatchFailed(_) => {
                Self::Failed
            }
            CallError::InvalidBatch(_) => Self::Invalid,
            CallError::InvalidResult(_) => Self::Unwanted,
            CallError::Panicked(_) => Self::Panicked,
            CallError::WorkerDied(_) => Self::WorkerDied,
            CallError::TimedOut(timeout) => Self::TimedOut(*timeout),
            CallError::Cancelled(_) => Self::Cancelled,
            _ => Self::Other,
        }
    }
}

impl Failure {
    pub(super) fn of_call(kind: Kind, done: Done) -> Self {
        Self { kind, error: Error::OfCall(done) }
    }

    pub(super) fn exhausted(error: RetryError<Self>) -> Self {
        Self { kind: Kind::Other, error: Error::Exhausted(error) }
    }

    pub(super) fn timed_out(timeout: Timeout) -> Self {
        CallError::TimedOut(timeout).into()
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What a worker has answered, if it did.
    pub(super) fn of_worker(&self) -> Option<&Done> {
        match &self.error {
            Error::OfCall(done) => Some(done),
            Error::Ours(_) | Error::Exhausted(_) => None,
        }
    }

    /// With the method's own types.
    ///
    /// # Safety
    /// It is the failure of a call whose outcomes are of these.
    pub(crate) unsafe fn into_error<T: Send + 'static, E: Send + 'static>(self) -> CallError<E> {
        match self.error {
            // SAFETY: by contract.
            Error::OfCall(done) => match unsafe { done.take::<T, E>() } {
                Err(error) => error,
                Ok(_) => unreachable!("it has failed"),
            },
            Error::Ours(error) => error.widen(),
            Error::Exhausted(error) => {
                let gave_up = error.gave_up();
                // SAFETY: its attempts were such of the same call.
                let typed = |failure: Self| unsafe { failure.into_error::<T, E>() };
                let attempts = error.into_attempts().map(typed);
                CallError::RetriesExhausted(RetryError::new(gave_up, attempts))
            }
        }
    }
}

impl From<CallError<Infallible>> for Failure {
    fn from(error: CallError<Infallible>) -> Self {
        Self { kind: Kind::of(&error), error: Error::Ours(error) }
    }
}

/// What completes a call's future.
pub(super) struct CallCompleter {
    completer: UntypedCompleter,
    types: &'static MethodTypes,
}

impl CallCompleter {
    /// # Safety
    /// The future's outcome is one of the method, and it is completed with outcomes of its calls only.
    pub(super) unsafe fn new(completer: UntypedCompleter, types: &'static MethodTypes) -> Self {
        Self { completer, types }
    }
}

impl Complete for CallCompleter {
    type Outcome = Ending;

    fn failed(error: CallError<Infallible>) -> Ending {
        Err(error.into())
    }

    fn complete(self, ending: Ending) {
        let Self { completer, types } = self;
        let done = match ending {
            Ok(done) => done,
            Err(Failure { error: Error::OfCall(done), .. }) => done,
            Err(Failure { error: Error::Ours(error), .. }) => return completer.fail(error),
            Err(Failure { error: Error::Exhausted(error), .. }) => {
                // SAFETY: by the contract of `new`.
                return unsafe {
                    completer.complete_by(|place| types.write_exhausted(error, place));
                };
            }
        };
        // SAFETY: by the contract of `new`.
        unsafe { completer.complete_by(|place| types.move_outcome(done, place)) };
    }
}
