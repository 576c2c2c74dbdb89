//! What those who watch a pool are told of a call in the layers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::drive::{Drive, Ended};
use crate::event::{AttemptTimes, Event};

impl Drive {
    pub(super) fn is_watched(&self) -> bool {
        self.shared().events.are_watched()
    }

    pub(super) fn tell_started(&self) {
        let call = self.call;
        self.shared().events.emit(|| Event::CallStarted { call, site: self.site() });
    }

    pub(super) fn tell_attempt_started(&self) {
        self.shared().events.emit(|| Event::AttemptStarted {
            call: self.call,
            site: self.site(),
            attempt: self.attempt,
        });
    }

    pub(super) fn tell_attempt_done(&self, ended: &Ended) {
        let shared = self.shared();
        shared.events.emit(|| {
            let mut times =
                AttemptTimes { limit_wait: ended.limit_wait, ..AttemptTimes::default() };
            if let (Some(sent), Some(environment)) = (ended.sent, &ended.environment) {
                let now = shared.clock.now();
                let begun = environment.begun();
                times.worker = environment.begun_on();
                times.queued = begun.unwrap_or(now).saturating_duration_since(sent);
                times.running =
                    begun.map_or(Duration::ZERO, |begun| now.saturating_duration_since(begun));
            }
            Event::AttemptDone {
                call: self.call,
                site: self.site(),
                attempt: self.attempt,
                ok: ended.outcome.is_ok(),
                times,
            }
        });
    }

    pub(super) fn tell_retrying(&self, wait: Duration) {
        self.shared().events.emit(|| Event::Retrying {
            call: self.call,
            site: self.site(),
            attempt: self.attempt,
            wait,
        });
    }

    pub(super) fn tell_done(&mut self, ok: bool) {
        self.told = true;
        let shared = self.shared();
        shared.events.emit(|| Event::CallDone {
            call: self.call,
            site: self.site(),
            ok,
            attempts: self.attempt,
            throttled: Duration::from_nanos(self.throttled.load(Ordering::Relaxed)),
            total: self.started.map_or(Duration::ZERO, |started| {
                shared.clock.now().saturating_duration_since(started)
            }),
        });
    }
}
