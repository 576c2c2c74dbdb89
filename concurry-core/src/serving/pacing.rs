//! How fast a worker works, for its parent to know how many calls to send ahead.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::nanoseconds::nanoseconds;
use crate::wire::{FlightRecorder, Pace};

/// Between calls that are shorter, the clock is not looked at each time: that would be a good part of
/// what they cost.
const SHORT: Duration = Duration::from_micros(1);
/// The most calls from one look to the next. If one of them is long after all, its parent asks for the
/// results of those before it.
const MOST: u64 = 16;

/// Measures the time from one flush to the next, without the waits for messages.
pub(super) struct Pacing {
    recorder: Option<Arc<FlightRecorder>>,
    total: Cell<Pace>,
    /// When the work began that is not noted yet.
    since: Cell<Instant>,
    /// When the clock was looked at last.
    until: Cell<Instant>,
    /// Calls that are done since.
    unseen: Cell<u64>,
    /// With how many of them it is looked at again.
    look_at: Cell<u64>,
}

impl Pacing {
    pub(super) fn new(recorder: Option<Arc<FlightRecorder>>) -> Self {
        let now = Instant::now();
        let (since, until) = (Cell::new(now), Cell::new(now));
        let (unseen, look_at) = (Cell::new(0), Cell::new(1));
        Self { recorder, total: Cell::default(), since, until, unseen, look_at }
    }

    /// There are messages.
    pub(super) fn begin(&self) {
        self.since.set(Instant::now());
        self.until.set(self.since.get());
    }

    /// A call is done. How long it is since the last note, if the clock was looked at.
    #[inline]
    pub(super) fn done(&self) -> Option<Duration> {
        self.unseen.update(|unseen| unseen + 1);
        if self.unseen.get() < self.look_at.get() {
            return None;
        }
        self.look();
        Some(self.until.get() - self.since.get())
    }

    fn look(&self) {
        let (now, unseen) = (Instant::now(), self.unseen.take());
        let took = now - self.until.replace(now);
        let short = took.as_nanos() < SHORT.as_nanos() * u128::from(unseen);
        self.look_at.update(|look_at| if short { MOST.min(2 * look_at) } else { 1 });
        self.total.update(|total| Pace { calls: total.calls + unseen, ..total });
    }

    /// The results are about to be sent.
    pub(super) fn note(&self) {
        if self.unseen.get() > 0 {
            self.look();
        }
        let mut total = self.total.get();
        let time = self.until.get() - self.since.get();
        total.nanos += nanoseconds(time);
        self.since.set(self.until.get());
        self.total.set(total);
        if let Some(recorder) = &self.recorder {
            recorder.note_pace(total);
        }
    }
}
