//! What an error of an attempt means: for another attempt, and for the health of the service.

use concurry_retry::{Outcome as Health, Verdict};

use super::drive::Drive;
use super::failure::{Ending, Failure, Kind};
use super::types::OwnError;
use crate::error::Timeout;

impl Drive {
    /// Whether another attempt may help.
    pub(super) fn verdict(&self, failure: &Failure) -> Verdict {
        match failure.kind() {
            Kind::Failed => self.verdict_of_failure(failure),
            Kind::Unwanted => Verdict::Retry,
            // An attempt that timed out was cancelled; whether it did its work is not known. But a
            // timeout with a retry policy asks for another attempt in so many words.
            Kind::TimedOut(Timeout::Attempt) => Verdict::Retry,
            Kind::Panicked | Kind::WorkerDied if self.types().spec.idempotent => Verdict::Retry,
            // A breaker that is open refuses at once, so that a fallback can answer at once.
            _ => Verdict::Fatal,
        }
    }

    fn verdict_of_failure(&self, failure: &Failure) -> Verdict {
        let Some(done) = failure.of_worker() else { return Verdict::Fatal };
        // SAFETY: it was a call of the method.
        let OwnError { error, verdict } = unsafe { self.types().own_error(done) };
        match (error, &self.layers().retry_if) {
            // Judged where the error was made, or nobody has it.
            (None, _) => verdict.unwrap_or(Verdict::Fatal),
            (Some(error), Some(retry_if)) if retry_if(error) => {
                // The predicate says whether, the error's own verdict still says when.
                match verdict {
                    Some(hint @ (Verdict::RetryAfter(_) | Verdict::Throttle(_))) => hint,
                    _ => Verdict::Retry,
                }
            }
            (Some(_), Some(_)) => Verdict::Fatal,
            (Some(_), None) => verdict.unwrap_or(Verdict::Retry),
        }
    }

    /// What an attempt says about the service. The time an attempt may take begins on its worker, so
    /// one that takes longer is a sign of ill health; a deadline, a cancel, a limit or a full queue of
    /// our own is none.
    pub(super) fn health(&self, ending: &Ending) -> Health {
        let Err(failure) = ending else { return Health::Success };
        match failure.kind() {
            Kind::Failed => self.verdict(failure).into(),
            Kind::Invalid
            | Kind::Unwanted
            | Kind::TimedOut(Timeout::Attempt)
            | Kind::Panicked
            | Kind::WorkerDied => Health::Failure,
            _ => Health::Ignore,
        }
    }
}
