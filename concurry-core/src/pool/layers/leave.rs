//! What a call's first attempt needs before it is sent, if it can be had at once.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use concurry_limits::Permit;
use concurry_retry::{BreakerPermit, CircuitBreaker};

use super::arguments::Spare;
use super::breakers::Breakers;
use super::drive::Drive;
use crate::worker::Method;

/// Leave to send the first attempt.
pub(super) struct Leave<M: Method> {
    /// To be dropped before the drive that it was made for.
    pub(super) breaker: Option<BreakerPermit<'static>>,
    pub(super) permit: Option<Permit<'static>>,
    pub(super) spare: Option<Spare<M>>,
    /// When the attempt began, if anything wants to know.
    pub(super) began: Option<Instant>,
    pub(super) bounds: Bounds,
    /// The first moment at which one of the bounds may be reached.
    pub(super) look_at: Option<Instant>,
}

/// What happens to an attempt that takes long, besides the call's deadline.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bounds {
    /// How long it may take from when a worker begins it.
    pub(super) timeout: Option<Duration>,
    /// When the attempt was made, and how long after that a copy is made, if it is hedged.
    pub(super) hedge: Option<(Instant, Duration)>,
}

impl<M: Method> Drive<M> {
    /// Takes what the first attempt needs. `None` if it has to wait, is refused, or is more than one
    /// copy from the start: then nothing was taken.
    pub(super) fn leave_to_send(&mut self, args: &M::Args) -> Option<Leave<M>> {
        self.attempt = 1;
        let leave = self.take_leave(args);
        if leave.is_none() {
            self.attempt = 0;
        }
        leave
    }

    fn take_leave(&self, args: &M::Args) -> Option<Leave<M>> {
        let layers = self.layers();
        let delay = layers.hedger.as_ref().map(concurry_retry::Hedger::delay);
        if delay.is_some_and(|delay| delay.is_zero()) {
            return None;
        }
        let timeout = self.timeout();
        let mut began = self.start_of_attempt();
        let mut look_at = self.deadline;
        if timeout.is_some() || delay.is_some() {
            let now = *began.get_or_insert_with(|| self.shared().clock.now());
            for after in [timeout, delay].into_iter().flatten() {
                let at = now.checked_add(after);
                look_at = look_at.into_iter().chain(at).min();
            }
        }
        if self.deadline.is_some_and(|deadline| began.is_some_and(|now| deadline <= now)) {
            return None;
        }
        let breaker = match &layers.breaker {
            None => None,
            Some(Breakers::One(breaker)) => {
                let permit = breaker.try_acquire().ok()?;
                // SAFETY: the breaker is in layers that the drive keeps, and who gets the permit
                // drops it before the drive. A permit of its own would count the breaker's owners,
                // which workers and callers would fight over for each call.
                Some(unsafe { mem::transmute::<BreakerPermit<'_>, BreakerPermit<'static>>(permit) })
            }
            Some(Breakers::Keyed { of, .. }) => {
                let breaker: CircuitBreaker = of(args);
                Some(breaker.try_acquire_owned().ok()?)
            }
        };
        let permit = match &layers.reserve {
            None if layers.counts_calls => {
                let no_more: [(&str, f64); 0] = [];
                Some(self.shared().limits.try_reserve(no_more).ok()?)
            }
            None => None,
            Some(reserve) => {
                let mut request = reserve(&self.shared().limits, args);
                let mut context = Context::from_waker(Waker::noop());
                match Pin::new(&mut request).poll(&mut context) {
                    Poll::Ready(acquired) => Some(acquired.ok()?),
                    Poll::Pending => return None,
                }
            }
        };
        let spare = if layers.wants_spare() { Spare::of(args) } else { None };
        let hedge = delay.and_then(|delay| Some((began?, delay)));
        Some(Leave { breaker, permit, spare, began, bounds: Bounds { timeout, hedge }, look_at })
    }
}
