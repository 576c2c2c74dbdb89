//! How fast a worker works, for its parent to know how many calls to send ahead.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::wire::{FlightRecorder, Pace};

/// Measures the time from one flush to the next, without the waits for messages.
pub(super) struct Pacing {
    recorder: Option<Arc<FlightRecorder>>,
    total: Cell<Pace>,
    /// When the work began that is not noted yet.
    since: Cell<Instant>,
    /// When its last call was done.
    until: Cell<Instant>,
}

impl Pacing {
    pub(super) fn new(recorder: Option<Arc<FlightRecorder>>) -> Self {
        let now = Instant::now();
        let (since, until) = (Cell::new(now), Cell::new(now));
        Self { recorder, total: Cell::default(), since, until }
    }

    /// There are messages.
    pub(super) fn begin(&self) {
        self.since.set(Instant::now());
        self.until.set(self.since.get());
    }

    /// A call is done. How long it is since the last note.
    pub(super) fn done(&self) -> Duration {
        self.until.set(Instant::now());
        let mut total = self.total.get();
        total.calls += 1;
        self.total.set(total);
        self.until.get() - self.since.get()
    }

    /// The results are about to be sent.
    pub(super) fn note(&self) {
        let mut total = self.total.get();
        let time = self.until.get() - self.since.get();
        total.nanos += u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.since.set(self.until.get());
        self.total.set(total);
        if let Some(recorder) = &self.recorder {
            recorder.note_pace(total);
        }
    }
}
