//! How a set stands, at one moment.

use std::fmt;
use std::time::Duration;

use crate::ledger::Ledger;
use crate::limit_set::LimitSet;
use crate::request::Takes;
use crate::shared::Shared;
use crate::store::{Fit, Take};

/// How a set stands: all numbers belong to the same moment.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LimitSetStats {
    /// Each limit, in the order in which they were given.
    pub limits: Vec<LimitStats>,
    /// How many requests wait.
    pub waiting: usize,
    /// What keeps the first of them waiting.
    pub throttled: Option<Throttled>,
    /// How long the set lets nothing through.
    pub paused_for: Option<Duration>,
}

/// How one limit stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LimitStats {
    /// The key.
    pub key: String,
    /// The capacity: for each window, or of the resource.
    pub capacity: f64,
    /// How long a window is. `None` for a resource.
    pub window: Option<Duration>,
    /// What fits now. Negative when there is debt.
    pub available: f64,
    /// The part that is in use: 0 when everything is free, 1 when nothing is, more with debt.
    pub utilisation: f64,
}

/// What keeps requests waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Throttled {
    /// The limit.
    pub by: String,
    /// When the first of them goes on. `None` when that depends on a resource.
    pub next_in: Option<Duration>,
}

impl fmt::Display for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.next_in {
            Some(wait) => write!(f, "throttled by {}, next in {wait:.1?}", self.by),
            None => write!(f, "throttled by {}", self.by),
        }
    }
}

impl LimitSet {
    /// What keeps the first of those who wait waiting, for a progress bar. `None` when nobody waits.
    /// Cheaper than [`stats`](Self::stats).
    #[must_use]
    pub fn throttled(&self) -> Option<Throttled> {
        let ledger = self.shared.lock();
        throttled(&ledger, &self.shared, self.shared.now())
    }

    /// How the set stands. Costs about as much as a few acquires, so a progress bar may ask often.
    ///
    /// ```
    /// use concurry_limits::{LimitSet, ResourceLimit};
    ///
    /// let limits = LimitSet::builder().with(ResourceLimit::new("connections", 4)).build()?;
    /// let permit = limits.try_acquire([("connections", 1)])?;
    /// let stats = limits.stats();
    /// assert_eq!(stats.limits[0].available, 3.0);
    /// assert_eq!(stats.limits[0].utilisation, 0.25);
    /// assert_eq!(stats.throttled, None);
    /// # drop(permit);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> LimitSetStats {
        let shared = &self.shared;
        let keys = &shared.keys.limits;
        shared.with(|ledger, now, _| {
            let limits = keys.iter().enumerate().map(|(index, limit)| {
                ledger.record(&shared.credits, index, now);
                let level = ledger.store.level(index, now);
                ledger.prepay(Take { index, amount: 1.0 }, now);
                let used = level.most - level.available;
                LimitStats {
                    key: limit.key.clone(),
                    capacity: level.capacity,
                    window: limit.kind.window(),
                    available: level.available,
                    utilisation: if level.most.is_finite() { used / level.most } else { 0.0 },
                }
            });
            let limits = limits.collect();
            let paused = ledger.paused_until.filter(|until| *until > now);
            LimitSetStats {
                limits,
                waiting: ledger.queue.len(),
                throttled: throttled(ledger, shared, now),
                paused_for: paused.map(|until| until.saturating_sub(now)),
            }
        })
    }

    /// How full the fullest limit is, in thousandths, behind the length of a pause.
    pub(crate) fn load(&self) -> (Duration, u64) {
        let shared = &self.shared;
        shared.with(|ledger, now, _| {
            let mut fullest = 0.0_f64;
            for index in 0..shared.credits.len() {
                ledger.record(&shared.credits, index, now);
                let level = ledger.store.level(index, now);
                ledger.prepay(Take { index, amount: 1.0 }, now);
                if level.most.is_finite() {
                    let asked = ledger.queue.asked(index);
                    fullest = fullest.max((level.most - level.available + asked) / level.most);
                }
            }
            let pause = ledger.estimate(&Takes::new(), now);
            let pause = match pause {
                Fit::At(until) => until.saturating_sub(now),
                Fit::WhenReleased | Fit::Never => Duration::ZERO,
            };
            (pause, (fullest * 1000.0) as u64)
        })
    }
}

fn throttled(ledger: &Ledger, shared: &Shared, now: Duration) -> Option<Throttled> {
    let first = *ledger.queue.order().first()?;
    let line = &ledger.queue.lines[first];
    Some(Throttled {
        by: shared.keys.limits[line.blocked_by].key.clone(),
        next_in: line.planned.map(|moment| moment.saturating_sub(now)),
    })
}
