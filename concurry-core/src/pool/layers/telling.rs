//! What those who watch a pool are told of a call in the layers.

use std::time::{Duration, Instant};

use super::drive::Drive;
use crate::call::CallEnvironment;
use crate::event::{AttemptTimes, Event};
use crate::worker::Method;

impl<M: Method> Drive<M> {
    pub(super) fn tell_started(&self) {
        let call = self.call;
        self.shared().events.emit(|| Event::CallStarted { call, site: Self::site() });
    }

    pub(super) fn tell_attempt_started(&self) {
        self.shared().events.emit(|| Event::AttemptStarted {
            call: self.call,
            site: Self::site(),
            attempt: self.attempts,
        });
    }

    pub(super) fn tell_retrying(&self, wait: Duration) {
        self.shared().events.emit(|| Event::Retrying {
            call: self.call,
            site: Self::site(),
            attempt: self.attempts,
            wait,
        });
    }

    pub(super) fn tell_done(&mut self, ok: bool) {
        self.told = true;
        let shared = self.shared();
        shared.events.emit(|| Event::CallDone {
            call: self.call,
            site: Self::site(),
            ok,
            attempts: self.attempts,
            throttled: self.throttled,
            total: shared.clock.now().saturating_duration_since(self.started),
        });
    }
}

impl<M: Method> Drop for Drive<M> {
    fn drop(&mut self) {
        // Cancelled, or a predicate of the user's panicked.
        if !self.told {
            self.tell_done(false);
        }
    }
}

/// The times of an attempt that has its limits.
pub(super) struct AttemptTelling {
    limit_wait: Duration,
    /// When it was sent to a worker. `None` if nobody watches.
    sent: Option<Instant>,
}

impl AttemptTelling {
    /// `throttled` is how long the call had waited for limits before the attempt.
    pub(super) fn new<M: Method>(drive: &Drive<M>, throttled: Duration) -> Self {
        let shared = drive.shared();
        Self {
            limit_wait: drive.throttled.saturating_sub(throttled),
            sent: shared.events.are_watched().then(|| shared.clock.now()),
        }
    }

    /// The attempt has ended. Without an environment it was never sent.
    pub(super) fn done<M: Method>(
        self,
        drive: &Drive<M>,
        ok: bool,
        environment: Option<&CallEnvironment>,
    ) {
        let shared = drive.shared();
        shared.events.emit(|| {
            let mut times = AttemptTimes { limit_wait: self.limit_wait, ..AttemptTimes::default() };
            if let (Some(sent), Some(environment)) = (self.sent, environment) {
                let now = shared.clock.now();
                let begun = environment.begun.get().copied();
                times.worker = environment.begun_on();
                times.queued = begun.unwrap_or(now).saturating_duration_since(sent);
                times.running =
                    begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun));
            }
            Event::AttemptDone {
                call: drive.call,
                site: Drive::<M>::site(),
                attempt: drive.attempts,
                ok,
                times,
            }
        });
    }
}
