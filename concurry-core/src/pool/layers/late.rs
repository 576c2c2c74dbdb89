//! Failures that come when the time is over.
//!
//! A method sees its deadline by itself, as do the calls that it makes. So it may fail for no other reason
//! than that its time is over, and be heard before any timer of ours has gone off. Who is first must not
//! decide what the call ends with: a failure that comes too late is that of the time. A success stands.

use std::mem;

use super::drive::{Drive, Ended};
use crate::CallError;
use crate::error::Timeout;
use crate::worker::Method;

impl<M: Method> Drive<M> {
    /// Makes a timeout of a failure that came too late.
    pub(super) fn heed_time(&self, ended: Ended<M>) -> Ended<M> {
        match self.came_too_late(&ended) {
            Some(timeout) => ended.made_late(timeout),
            None => ended,
        }
    }

    fn came_too_late(&self, ended: &Ended<M>) -> Option<Timeout> {
        let Err(error) = &ended.outcome else { return None };
        let timeout = self.timeout();
        if (timeout.is_none() && self.deadline.is_none()) || !may_be_late(error) {
            return None;
        }
        let now = self.shared().clock.now();
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Some(Timeout::Deadline);
        }
        let begun = ended.environment.as_ref().and_then(|environment| environment.begun.get());
        let end = begun.and_then(|begun| begun.checked_add(timeout?));
        // Unlike its deadline, the method does not know this: that it panicked or ended its worker
        // has another reason, which is not to be hidden behind a timeout that asks for a retry.
        let answered = !matches!(error, CallError::Panicked(_) | CallError::WorkerDied(_));
        (answered && end.is_some_and(|end| end <= now)).then_some(Timeout::Attempt)
    }
}

impl<M: Method> Ended<M> {
    fn made_late(mut self, timeout: Timeout) -> Self {
        let outcome = mem::replace(&mut self.outcome, Err(CallError::TimedOut(timeout)));
        self.too_late = outcome.err();
        self
    }
}

/// Whether it is the end of a method that ran: nothing else has anything to do with how long that took.
fn may_be_late<E>(error: &CallError<E>) -> bool {
    matches!(
        error,
        CallError::Failed(_)
            | CallError::FailedRemote(_)
            | CallError::BatchFailed(_)
            | CallError::InvalidBatch(_)
            | CallError::InvalidResult(_)
            | CallError::Panicked(_)
            | CallError::WorkerDied(_)
    )
}
