//! A future bounded by a deadline.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use concurry_time::{Clock, Sleep};
use pin_project_lite::pin_project;

use crate::deadline::{Deadline, DeadlineExceeded};

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

impl<F> Bounded<F> {
    pub(crate) fn new(deadline: Deadline, clock: Clock, future: F) -> Self {
        Self { future, deadline, clock, sleep: None, started: false }
    }
}

impl<F: Future> Future for Bounded<F> {
    type Output = Result<F::Output, DeadlineExceeded>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if !std::mem::replace(this.started, true) && come(*this.deadline, this.clock) {
            return Poll::Ready(Err(DeadlineExceeded));
        }
        if let Poll::Ready(output) = this.future.poll(context) {
            return Poll::Ready(Ok(output));
        }
        let Some(at) = this.deadline.instant() else { return Poll::Pending };
        let sleep = this.sleep.get_or_insert_with(|| this.clock.sleep_until(at));
        Pin::new(sleep).poll(context).map(|()| Err(DeadlineExceeded))
    }
}

impl<F> fmt::Debug for Bounded<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounded").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// Does not read the clock where there is no deadline.
fn come(deadline: Deadline, clock: &Clock) -> bool {
    deadline.instant().is_some_and(|at| at <= clock.now())
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
