//! A deadline, and a future bounded by one.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use concurry_time::{Clock, Sleep};
use pin_project_lite::pin_project;

use crate::deadline::DeadlineExceeded;

/// A moment by which a call must have ended, or none. Plain data, cheap to copy and to pass on.
///
/// An instant means nothing in another process: send [`remaining`](Deadline::remaining) there, and
/// make a new deadline [`after`](Deadline::after) it on arrival.
///
/// ```
/// use concurry_retry::Deadline;
/// use concurry_time::{Clock, block_on};
/// use std::time::Duration;
///
/// let clock = Clock::system();
/// let whole = Deadline::after(&clock, Duration::from_millis(5));
/// let part = whole.within(&clock, Duration::from_secs(1));      // never beyond the whole
/// assert_eq!(part, whole);
/// assert!(block_on(part.bound(&clock, std::future::pending::<()>())).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadline {
    at: Option<Instant>,
}

impl Deadline {
    /// No deadline.
    pub const NONE: Self = Self { at: None };

    /// At this moment.
    #[must_use]
    pub const fn at(moment: Instant) -> Self {
        Self { at: Some(moment) }
    }

    /// This long from now.
    #[must_use]
    pub fn after(clock: &Clock, duration: Duration) -> Self {
        Self::at(clock.after(duration))
    }

    /// This long from now, or this deadline if it is earlier.
    #[must_use]
    pub fn within(self, clock: &Clock, duration: Duration) -> Self {
        self.earlier(Self::after(clock, duration))
    }

    /// The earlier of the two.
    #[must_use]
    pub fn earlier(self, other: Self) -> Self {
        match (self.at, other.at) {
            (Some(one), Some(two)) => Self::at(one.min(two)),
            (one, two) => Self { at: one.or(two) },
        }
    }

    /// The moment, if there is one.
    #[must_use]
    pub const fn instant(self) -> Option<Instant> {
        self.at
    }

    /// Whether it has come.
    #[must_use]
    pub fn has_passed(self, now: Instant) -> bool {
        self.at.is_some_and(|at| at <= now)
    }

    /// How long is left: zero once it has passed, `None` without a deadline.
    #[must_use]
    pub fn remaining(self, now: Instant) -> Option<Duration> {
        self.at.map(|at| at.saturating_duration_since(now))
    }

    /// Bounds a future. One that comes too late is not started; one that is ready in time is taken
    /// even if it is looked at late.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the future, as the deadline does.
    pub fn bound<F: Future>(self, clock: &Clock, future: F) -> Bounded<F> {
        Bounded { future, deadline: self, clock: clock.clone(), sleep: None, started: false }
    }
}

impl Deadline {
    /// Does not read the clock where there is no deadline.
    fn has_come(self, clock: &Clock) -> bool {
        self.at.is_some_and(|at| at <= clock.now())
    }
}

pin_project! {
    /// A future bounded by a deadline, made by [`Deadline::bound`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Bounded<F> {
        #[pin]
        future: F,
        deadline: Deadline,
        clock: Clock,
        // Made only when the first look finds no result: a ready future costs no timer.
        sleep: Option<Sleep>,
        started: bool,
    }
}

impl<F: Future> Future for Bounded<F> {
    type Output = Result<F::Output, DeadlineExceeded>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !std::mem::replace(this.started, true) && this.deadline.has_come(this.clock) {
            return Poll::Ready(Err(DeadlineExceeded));
        }
        if let Poll::Ready(output) = this.future.poll(context) {
            return Poll::Ready(Ok(output));
        }
        let Some(at) = this.deadline.at else { return Poll::Pending };
        let sleep = this.sleep.get_or_insert_with(|| this.clock.sleep_until(at));
        Pin::new(sleep).poll(context).map(|()| Err(DeadlineExceeded))
    }
}

impl<F> fmt::Debug for Bounded<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::{SECOND, drive};
    use concurry_time::FakeClock;
    use std::cell::Cell;

    #[test]
    fn a_call_that_comes_too_late_is_not_started() {
        let fake = FakeClock::new();
        let deadline = Deadline::after(&fake.clock(), SECOND);
        fake.advance(SECOND);
        let started = Cell::new(false);
        let call = deadline.bound(&fake.clock(), async { started.set(true) });
        assert_eq!(drive(&fake, call).0, Err(DeadlineExceeded));
        assert!(!started.get());
    }

    #[test]
    fn the_earlier_deadline_counts_and_what_is_left_of_it_is_known() {
        let fake = FakeClock::new();
        let clock = fake.clock();
        let whole = Deadline::after(&clock, 5 * SECOND);
        fake.advance(2 * SECOND);
        assert_eq!(whole.remaining(clock.now()), Some(3 * SECOND));
        assert_eq!(whole.within(&clock, 9 * SECOND), whole);
        let part = whole.within(&clock, SECOND);
        let (cut, waits) = drive(&fake, part.bound(&clock, clock.sleep(2 * SECOND)));
        assert_eq!((cut, waits), (Err(DeadlineExceeded), vec![1]));
        assert_eq!(Deadline::NONE.within(&clock, SECOND).remaining(clock.now()), Some(SECOND));
        assert_eq!(Deadline::NONE.remaining(clock.now()), None);
    }

    #[test]
    fn a_result_in_time_takes_the_timer_back() {
        let fake = FakeClock::new();
        let clock = fake.clock();
        let bound = Deadline::after(&clock, 5 * SECOND).bound(&clock, clock.sleep(SECOND));
        assert_eq!(drive(&fake, bound), (Ok(()), vec![1]));
        assert_eq!(fake.sleepers(), 0);
    }
}
