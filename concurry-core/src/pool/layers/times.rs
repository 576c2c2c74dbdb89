//! The time that a call has: to its deadline, and for each attempt.
//!
//! A method sees its deadline by itself, as do the calls that it makes. So it may fail for no other reason
//! than that its time is over, and be heard before any timer of ours has gone off. Who is first must not
//! decide what the call ends with: a failure that comes too late is that of the time. A success stands.

use std::mem;
use std::time::{Duration, Instant};

use super::drive::{Drive, Ended};
use super::failure::{Failure, Kind};
use crate::error::Timeout;

/// The bounds of an attempt.
///
/// Its timeout begins when a worker begins it. Nobody is woken for that: a timer looks, at the
/// earliest moment at which the time can be over, whether the attempt has begun, and when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    pub(super) deadline: Option<Instant>,
    pub(super) timeout: Option<Duration>,
}

/// So much later at the earliest it is looked whether an attempt has begun: a shorter timeout would be over
/// again before the look is, and its timer would do nothing else.
const NEXT_LOOK: Duration = Duration::from_millis(1);

/// What the time says of an attempt.
pub(super) enum Look {
    /// It is over.
    Over(Timeout),
    /// It is not over before that moment, if ever.
    Until(Option<Instant>),
}

impl Times {
    pub(super) fn are_unbounded(&self) -> bool {
        self.deadline.is_none() && self.timeout.is_none()
    }

    /// What they say now of an attempt that began then. One that has not begun has all its time before
    /// it.
    pub(super) fn look(&self, begun: Option<Instant>, now: Instant) -> Look {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Look::Over(Timeout::Deadline);
        }
        let end = match (self.timeout, begun) {
            (Some(timeout), Some(begun)) => begun.checked_add(timeout),
            (Some(Duration::ZERO), None) => Some(now),
            (Some(timeout), None) => now.checked_add(timeout.max(NEXT_LOOK)),
            (None, _) => None,
        };
        if end.is_some_and(|end| end <= now) {
            return Look::Over(Timeout::Attempt);
        }
        Look::Until(self.deadline.into_iter().chain(end).min())
    }
}

impl Drive {
    pub(super) fn times(&self) -> Times {
        Times { deadline: self.deadline, timeout: self.timeout() }
    }

    /// Makes a timeout of a failure that came too late.
    pub(super) fn heed_time(&self, ended: Ended) -> Ended {
        match self.came_too_late(&ended) {
            Some(timeout) => ended.made_late(timeout),
            None => ended,
        }
    }

    fn came_too_late(&self, ended: &Ended) -> Option<Timeout> {
        let Err(error) = &ended.outcome else { return None };
        let times = self.times();
        if times.are_unbounded() || !ends_a_run(error.kind()) {
            return None;
        }
        let begun = ended.environment.as_ref().and_then(|environment| environment.begun());
        match times.look(begun, self.shared().clock.now()) {
            // Unlike its deadline, the method does not know this: that it panicked or ended its
            // worker has another reason, which no timeout that asks for a retry is to hide.
            Look::Over(Timeout::Attempt)
                if matches!(error.kind(), Kind::Panicked | Kind::WorkerDied) =>
            {
                None
            }
            Look::Over(timeout) => Some(timeout),
            Look::Until(_) => None,
        }
    }
}

impl Ended {
    fn made_late(mut self, timeout: Timeout) -> Self {
        let outcome = mem::replace(&mut self.outcome, Err(Failure::timed_out(timeout)));
        self.too_late = outcome.err();
        self
    }
}

/// Whether it is the end of a method that ran: nothing else has anything to do with how long that took.
fn ends_a_run(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Failed | Kind::Invalid | Kind::Unwanted | Kind::Panicked | Kind::WorkerDied
    )
}
