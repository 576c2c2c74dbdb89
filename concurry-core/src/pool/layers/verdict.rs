//! What an error of an attempt means: for another attempt, and for the health of the service.

use concurry_retry::{Outcome as Health, Verdict};

use super::drive::Drive;
use crate::CallError;
use crate::error::Timeout;
use crate::future::Outcome;
use crate::worker::Method;

impl<M: Method> Drive<M> {
    /// Whether another attempt may help.
    pub(super) fn verdict(&self, error: &CallError<M::Error>) -> Verdict {
        match error {
            CallError::Failed(error) => self.verdict_of_failure(error),
            // The error of a whole batch is judged like the call's own.
            CallError::BatchFailed(failed) => {
                failed.error().map_or(Verdict::Fatal, |error| self.verdict_of_failure(error))
            }
            CallError::FailedRemote(failure) => failure.verdict,
            CallError::InvalidResult(_) => Verdict::Retry,
            // An attempt that timed out was cancelled; whether it did its work is not known. But a
            // timeout with a retry policy asks for another attempt in so many words.
            CallError::TimedOut(Timeout::Attempt) => Verdict::Retry,
            CallError::Panicked(_) | CallError::WorkerDied(_) if M::SPEC.idempotent => {
                Verdict::Retry
            }
            // A breaker that is open refuses at once, so that a fallback can answer at once.
            _ => Verdict::Fatal,
        }
    }

    fn verdict_of_failure(&self, error: &M::Error) -> Verdict {
        match (&self.layers().retry_if, M::abilities().verdict) {
            (Some(retry_if), verdict) if retry_if(error) => {
                // The predicate says whether, the error's own verdict still says when.
                match verdict.map(|verdict| verdict(error)) {
                    Some(hint @ (Verdict::RetryAfter(_) | Verdict::Throttle(_))) => hint,
                    _ => Verdict::Retry,
                }
            }
            (Some(_), _) => Verdict::Fatal,
            (None, Some(verdict)) => verdict(error),
            (None, None) => Verdict::Retry,
        }
    }

    /// What an attempt says about the service. The time an attempt may take begins on its worker, so
    /// one that takes longer is a sign of ill health; a deadline, a cancel, a limit or a full queue of
    /// our own is none.
    pub(super) fn health(&self, outcome: &Outcome<M::Output, M::Error>) -> Health {
        let Err(error) = outcome else { return Health::Success };
        match error {
            CallError::Failed(_) | CallError::BatchFailed(_) | CallError::FailedRemote(_) => {
                self.verdict(error).into()
            }
            CallError::InvalidResult(_)
            | CallError::TimedOut(Timeout::Attempt)
            | CallError::InvalidBatch(_)
            | CallError::Panicked(_)
            | CallError::WorkerDied(_) => Health::Failure,
            _ => Health::Ignore,
        }
    }
}
