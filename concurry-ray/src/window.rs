//! How many calls a worker may have at a time: enough that it never waits for the network, and no
//! more, so that no call waits behind a slow one while another worker is free.
//!
//! What is ahead of a worker is bounded by *time*: as many calls as it is expected to run in
//! [`AHEAD`], besides the one that it is at. How long a call takes is measured by what comes back
//! while the worker is busy. A worker that nothing is known of gets one call.

use std::time::{Duration, Instant};

/// So much work may wait at a worker: a few round trips through the cluster.
const AHEAD: Duration = Duration::from_millis(8);
/// More calls are never ahead: by then a round trip costs each of them nothing.
const MOST: usize = 8_192;
/// A way through the cluster and back is expected to take no longer.
const TRIP: Duration = Duration::from_millis(2);
/// One lucky measurement does not open the window wider than this.
const GROWTH: usize = 8;

/// How many calls one worker may have at a time.
#[derive(Debug)]
pub(crate) struct Window {
    /// So many always: the calls that it runs beside each other.
    overlapping: usize,
    calls: usize,
    /// What one call takes.
    run: Option<Duration>,
    /// The fastest way there and back: no part of what a call takes.
    trip: Duration,
    /// Since when the worker has had something to do, or has given something back.
    since: Instant,
    /// Nothing came back since the worker got something to do.
    first: bool,
}

impl Window {
    /// Of a worker that runs so many calls beside each other.
    pub(crate) fn new(overlapping: usize, now: Instant) -> Self {
        Self { overlapping, calls: 1, run: None, trip: TRIP, since: now, first: true }
    }

    /// The worker is at a call that is slower than was thought.
    pub(crate) fn collapse(&mut self) {
        self.calls = 1;
        self.run = self.run.map(|run| run.max(AHEAD));
    }

    /// How many more calls a worker may get that has so many.
    pub(crate) fn room(&self, calls: usize) -> usize {
        self.calls.max(self.overlapping).saturating_sub(calls)
    }

    /// A worker that had nothing to do gets calls.
    pub(crate) fn busy(&mut self, now: Instant) {
        self.since = now;
        self.first = true;
    }

    /// So many calls came back.
    pub(crate) fn returned(&mut self, calls: usize, now: Instant) {
        let Ok(count @ 1..) = u32::try_from(calls) else { return };
        let mut spent = now.saturating_duration_since(self.since);
        if self.first {
            self.trip = self.trip.min(spent);
            spent -= self.trip;
        }
        (self.since, self.first) = (now, false);
        let each = spent / count;
        let run = self.run.map_or(each, |run| (run * 3 + each) / 4);
        self.run = Some(run);
        let ahead = AHEAD.as_nanos() / run.as_nanos().max(1);
        let fits = usize::try_from(ahead).unwrap_or(MOST).saturating_add(1).min(MOST);
        self.calls = fits.min(self.calls * GROWTH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    /// A worker whose calls take so long, given as many as it may have, so many times.
    fn after(rounds: u32, overlapping: usize, run: Duration) -> Window {
        let mut now = Instant::now();
        let mut window = Window::new(overlapping, now);
        for _ in 0..rounds {
            let calls = window.room(0);
            window.busy(now);
            now += MILLI + run * u32::try_from(calls).unwrap();
            window.returned(calls, now);
        }
        window
    }

    #[test]
    fn a_worker_that_nothing_is_known_of_gets_one_call() {
        assert_eq!(Window::new(1, Instant::now()).room(0), 1);
        assert_eq!(Window::new(1, Instant::now()).room(1), 0);
    }

    #[test]
    fn quick_calls_open_it_within_a_few_round_trips() {
        assert_eq!(after(6, 1, Duration::ZERO).room(0), MOST);
        let window = after(12, 1, Duration::from_micros(10));
        assert!((400..=1_200).contains(&window.room(0)), "{window:?}");
    }

    #[test]
    fn slow_calls_keep_it_at_one() {
        assert_eq!(after(1, 1, 20 * MILLI).room(0), 1);
        assert_eq!(after(40, 1, 20 * MILLI).room(0), 1);
    }

    #[test]
    fn a_call_that_turns_out_slow_closes_it_again() {
        let mut window = after(12, 1, Duration::from_micros(10));
        let now = window.since + 200 * MILLI;
        window.busy(window.since);
        window.returned(1, now);
        assert_eq!(window.room(0), 1);
    }

    #[test]
    fn it_is_never_smaller_than_what_overlaps() {
        assert_eq!(after(10, 50, 100 * MILLI).room(20), 30);
    }
}
