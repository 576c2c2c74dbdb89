//! The leaky bucket: fills by acquires, leaks whole units at an even pace.

use std::time::Duration;

use super::{Algorithm, Quota, moment};

/// A bucket that holds `burst` units and leaks one whole unit every `window / capacity`.
///
/// Rule: an amount fits when it does not overflow the bucket. The leak begins when the bucket stops
/// being empty and depends on elapsed time only, however often it is looked at. Refund: the units
/// are scooped out. Debt: the bucket is filled above its rim. Price: as the
/// [token bucket](super::TokenBucket), but room comes in whole units. Memory and time are constant.
/// Whole amounts only.
///
/// Source: J. S. Turner, "New directions in communications", IEEE Communications Magazine 24(10),
/// 1986, as a meter.
#[derive(Clone, Debug)]
pub struct LeakyBucket {
    quota: Quota,
    /// What was put in since `since`. What leaked is computed, never subtracted, so that no
    /// fraction of a unit's time is lost.
    filled: f64,
    since: Duration,
}

impl LeakyBucket {
    /// An empty bucket.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self { quota, filled: 0.0, since: Duration::ZERO }
    }

    fn level_at(&self, now: Duration) -> f64 {
        let leaked = self.quota.flow(now.saturating_sub(self.since)).floor();
        (self.filled - leaked).max(0.0)
    }

    /// Starts the leak anew when the bucket is empty; else moves the start by whole windows, which
    /// leak a whole number of units, so that the numbers stay small.
    fn settle_to(&mut self, now: Duration) {
        if self.level_at(now) == 0.0 {
            self.filled = 0.0;
            self.since = self.since.max(now);
            return;
        }
        let windows = now.saturating_sub(self.since).as_nanos() / self.quota.window.as_nanos();
        if self.quota.capacity.fract() == 0.0 {
            let windows = u32::try_from(windows).unwrap_or(0);
            self.since += self.quota.window * windows;
            self.filled -= self.quota.capacity * f64::from(windows);
        }
    }
}

impl Algorithm for LeakyBucket {
    fn fits_at(&self, now: Duration, amount: f64) -> Option<Duration> {
        if amount > self.quota.burst {
            return None;
        }
        let fits = |at| self.level_at(at) + amount <= self.quota.burst;
        if fits(now) {
            return Some(now);
        }
        let excess = (self.filled + amount - self.quota.burst).ceil();
        let elapsed = super::quota::nanoseconds(now.saturating_sub(self.since));
        let guess = self.quota.nanoseconds_for(excess) - elapsed;
        Some(moment::first(now, guess, fits))
    }

    fn fits_after(&self, now: Duration, first: f64, amount: f64) -> Option<Duration> {
        let mut after = self.clone();
        after.take(now, first);
        after.fits_at(now, amount)
    }

    fn take(&mut self, now: Duration, amount: f64) {
        self.settle_to(now);
        self.filled += amount;
    }

    fn give_back(&mut self, now: Duration, _taken_at: Duration, amount: f64) {
        self.settle_to(now);
        let level = self.level_at(now);
        self.filled -= amount.min(level);
    }

    fn available(&self, now: Duration) -> f64 {
        self.quota.burst - self.level_at(now)
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    fn set_quota(&mut self, now: Duration, quota: Quota) {
        // The units that are in the bucket leak at the new pace from now on.
        self.filled = self.level_at(now);
        self.since = self.since.max(now);
        self.quota = quota;
    }
}
