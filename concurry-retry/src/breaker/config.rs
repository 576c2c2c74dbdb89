//! The options of a circuit breaker.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use concurry_time::Clock;

use crate::breaker::shared::Listener;
use crate::breaker::window::Span;
use crate::breaker::{BreakerConfigError, CircuitBreaker, StateChange};

/// Sets up a [`CircuitBreaker`].
///
/// # Default
///
/// Opens when at least half of the last 100 calls failed, and at least 20 were made; for 30 s and
/// up to a tenth more; then 3 probes of at most 30 s each, and a ramp-up to 100 calls at a time.
/// Slow calls do not matter.
///
/// ```
/// use concurry_retry::CircuitBreaker;
/// use std::time::Duration;
///
/// let breaker = CircuitBreaker::builder("search")
///     .time_window(Duration::from_secs(60))
///     .slow_calls(Duration::from_secs(2), 0.8)
///     .on_change(|change| eprintln!("{}: {} to {}", change.breaker, change.from, change.to))
///     .build()?;
/// assert_eq!(breaker.name(), "search");
/// # Ok::<(), concurry_retry::BreakerConfigError>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct CircuitBreakerBuilder {
    pub(crate) name: Arc<str>,
    pub(crate) rules: Rules,
    pub(crate) clock: Clock,
    pub(crate) listener: Option<Listener>,
    pub(crate) max_keys: usize,
}

/// The plain values among the options.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) span: Span,
    pub(crate) minimum_calls: u32,
    pub(crate) failure_ratio: f64,
    pub(crate) slow: Option<(Duration, f64)>,
    pub(crate) open_for: Duration,
    pub(crate) open_jitter: f64,
    pub(crate) probes: u32,
    pub(crate) probe_timeout: Duration,
    pub(crate) ramp_up: u32,
    pub(crate) seed: Option<u64>,
}

impl CircuitBreakerBuilder {
    pub(crate) fn new(name: Arc<str>) -> Self {
        let rules = Rules {
            span: Span::Calls(100),
            minimum_calls: 20,
            failure_ratio: 0.5,
            slow: None,
            open_for: Duration::from_secs(30),
            open_jitter: 0.1,
            probes: 3,
            probe_timeout: Duration::from_secs(30),
            ramp_up: 100,
            seed: None,
        };
        Self { name, rules, clock: Clock::system(), listener: None, max_keys: 1024 }
    }

    /// Sets the share of failures that opens the breaker (over 0, at most 1).
    pub fn failure_ratio(mut self, ratio: f64) -> Self {
        self.rules.failure_ratio = ratio;
        self
    }

    /// Looks at the last `calls` calls.
    pub fn count_window(mut self, calls: u32) -> Self {
        self.rules.span = Span::Calls(calls);
        self
    }

    /// Looks at the calls of the last `span` of time. Reads the clock once per call.
    pub fn time_window(mut self, span: Duration) -> Self {
        self.rules.span = Span::Time(span);
        self
    }

    /// Sets how many calls the window must hold before a share means anything.
    pub fn minimum_calls(mut self, calls: u32) -> Self {
        self.rules.minimum_calls = calls;
        self
    }

    /// Opens also when this share of the calls (over 0, at most 1) takes longer than `slow`. Reads
    /// the clock twice per call.
    pub fn slow_calls(mut self, slow: Duration, ratio: f64) -> Self {
        self.rules.slow = Some((slow, ratio));
        self
    }

    /// Sets how long the breaker stays open before it lets probes through.
    pub fn open_for(mut self, open: Duration) -> Self {
        self.rules.open_for = open;
        self
    }

    /// Lengthens each open time by a random share of up to this much (0 to 1), so that many clients
    /// do not probe at the same moment.
    pub fn open_jitter(mut self, share: f64) -> Self {
        self.rules.open_jitter = share;
        self
    }

    /// Sets how many probes run at a time while half-open, and how many must succeed to close.
    pub fn probes(mut self, probes: u32) -> Self {
        self.rules.probes = probes;
        self
    }

    /// Sets how long a probe, or a call of the ramp-up, may keep its place; after that another call may take
    /// it, and a probe is heard only if it succeeds.
    pub fn probe_timeout(mut self, limit: Duration) -> Self {
        self.rules.probe_timeout = limit;
        self
    }

    /// Sets at how many calls at a time the ramp-up after closing ends; 0 means none.
    pub fn ramp_up(mut self, concurrent: u32) -> Self {
        self.rules.ramp_up = concurrent;
        self
    }

    /// Tells every change of state, on the thread that caused it, after the fact and outside of
    /// any lock.
    pub fn on_change(mut self, listener: impl Fn(&StateChange) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Reads this clock instead of the machine's.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Makes the open jitter repeatable, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.rules.seed = Some(seed);
        self
    }

    /// Sets how many keys a [`KeyedBreakers`](crate::KeyedBreakers) remembers (1024 unless set).
    pub fn max_keys(mut self, keys: usize) -> Self {
        self.max_keys = keys;
        self
    }

    /// Makes the breaker.
    ///
    /// # Errors
    ///
    /// Names the option out of range and its legal range.
    pub fn build(self) -> Result<CircuitBreaker, BreakerConfigError> {
        self.rules.check()?;
        Ok(CircuitBreaker::from_checked(self))
    }
}

impl Rules {
    pub(crate) fn check(&self) -> Result<(), BreakerConfigError> {
        let share = |option, value: f64| {
            let range = "over 0 and at most 1";
            let legal = value > 0.0 && value <= 1.0;
            if legal { Ok(()) } else { Err(BreakerConfigError::Share { option, range, value }) }
        };
        let over_zero = |option, zero: bool| {
            if zero { Err(BreakerConfigError::Zero { option }) } else { Ok(()) }
        };
        share("failure_ratio", self.failure_ratio)?;
        if let Some((slow, ratio)) = self.slow {
            share("the ratio of slow_calls", ratio)?;
            over_zero("the duration of slow_calls", slow.is_zero())?;
        }
        if !(0.0..=1.0).contains(&self.open_jitter) {
            let (option, range) = ("open_jitter", "between 0 and 1");
            return Err(BreakerConfigError::Share { option, range, value: self.open_jitter });
        }
        over_zero("open_for", self.open_for.is_zero())?;
        over_zero("probes", self.probes == 0)?;
        over_zero("probe_timeout", self.probe_timeout.is_zero())?;
        over_zero("minimum_calls", self.minimum_calls == 0)?;
        match self.span {
            Span::Time(span) => over_zero("time_window", span.is_zero()),
            Span::Calls(0) => over_zero("count_window", true),
            Span::Calls(window) if window < self.minimum_calls => {
                let minimum_calls = self.minimum_calls;
                Err(BreakerConfigError::MinimumOverWindow { minimum_calls, window })
            }
            Span::Calls(_) => Ok(()),
        }
    }
}

impl fmt::Debug for CircuitBreakerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerBuilder")
            .field("name", &self.name)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
