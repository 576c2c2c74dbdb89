//! The one timer of a batcher.
//!
//! A window opens and closes with every batch, most of them long before their time. So the timer is
//! not taken back: when it goes off, it looks at what it is set to by then.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use concurry_time::{Clock, Sleep};

use super::batcher::Batcher;
use crate::CallError;
use crate::sync::lock;
use crate::worker::BatchedForm;

/// When to look at the batcher again.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    /// Never held while a waker runs.
    setting: Mutex<Setting>,
}

#[derive(Debug, Default)]
struct Setting {
    /// The look at the batcher that it comes from: only a later one replaces it.
    look: u64,
    at: Option<Instant>,
    /// When the timer that runs goes off.
    armed: Option<Instant>,
    ended: bool,
    waker: Option<Waker>,
}

/// Why the wait for an alarm is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rung {
    /// The time has come.
    Due,
    /// There is nobody left to call.
    Ended,
}

impl Alarm {
    /// Sets it to a time, or to none, as the look of that number found.
    pub(super) fn set(&self, look: u64, at: Option<Instant>) {
        let waker = {
            let mut setting = lock(&self.setting);
            if look < setting.look {
                return;
            }
            setting.look = look;
            setting.at = at;
            // A timer that goes off earlier will look at the new setting.
            let later = match (at, setting.armed) {
                (None, _) => true,
                (Some(at), Some(armed)) => armed <= at,
                (Some(_), None) => false,
            };
            if later { None } else { setting.waker.take() }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends every wait for it.
    pub(super) fn end(&self) {
        let waker = {
            let mut setting = lock(&self.setting);
            setting.ended = true;
            setting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until it goes off.
    pub(super) async fn rung(self: &Arc<Self>, clock: &Clock) -> Rung {
        let mut sleep: Option<Sleep> = None;
        poll_fn(|context| self.poll(clock, &mut sleep, context)).await
    }

    fn poll(
        &self,
        clock: &Clock,
        sleep: &mut Option<Sleep>,
        context: &mut Context<'_>,
    ) -> Poll<Rung> {
        loop {
            let wanted = {
                let mut setting = lock(&self.setting);
                if setting.ended {
                    return Poll::Ready(Rung::Ended);
                }
                if setting.at.is_some_and(|at| at <= clock.now()) {
                    setting.at = None;
                    setting.armed = None;
                    return Poll::Ready(Rung::Due);
                }
                let earlier = |armed: &Sleep| setting.at.is_none_or(|at| armed.deadline() <= at);
                if !sleep.as_ref().is_some_and(earlier) {
                    *sleep = setting.at.map(|at| clock.sleep_until(at));
                }
                setting.armed = sleep.as_ref().map(Sleep::deadline);
                let replaced = setting.waker.replace(context.waker().clone());
                drop(setting);
                drop(replaced);
                sleep.as_mut()
            };
            let Some(timer) = wanted else { return Poll::Pending };
            if Pin::new(timer).poll(context).is_pending() {
                return Poll::Pending;
            }
            // It went off: perhaps for a setting that is gone.
            *sleep = None;
            lock(&self.setting).armed = None;
        }
    }
}

/// Looks at the batcher when its alarm goes off.
pub(super) async fn keep_time<B: BatchedForm>(
    batcher: Weak<Batcher<B>>,
    alarm: Arc<Alarm>,
    clock: Clock,
) -> Result<(), CallError<std::convert::Infallible>> {
    while alarm.rung(&clock).await == Rung::Due {
        if let Some(batcher) = batcher.upgrade() {
            batcher.look();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use concurry_time::FakeClock;
    use std::time::Duration;

    #[test]
    fn it_goes_off_at_the_time_that_it_is_set_to_last() {
        let fake = FakeClock::new();
        let (clock, alarm) = (fake.clock(), Arc::new(Alarm::default()));
        let second = Duration::from_secs(1);
        let mut rung = Box::pin(alarm.rung(&clock));
        let mut context = Context::from_waker(Waker::noop());
        assert!(rung.as_mut().poll(&mut context).is_pending());
        alarm.set(1, Some(clock.after(second)));
        assert!(rung.as_mut().poll(&mut context).is_pending());
        alarm.set(3, Some(clock.after(3 * second)));
        alarm.set(2, None);
        fake.advance(second);
        assert!(rung.as_mut().poll(&mut context).is_pending());
        fake.advance(2 * second);
        assert_eq!(rung.as_mut().poll(&mut context), Poll::Ready(Rung::Due));
    }

    #[test]
    fn an_earlier_time_is_heard_of_and_so_is_the_end() {
        let fake = FakeClock::new();
        let (clock, alarm) = (fake.clock(), Arc::new(Alarm::default()));
        let second = Duration::from_secs(1);
        alarm.set(1, Some(clock.after(9 * second)));
        let mut rung = Box::pin(alarm.rung(&clock));
        let mut context = Context::from_waker(Waker::noop());
        assert!(rung.as_mut().poll(&mut context).is_pending());
        alarm.set(2, Some(clock.after(second)));
        fake.advance(second);
        assert_eq!(rung.as_mut().poll(&mut context), Poll::Ready(Rung::Due));
        let mut rung = Box::pin(alarm.rung(&clock));
        assert!(rung.as_mut().poll(&mut context).is_pending());
        alarm.end();
        assert_eq!(rung.as_mut().poll(&mut context), Poll::Ready(Rung::Ended));
    }
}
