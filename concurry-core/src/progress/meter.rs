//! What a bar measures: counters that any thread moves, and the text beside them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::style::Colour;
use super::text::one_line;

/// The total of a bar that does not know it.
const UNKNOWN: u64 = u64::MAX;

/// How a bar stands.
///
/// ```
/// use concurry_core::progress::{Progress, State};
///
/// let bar = Progress::new().silent(true).start();
/// assert_eq!(bar.state(), State::Running);
/// bar.failure("no connection");
/// assert_eq!(bar.state(), State::Failed);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The work goes on (blue).
    Running,
    /// The work came to its end (green).
    Succeeded,
    /// The work was given up before its end (grey).
    Stopped,
    /// The work failed (red).
    Failed,
}

/// The numbers and words of one bar.
///
/// The counters are independent of each other and nothing is read through them, so Relaxed is
/// enough. Who joins the threads that moved them sees their final values.
#[derive(Debug)]
pub(super) struct Meter {
    id: u64,
    pub(super) done: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) retrying: AtomicU64,
    total: AtomicU64,
    text: Mutex<Text>,
}

#[derive(Debug)]
pub(super) struct Text {
    pub(super) description: String,
    pub(super) unit: String,
    pub(super) colour: Colour,
    pub(super) leave: bool,
    pub(super) throttles: Vec<Throttle>,
    /// Where the count stood at the start: it says nothing about the rate.
    initial: u64,
    started: Instant,
    end: Option<End>,
}

#[derive(Debug)]
struct End {
    state: State,
    message: String,
    at: Instant,
    /// The last frame is drawn once, by whoever comes first.
    drawn: bool,
}

/// Waits for one limit.
#[derive(Debug)]
pub(super) struct Throttle {
    pub(super) limit: String,
    pub(super) waiting: usize,
    pub(super) next: Option<Instant>,
}

/// A bar as it stood at one moment.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) state: State,
    pub(super) message: String,
    pub(super) description: String,
    pub(super) unit: String,
    pub(super) colour: Colour,
    pub(super) leave: bool,
    pub(super) done: u64,
    pub(super) total: Option<u64>,
    pub(super) per_second: f64,
    pub(super) elapsed: Duration,
    pub(super) failed: u64,
    pub(super) retrying: u64,
    pub(super) throttled_by: Vec<String>,
    pub(super) next_in: Option<Duration>,
}

impl Meter {
    pub(super) fn new(initial: u64, total: Option<u64>, now: Instant) -> Self {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let text = Text {
            description: String::new(),
            unit: "items".into(),
            colour: Colour::RUNNING,
            leave: true,
            throttles: Vec::new(),
            initial,
            started: now,
            end: None,
        };
        Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            done: AtomicU64::new(initial),
            failed: AtomicU64::new(0),
            retrying: AtomicU64::new(0),
            total: AtomicU64::new(total.unwrap_or(UNKNOWN)),
            text: Mutex::new(text),
        }
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn text(&self) -> MutexGuard<'_, Text> {
        self.text.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn total(&self) -> Option<u64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|total| *total != UNKNOWN)
    }

    pub(super) fn set_total(&self, total: Option<u64>) {
        self.total.store(total.unwrap_or(UNKNOWN), Ordering::Relaxed);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.total().is_some_and(|total| self.done.load(Ordering::Relaxed) >= total)
    }

    pub(super) fn state(&self) -> State {
        self.text().end.as_ref().map_or(State::Running, |end| end.state)
    }

    /// Ends the measurement. The first end counts: `false` if there was one before.
    pub(super) fn end(&self, state: State, message: &str, at: Instant) -> bool {
        let mut text = self.text();
        let first = text.end.is_none();
        if first {
            text.end = Some(End { state, message: one_line(message), at, drawn: false });
        }
        first
    }

    /// Measures anew after an end. `false`, and nothing changed, while the measurement still runs.
    pub(super) fn restart(&self, now: Instant) -> bool {
        let mut text = self.text();
        let ended = text.end.take().is_some();
        if ended {
            text.initial = 0;
            text.started = now;
            // Retries are taken back by whoever reported them.
            self.done.store(0, Ordering::Relaxed);
            self.failed.store(0, Ordering::Relaxed);
        }
        ended
    }

    /// What there is to draw: nothing after the last frame. Targets ask under the lock that orders
    /// their output, so no running frame can follow the last one.
    pub(super) fn frame(&self, now: Instant) -> Option<Frame> {
        let mut text = self.text();
        if let Some(end) = &mut text.end
            && std::mem::replace(&mut end.drawn, true)
        {
            return None;
        }
        let done = self.done.load(Ordering::Relaxed);
        let (state, message, at) = match &text.end {
            Some(end) => (end.state, end.message.clone(), end.at),
            None => (State::Running, String::new(), now),
        };
        let elapsed = at.saturating_duration_since(text.started);
        // What still waits after the end waits for nothing that the bar shows.
        let throttles = if state == State::Running { &text.throttles[..] } else { &[] };
        let next = throttles.iter().filter_map(|throttle| throttle.next).min();
        Some(Frame {
            state,
            message,
            description: text.description.clone(),
            unit: text.unit.clone(),
            colour: text.colour,
            leave: text.leave,
            done,
            total: self.total(),
            per_second: per_second(done.saturating_sub(text.initial), elapsed),
            elapsed,
            failed: self.failed.load(Ordering::Relaxed),
            retrying: self.retrying.load(Ordering::Relaxed),
            throttled_by: throttles.iter().map(|throttle| throttle.limit.clone()).collect(),
            next_in: next.map(|next| next.saturating_duration_since(now)).filter(|d| !d.is_zero()),
        })
    }
}

fn per_second(done: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { done as f64 / elapsed.as_secs_f64() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_after_the_last_frame_until_a_new_start() {
        let now = Instant::now();
        let meter = Meter::new(0, None, now);
        let state = |meter: &Meter| meter.frame(now).map(|frame| frame.state);
        assert_eq!(state(&meter), Some(State::Running));
        assert!(meter.end(State::Stopped, "", now));
        assert_eq!(state(&meter), Some(State::Stopped));
        assert_eq!(state(&meter), None);
        assert!(!meter.end(State::Failed, "", now));
        assert_eq!(state(&meter), None);
        assert!(meter.restart(now));
        assert_eq!(state(&meter), Some(State::Running));
        assert!(!meter.restart(now));
    }
}
