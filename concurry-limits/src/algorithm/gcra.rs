//! The generic cell rate algorithm: one moment in time says everything.

use std::time::Duration;

use super::{Algorithm, Quota, moment};

/// Keeps the theoretical arrival time: the moment at which everything admitted so far would be paid
/// for at an even pace.
///
/// Rule: with emission interval `window / capacity` and tolerance `burst` intervals, an amount fits
/// when the arrival time, moved ahead by that many intervals, is at most the tolerance ahead of now.
/// Refund: the arrival time moves back, never before now. Debt: it moves ahead. Price: as the
/// [token bucket](super::TokenBucket). Memory and time are constant. Any real amount.
///
/// Source: ATM Forum Traffic Management Specification 4.0, 1996; ITU-T I.371, in the virtual
/// scheduling form.
#[derive(Clone, Debug)]
pub struct Gcra {
    quota: Quota,
    /// The arrival time is this many intervals after `base`. Counted in intervals and not in time,
    /// so that a hundred hundredths of a second come out as exactly one second.
    ahead: f64,
    base: Duration,
}

impl Gcra {
    /// Nothing admitted yet.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self { quota, ahead: 0.0, base: Duration::ZERO }
    }

    /// How many intervals the arrival time is ahead of `now`.
    fn ahead_at(&self, now: Duration) -> f64 {
        (self.ahead - self.quota.flow(now.saturating_sub(self.base))).max(0.0)
    }

    fn settle_to(&mut self, now: Duration) {
        self.ahead = self.ahead_at(now);
        self.base = self.base.max(now);
    }
}

impl Algorithm for Gcra {
    fn fits_at(&self, now: Duration, amount: f64) -> Option<Duration> {
        if amount > self.quota.burst {
            return None;
        }
        let fits = |at| self.ahead_at(at) + amount <= self.quota.burst;
        if fits(now) {
            return Some(now);
        }
        let excess = self.ahead_at(now) + amount - self.quota.burst;
        let from = now.max(self.base);
        Some(moment::first(from, self.quota.nanoseconds_for(excess), fits))
    }

    fn fits_after(&self, now: Duration, first: f64, amount: f64) -> Option<Duration> {
        let mut after = self.clone();
        after.take(now, first);
        after.fits_at(now, amount)
    }

    fn take(&mut self, now: Duration, amount: f64) {
        self.settle_to(now);
        self.ahead += amount;
    }

    fn give_back(&mut self, now: Duration, _taken_at: Duration, amount: f64) {
        self.settle_to(now);
        self.ahead = (self.ahead - amount).max(0.0);
    }

    fn available(&self, now: Duration) -> f64 {
        self.quota.burst - self.ahead_at(now)
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    fn set_quota(&mut self, now: Duration, quota: Quota) {
        self.settle_to(now);
        self.quota = quota;
    }
}
