//! What a hedger has learnt: latencies, and whether the service asks to be left alone. Pure in
//! `now`.

use std::time::{Duration, Instant};

use crate::hedge::Hedge;
use crate::hedge::config::When;
use crate::hedge::sketch::Sketch;

/// The part of a hedger that changes.
#[derive(Debug)]
pub(crate) struct State {
    sketch: Sketch,
    delay: Duration,
    /// How many calls had been seen when the delay was worked out; 0 while it is the first one.
    worked_out_at: u32,
    /// No copies before this moment: the service throttles.
    paused_until: Option<Instant>,
}

impl State {
    /// How many more calls must come in before a percentile is worked out again.
    const REFRESH: u32 = 32;

    pub(crate) fn new(config: &Hedge) -> Self {
        let delay = match config.when {
            When::After(delay) => delay,
            When::Percentile(_) => config.first_delay,
            When::AtOnce => Duration::ZERO,
        };
        Self { sketch: Sketch::new(), delay, worked_out_at: 0, paused_until: None }
    }

    /// How long a call may take before a copy is started.
    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    /// Learns from a call that took this long. Tells whether the delay is another now.
    pub(crate) fn record(&mut self, config: &Hedge, latency: Duration, now: Instant) -> bool {
        let When::Percentile(share) = config.when else { return false };
        self.sketch.add(latency, now);
        let samples = self.sketch.samples();
        let due = self.worked_out_at == 0 || samples - self.worked_out_at >= Self::REFRESH;
        if due
            && samples >= config.min_samples
            && let Some(delay) = self.sketch.percentile(share)
        {
            (self.delay, self.worked_out_at) = (delay, samples);
            return true;
        }
        false
    }

    pub(crate) fn pause_until(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(Some(until));
    }

    pub(crate) fn is_paused(&self, now: Instant) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::virtual_time::SECOND;

    #[test]
    fn the_percentile_is_worked_out_when_enough_is_seen_and_then_now_and_again() {
        let config = Hedge::after_percentile(0.5).first_delay(9 * SECOND).min_samples(4);
        let (mut state, now) = (State::new(&config), Instant::now());
        let mut delays = Vec::new();
        for call in 0..40 {
            state.record(&config, SECOND * if call < 4 { 1 } else { 3 }, now);
            delays.push(state.delay().as_secs_f64().round());
        }
        assert!(delays[..3].iter().all(|delay| *delay == 9.0), "{delays:?}");
        assert!(delays[3..35].iter().all(|delay| *delay == 1.0), "{delays:?}");
        assert!(delays[35..].iter().all(|delay| *delay == 3.0), "{delays:?}");
    }

    #[test]
    fn a_shorter_pause_does_not_end_a_longer_one() {
        let now = Instant::now();
        let mut state = State::new(&Hedge::after(SECOND));
        state.pause_until(now + 5 * SECOND);
        state.pause_until(now + SECOND);
        assert!(state.is_paused(now + 4 * SECOND));
        assert!(!state.is_paused(now + 5 * SECOND));
    }
}
