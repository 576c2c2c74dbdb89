//! What happened in each attempt of a call.

use std::time::{Duration, Instant};

/// One failed attempt.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AttemptRecord<F> {
    /// Its number, from 1.
    pub attempt: u32,
    /// Which copy of the attempt it was, from 1: more than one where calls are hedged.
    pub copy: u32,
    /// How it failed.
    pub error: F,
    /// The wait that followed; `None` after the last attempt.
    pub wait: Option<Duration>,
    /// When it started. `None` for the first attempt of a run that has neither timeout nor
    /// deadline: a call that succeeds at once then never reads the clock.
    pub started: Option<Instant>,
    /// How long it took, if its start is known.
    pub duration: Option<Duration>,
    /// The worker it ran on, in a pool.
    pub worker: Option<usize>,
}

impl<F> AttemptRecord<F> {
    /// Records that attempt number `attempt` failed.
    #[must_use]
    pub fn new(attempt: u32, error: F) -> Self {
        Self { attempt, copy: 1, error, wait: None, started: None, duration: None, worker: None }
    }

    /// Adds when it started, and by that how long it took until `now`.
    #[must_use]
    pub fn timed(mut self, started: Option<Instant>, now: Instant) -> Self {
        self.started = started;
        self.duration = started.map(|started| now.saturating_duration_since(started));
        self
    }

    /// Says which copy of the attempt it was.
    #[must_use]
    pub fn of_copy(mut self, copy: u32) -> Self {
        self.copy = copy;
        self
    }

    /// Adds the worker it ran on.
    #[must_use]
    pub fn on_worker(mut self, worker: usize) -> Self {
        self.worker = Some(worker);
        self
    }
}

/// The failed attempts of a call, in order.
///
/// Of a call that fails more than 256 times the first attempt and the newest 255 are kept, so that
/// a policy without a bound does not grow without one; [`count`](Self::count) counts all.
///
/// ```
/// use concurry_retry::{AttemptRecord, Attempts};
///
/// let mut attempts = Attempts::new();
/// attempts.push(AttemptRecord::new(1, "reset").on_worker(3));
/// attempts.push(AttemptRecord::new(2, "busy"));
/// assert_eq!(attempts.count(), 2);
/// assert_eq!(attempts.records()[0].worker, Some(3));
/// assert_eq!(attempts.last().map(|record| record.error), Some("busy"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Attempts<F> {
    records: Vec<AttemptRecord<F>>,
    count: u64,
}

impl<F> Attempts<F> {
    const KEPT: usize = 256;

    /// No attempt yet. Does not allocate.
    #[must_use]
    pub const fn new() -> Self {
        Self { records: Vec::new(), count: 0 }
    }

    /// Adds a failed attempt.
    pub fn push(&mut self, record: AttemptRecord<F>) {
        if self.records.len() == Self::KEPT {
            self.records.remove(1);
        }
        self.records.push(record);
        self.count += 1;
    }

    /// How many attempts failed, kept or not.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The attempts kept, in order.
    #[must_use]
    pub fn records(&self) -> &[AttemptRecord<F>] {
        &self.records
    }

    /// The last attempt.
    #[must_use]
    pub fn last(&self) -> Option<&AttemptRecord<F>> {
        self.records.last()
    }

    /// Gives the last attempt away.
    #[must_use]
    pub fn into_last(mut self) -> Option<AttemptRecord<F>> {
        self.records.pop()
    }

    /// Changes how each attempt's failure is told.
    #[must_use]
    pub fn map<G>(self, mut map: impl FnMut(F) -> G) -> Attempts<G> {
        let records = self.records.into_iter().map(|record| AttemptRecord {
            attempt: record.attempt,
            copy: record.copy,
            error: map(record.error),
            wait: record.wait,
            started: record.started,
            duration: record.duration,
            worker: record.worker,
        });
        Attempts { records: records.collect(), count: self.count }
    }
}

impl<F> Default for Attempts<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> IntoIterator for Attempts<F> {
    type Item = AttemptRecord<F>;
    type IntoIter = std::vec::IntoIter<AttemptRecord<F>>;

    fn into_iter(self) -> Self::IntoIter {
        self.records.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_series_keeps_the_first_and_the_newest() {
        let mut attempts = Attempts::new();
        for attempt in 1..=1000 {
            attempts.push(AttemptRecord::new(attempt, ()));
        }
        assert_eq!(attempts.count(), 1000);
        let kept: Vec<_> = attempts.records().iter().map(|record| record.attempt).collect();
        assert_eq!((kept.len(), kept[0], kept[1], kept[255]), (256, 1, 746, 1000));
    }
}
