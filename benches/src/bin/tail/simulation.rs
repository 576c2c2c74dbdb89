//! The service and the strategies, on a clock that jumps from timer to timer.

use std::cell::{Cell, RefCell};
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use concurry::retry::{Hedge, Hedger, RetryPolicy, redundant};
use concurry_time::{Clock, FakeClock};

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    Plain,
    Retry,
    Redundant,
    RedundantRetry,
    HedgeP95,
    HedgeP95Retry,
    HedgeP85,
    HedgeP85Retry,
}

impl Strategy {
    pub(crate) const ALL: [Self; 8] = [
        Self::Plain,
        Self::Retry,
        Self::Redundant,
        Self::RedundantRetry,
        Self::HedgeP95,
        Self::HedgeP95Retry,
        Self::HedgeP85,
        Self::HedgeP85Retry,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Retry => "retry",
            Self::Redundant => "redundant(2)",
            Self::RedundantRetry => "redundant(2) + retry",
            Self::HedgeP95 => "hedge at p95",
            Self::HedgeP95Retry => "hedge at p95 + retry",
            Self::HedgeP85 => "hedge at p85, half more load allowed",
            Self::HedgeP85Retry => "hedge at p85 + retry",
        }
    }
}

/// What came of the calls of a strategy.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// How long each call took that succeeded, in order.
    pub(crate) successes: Vec<Duration>,
    /// How many calls there were.
    pub(crate) calls: u32,
    /// How many requests the service got.
    requests: u32,
}

impl Figures {
    pub(crate) fn success(&self) -> f64 {
        self.successes.len() as f64 / f64::from(self.calls)
    }

    /// Requests a call.
    pub(crate) fn load(&self) -> f64 {
        f64::from(self.requests) / f64::from(self.calls)
    }

    /// The time that this share of the successful calls stay within.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let last = self.successes.len().saturating_sub(1);
        let rank = (self.successes.len() as f64 * share) as usize;
        self.successes.get(rank.min(last)).copied().unwrap_or_default()
    }
}

/// A service that fails and dawdles by chance, always the same chances.
struct Service {
    clock: Clock,
    random: RefCell<Random>,
    requests: Cell<u32>,
}

impl Service {
    async fn ask(&self) -> Result<(), &'static str> {
        self.requests.set(self.requests.get() + 1);
        let (kind, spread) = {
            let mut random = self.random.borrow_mut();
            (random.share(), random.share())
        };
        let seconds =
            if (0.2..0.3).contains(&kind) { 5.0 + 2.0 * spread } else { 0.5 + 0.5 * spread };
        self.clock.sleep(Duration::from_secs_f64(seconds)).await;
        if kind < 0.2 { Err("unlucky") } else { Ok(()) }
    }
}

/// SplitMix64 (G. Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014).
struct Random(u64);

impl Random {
    /// A number from 0 to 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Makes the calls of a strategy, one after the other.
pub(crate) fn run(strategy: Strategy, calls: u32) -> Figures {
    let fake = FakeClock::new();
    let clock = fake.clock();
    let service =
        Service { clock: clock.clone(), random: RefCell::new(Random(7)), requests: Cell::new(0) };
    let policy = RetryPolicy::exponential(Duration::from_millis(100)).seed(7);
    let hedger = |hedge: Hedge| hedge.build().map(|hedger| hedger.clock(&clock));
    let careful = hedger(Hedge::after_percentile(0.95)).expect("it is legal");
    let eager = Hedge::after_percentile(0.85).max_extra_load(0.5);
    let eager = hedger(eager).expect("it is legal");
    let mut figures = Figures { calls, ..Figures::default() };
    for _ in 0..calls {
        let began = clock.now();
        let succeeded = match strategy {
            Strategy::Plain => drive(&fake, service.ask()).is_ok(),
            Strategy::Retry => {
                drive(&fake, policy.run(|_| service.ask()).clock(&clock).into_future()).is_ok()
            }
            Strategy::Redundant => {
                drive(&fake, redundant(2, || service.ask()).clock(&clock).into_future()).is_ok()
            }
            Strategy::RedundantRetry => {
                let run = policy.run(|_| redundant(2, || service.ask()).clock(&clock));
                drive(&fake, run.clock(&clock).into_future()).is_ok()
            }
            Strategy::HedgeP95 => drive(&fake, hedged(&careful, &service)).is_ok(),
            Strategy::HedgeP85 => drive(&fake, hedged(&eager, &service)).is_ok(),
            Strategy::HedgeP95Retry => {
                let run = policy.run(|_| hedged(&careful, &service)).clock(&clock);
                drive(&fake, run.into_future()).is_ok()
            }
            Strategy::HedgeP85Retry => {
                let run = policy.run(|_| hedged(&eager, &service)).clock(&clock);
                drive(&fake, run.into_future()).is_ok()
            }
        };
        if succeeded {
            figures.successes.push(clock.now() - began);
        }
    }
    figures.successes.sort_unstable();
    figures.requests = service.requests.get();
    figures
}

async fn hedged(hedger: &Hedger, service: &Service) -> Result<(), ()> {
    hedger.run(|| service.ask()).await.map_err(drop)
}

/// Polls a future to its end, moving the clock to each timer in turn.
fn drive<F: Future>(fake: &FakeClock, future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        fake.advance_to_next().expect("a call that waits has a timer");
    }
}
