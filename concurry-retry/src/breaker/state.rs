//! The states of a breaker and the moves between them. Pure in `now`.

use std::fmt;
use std::time::{Duration, Instant};

use concurry_time::after;

use crate::backoff::scaled;
use crate::breaker::config::Rules;
use crate::breaker::window::{Counts, Window};
use crate::random::Random;

/// Where a breaker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BreakerState {
    /// Calls run.
    Closed,
    /// Calls are refused.
    Open,
    /// A few calls run as probes.
    HalfOpen,
    /// Closed again, with a bound on the calls at a time that each success raises.
    RampingUp,
    /// Opened by hand, until it is reset by hand.
    Isolated,
}

impl fmt::Display for BreakerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
            Self::RampingUp => "ramping up",
            Self::Isolated => "isolated",
        })
    }
}

/// Leave to make one call. It must come back by `record` or `abandon`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// The state it was given in. What comes back after a change of state is not counted.
    pub(crate) generation: u64,
    /// The number of its place, where places are counted; 0 otherwise.
    place: u64,
}

impl Grant {
    pub(crate) const fn closed(generation: u64) -> Self {
        Self { generation, place: 0 }
    }
}

#[derive(Debug)]
enum Phase {
    Closed,
    Open {
        until: Instant,
    },
    HalfOpen {
        /// At most `rules.probes`.
        running: Places,
        succeeded: u32,
    },
    RampingUp {
        running: Places,
        allowed: u32,
    },
    Isolated,
}

/// The calls that run, where there may be only so many.
#[derive(Debug, Default)]
struct Places {
    /// Each with the moment at which it loses its place.
    taken: Vec<(u64, Instant)>,
    /// How many have had one.
    numbers: u64,
}

impl Places {
    /// How many calls have one. Those that took too long have lost theirs.
    fn taken(&mut self, now: Instant) -> u64 {
        self.taken.retain(|(_, expires)| now < *expires);
        self.taken.len() as u64
    }

    fn take(&mut self, now: Instant, limit: Duration) -> u64 {
        self.numbers += 1;
        self.taken.push((self.numbers, after(now, limit)));
        self.numbers
    }

    /// False if the call had lost its place.
    fn give_back(&mut self, place: u64) -> bool {
        let found = self.taken.iter().position(|(taken, _)| *taken == place);
        found.map(|found| self.taken.swap_remove(found)).is_some()
    }
}

/// The machine behind a breaker's lock.
#[derive(Debug)]
pub(crate) struct Machine {
    rules: Rules,
    phase: Phase,
    generation: u64,
    window: Window,
    random: Random,
}

impl Machine {
    pub(crate) fn new(rules: Rules) -> Self {
        let (window, random) = (Window::new(rules.span), Random::new(rules.seed));
        Self { rules, phase: Phase::Closed, generation: 0, window, random }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn state(&self) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { .. } => BreakerState::Open,
            Phase::HalfOpen { .. } => BreakerState::HalfOpen,
            Phase::RampingUp { .. } => BreakerState::RampingUp,
            Phase::Isolated => BreakerState::Isolated,
        }
    }

    /// Lets a call through, or tells how long to stay away, if that is known.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Grant, Option<Duration>> {
        if let Phase::Open { until } = self.phase {
            if now < until {
                return Err(Some(until - now));
            }
            self.enter(Phase::HalfOpen { running: Places::default(), succeeded: 0 });
        }
        let (generation, probes) = (self.generation, u64::from(self.rules.probes));
        let (running, allowed) = match &mut self.phase {
            Phase::Closed => return Ok(Grant::closed(generation)),
            // No more probes than may still be needed.
            Phase::HalfOpen { running, succeeded } => {
                (running, probes.saturating_sub(u64::from(*succeeded)))
            }
            Phase::RampingUp { running, allowed } => (running, u64::from(*allowed)),
            Phase::Isolated => return Err(None),
            Phase::Open { until } => return Err(Some(until.saturating_duration_since(now))),
        };
        if running.taken(now) >= allowed {
            return Err(None);
        }
        Ok(Grant { generation, place: running.take(now, self.rules.probe_timeout) })
    }

    /// Adds plain successes that were counted outside, in the order in which they came before
    /// whatever is recorded next.
    pub(crate) fn add_successes(&mut self, step: u32, count: u32) {
        if matches!(self.phase, Phase::Closed) {
            self.window.add(step, Counts::successes(count.into()));
        }
    }

    /// Counts the outcome of a call that ran.
    pub(crate) fn record(&mut self, grant: Grant, sample: Counts, step: u32, now: Instant) {
        if grant.generation != self.generation {
            return;
        }
        let bad = sample.failures + sample.slow > 0;
        let (probes, ramp_up) = (self.rules.probes, self.rules.ramp_up);
        match &mut self.phase {
            Phase::Closed => {
                self.window.add(step, sample);
                if bad {
                    self.open_if_unhealthy(step, now);
                }
            }
            Phase::HalfOpen { running, succeeded } => {
                let had_place = running.give_back(grant.place);
                if bad {
                    // One that has lost its place tells only how the service was long ago. Its success is
                    // as good as any: one that answers slowly would never be found to be back.
                    if had_place {
                        self.open(now);
                    }
                } else if *succeeded + 1 < probes {
                    *succeeded += 1;
                } else if ramp_up == 0 {
                    self.close();
                } else {
                    self.window.clear();
                    let (running, allowed) = (Places::default(), probes.saturating_add(1));
                    self.enter(Phase::RampingUp { running, allowed });
                }
            }
            Phase::RampingUp { running, allowed } => {
                running.give_back(grant.place);
                *allowed = allowed.saturating_add(u32::from(!bad));
                let finished = *allowed >= ramp_up;
                self.window.add(step, sample);
                if bad {
                    self.open_if_unhealthy(step, now);
                } else if finished {
                    // The window goes on: it is the same service.
                    self.enter(Phase::Closed);
                }
            }
            Phase::Open { .. } | Phase::Isolated => {}
        }
    }

    /// Takes back a grant whose call says nothing: it was cancelled, or its error does not count.
    pub(crate) fn abandon(&mut self, grant: Grant) {
        if grant.generation != self.generation {
            return;
        }
        match &mut self.phase {
            Phase::HalfOpen { running, .. } | Phase::RampingUp { running, .. } => {
                running.give_back(grant.place);
            }
            Phase::Closed | Phase::Open { .. } | Phase::Isolated => {}
        }
    }

    pub(crate) fn isolate(&mut self) {
        if !matches!(self.phase, Phase::Isolated) {
            self.enter(Phase::Isolated);
        }
    }

    pub(crate) fn close(&mut self) {
        self.window.clear();
        self.enter(Phase::Closed);
    }

    /// Asked after a failure or a slow call only: a plain success never opens the breaker.
    fn open_if_unhealthy(&mut self, step: u32, now: Instant) {
        let totals = self.window.totals(step);
        if totals.calls < u64::from(self.rules.minimum_calls) {
            return;
        }
        let share = |count: u64| count as f64 / totals.calls as f64;
        let too_slow = self.rules.slow.is_some_and(|(_, ratio)| share(totals.slow) >= ratio);
        if share(totals.failures) >= self.rules.failure_ratio || too_slow {
            self.open(now);
        }
    }

    fn open(&mut self, now: Instant) {
        let spread = scaled(self.rules.open_for, self.rules.open_jitter);
        let spread = self.random.between(Duration::ZERO, spread);
        let open_for = self.rules.open_for.saturating_add(spread);
        self.window.clear();
        self.enter(Phase::Open { until: after(now, open_for) });
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation += 1;
    }
}
