//! The live side of hedging: what is learnt from calls, and whether an extra copy is allowed.

use std::fmt;
use std::future::IntoFuture;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use concurry_time::{Clock, after};

use crate::budget::RetryBudget;
use crate::hedge::state::State;
use crate::hedge::{Hedge, HedgeError};
use crate::redundant::{Copies, CopyPlan, Extra, Redundant};
use crate::retry::{EveryError, EveryResult};
use crate::verdict::Verdict;

/// Hedges the calls to one service. Cloning shares it.
///
/// ```
/// use concurry_retry::Hedge;
/// use std::time::Duration;
///
/// # concurry_time::block_on(async {
/// let hedger = Hedge::after_percentile(0.95).first_delay(Duration::from_millis(50)).build()?;
/// let page = hedger.run(|| async { Ok::<_, String>("page") }).await?;
/// assert_eq!(page, "page");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # });
/// ```
#[derive(Clone)]
pub struct Hedger {
    shared: Arc<Shared>,
    clock: Clock,
    budget: Option<RetryBudget>,
}

struct Shared {
    config: Hedge,
    /// Bounds the extra load, if it is to be bounded.
    allowance: Option<RetryBudget>,
    /// Nanoseconds that a call may take before a copy is started. Apart, so that calls that begin do
    /// not wait for those that end. It guards nothing, so relaxed ordering is enough.
    delay: AtomicU64,
    /// Held for arithmetic only.
    state: OnItsOwnLines<Mutex<State>>,
}

/// Keeps what every call that ends writes apart from what every call that begins reads.
#[repr(align(128))]
struct OnItsOwnLines<T>(T);

impl Hedger {
    /// How long to go without copies after a throttling that named no time.
    const PAUSE: Duration = Duration::from_secs(1);

    pub(crate) fn from_checked(config: Hedge) -> Result<Self, HedgeError> {
        let allowance = |share| {
            // No more than a few copies are saved up: the bound is meant for any short time.
            RetryBudget::builder().ratio(share).capacity(10).min_per_second(0.0).build()
        };
        let allowance = config.max_extra_load.map(allowance).transpose()?;
        let state = State::new(&config);
        let delay = AtomicU64::new(nanoseconds(state.delay()));
        let shared =
            Arc::new(Shared { config, allowance, delay, state: OnItsOwnLines(Mutex::new(state)) });
        Ok(Self { shared, clock: Clock::system(), budget: None })
    }

    /// Reads this clock instead of the machine's.
    #[must_use]
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.clock = clock.clone();
        self
    }

    /// Pays for each copy from this budget too, which retries share. The hedger only takes out of
    /// it: the retrying run around it pays in for the success.
    ///
    /// Copies of [`Hedge::redundant`] are not paid for: they are a part of every call, not a reaction
    /// to a slow one, and only [`Hedge::max_extra_load`] bounds them.
    #[must_use]
    pub fn budget(mut self, budget: &RetryBudget) -> Self {
        self.budget = Some(budget.clone());
        self
    }

    /// Runs an operation, and copies of it while it is slow. Await the result.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops all copies; what was paid for them stays paid.
    pub fn run<Op, I, T, E>(&self, operation: Op) -> Redundant<'_, Op, T, E>
    where
        Op: FnMut() -> I,
        I: IntoFuture<Output = Result<T, E>>,
    {
        let mut copies = Copies::new(self.plan(), self.clock.clone(), EveryError, EveryResult);
        copies.extra = Some(self);
        Redundant { operation, copies }
    }

    /// When the copies of a call that is made now start, none of them started.
    #[must_use]
    pub fn plan(&self) -> CopyPlan {
        CopyPlan::new(self.copies(), self.delay())
    }

    /// How many copies there may be, the first one included.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.shared.config.max_hedges.saturating_add(1)
    }

    /// How long a call may take, as of now, before a copy is started.
    #[must_use]
    pub fn delay(&self) -> Duration {
        Duration::from_nanos(self.shared.delay.load(Ordering::Relaxed))
    }

    /// How long the result of a call over a pool waits for the losers: see [`Hedge::grace`].
    #[must_use]
    pub fn grace(&self) -> Duration {
        self.shared.config.grace
    }

    /// Asks whether one more copy may be started now, and pays for it.
    #[must_use = "a copy that is not permitted must not be started"]
    pub fn permit(&self, now: Instant) -> bool {
        if self.lock().is_paused(now) {
            return false;
        }
        let allowance = self.shared.allowance.as_ref();
        if !allowance.is_none_or(|allowance| allowance.withdraw(now)) {
            return false;
        }
        let budget = self.budget.as_ref().filter(|_| !self.shared.config.starts_at_once());
        let paid = budget.is_none_or(|budget| budget.withdraw(now));
        if let (false, Some(allowance)) = (paid, allowance) {
            allowance.refund();
        }
        paid
    }

    /// Tells that a call succeeded, and how long it took from its first copy on.
    pub fn record(&self, latency: Duration, now: Instant) {
        if let Some(allowance) = &self.shared.allowance {
            allowance.deposit();
        }
        let mut state = self.lock();
        if state.record(&self.shared.config, latency, now) {
            self.shared.delay.store(nanoseconds(state.delay()), Ordering::Relaxed);
        }
    }

    /// Starts no copies before `until`: for a service that throttles, or whose breaker is open.
    pub fn pause_until(&self, until: Instant) {
        self.lock().pause_until(until);
    }

    /// Tells that a copy failed. Where the service asks to be left alone, no copies are started for
    /// as long as it says, or for a second.
    pub fn heed(&self, verdict: Verdict, now: Instant) {
        let pause = match verdict {
            Verdict::Throttle(hint) => hint.unwrap_or(Self::PAUSE),
            Verdict::RetryAfter(wait) => wait,
            Verdict::Retry | Verdict::Fatal | Verdict::Poison => return,
        };
        self.pause_until(after(now, pause));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A delay beyond the range is as good as the longest in it, five hundred years.
fn nanoseconds(delay: Duration) -> u64 {
    u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX)
}

impl Extra for Hedger {
    fn permit(&self, now: Instant) -> bool {
        self.permit(now)
    }

    fn failed(&self, verdict: Verdict, now: Instant) {
        self.heed(verdict, now);
    }

    fn succeeded(&self, latency: Duration) {
        self.record(latency, self.clock.now());
    }
}

impl fmt::Debug for Hedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hedger")
            .field("config", &self.shared.config)
            .field("delay", &self.delay())
            .finish_non_exhaustive()
    }
}
