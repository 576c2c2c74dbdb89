//! What a call's first attempt needs before it is sent, if it can be had at once.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use concurry_retry::CircuitBreaker;

use super::arguments::{Arguments, Spare};
use super::breakers::Breakers;
use super::sent::{Guard, Sent};
use crate::call::{CallPermit, EnvironmentRef};

/// Leave to send the first attempt.
pub(super) struct Leave {
    /// The first moment at which one of the bounds may be reached.
    pub(super) look_at: Option<Instant>,
}

impl Sent {
    /// Takes what the first attempt needs. `None` if it has to wait, is refused, or is more than one
    /// copy from the start: then nothing was taken.
    ///
    /// # Safety
    /// There is room for arguments of the method at `room`, which nobody else uses as long as this lives.
    pub(super) unsafe fn leave_to_send(
        &mut self,
        args: &dyn Arguments,
        room: NonNull<()>,
    ) -> Option<Leave> {
        // SAFETY: by contract.
        let leave = unsafe { self.take_leave(args, room) };
        if leave.is_none() {
            self.drive.attempt = 0;
            self.breaker = Guard::None;
        }
        leave
    }

    /// # Safety
    /// As above.
    unsafe fn take_leave(&mut self, args: &dyn Arguments, room: NonNull<()>) -> Option<Leave> {
        let drive = &self.drive;
        let layers = drive.layers();
        let delay = layers.hedger.as_ref().map(concurry_retry::Hedger::delay);
        if delay.is_some_and(|delay| delay.is_zero()) {
            return None;
        }
        let timeout = drive.timeout();
        let mut look_at = drive.deadline;
        let began = self.drive.started;
        if let Some(now) = began {
            for after in [timeout, delay].into_iter().flatten() {
                let at = now.checked_add(after);
                look_at = look_at.into_iter().chain(at).min();
            }
        }
        if drive.deadline.is_some_and(|deadline| began.is_some_and(|now| deadline <= now)) {
            return None;
        }
        match &layers.breaker {
            None => {}
            Some(Breakers::One(breaker)) => {
                // A permit would count the breaker's owners, which workers and callers would fight over
                // for each call.
                self.breaker = match breaker.try_pass() {
                    Some(pass) => Guard::Pass(pass),
                    None => Guard::Permit(Box::new(breaker.try_acquire_owned().ok()?)),
                };
            }
            Some(Breakers::Keyed { of, .. }) => {
                let breaker: CircuitBreaker = of(args.get());
                self.breaker = match breaker.try_pass() {
                    Some(pass) => Guard::Keyed(breaker, pass),
                    None => Guard::Permit(Box::new(breaker.try_acquire_owned().ok()?)),
                };
            }
        }
        // Nobody else has it yet, so its permit is reached without a lock.
        let environment = self.environment.as_mut().and_then(EnvironmentRef::get_mut)?;
        match &layers.reserve {
            None if layers.counts_here && drive.shared().limits.try_count_call() => {
                environment.permit = CallPermit::counted();
            }
            None if layers.counts_calls => {
                let no_more: [(&str, f64); 0] = [];
                let permit = drive.shared().limits.try_reserve(no_more).ok()?;
                environment.permit = CallPermit::new(Some(permit));
            }
            None => {}
            Some(reserve) => {
                let mut request = reserve(&drive.shared().limits, args.get());
                let mut context = Context::from_waker(Waker::noop());
                match Pin::new(&mut request).poll(&mut context) {
                    Poll::Ready(acquired) => {
                        environment.permit = CallPermit::new(Some(acquired.ok()?));
                    }
                    Poll::Pending => return None,
                }
            }
        }
        if layers.wants_spare() {
            // SAFETY: by contract.
            self.spare = unsafe { Spare::placed(args, room) };
        }
        self.hedge_after(delay);
        Some(Leave { look_at })
    }
}
