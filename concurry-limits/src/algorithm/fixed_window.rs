//! The fixed window: one counter, back to zero for each new period.

use std::time::Duration;

use super::{Algorithm, Quota};

/// A counter for one period. The next period begins with the first acquire after the end.
///
/// Rule: an amount fits when the counter stays within `capacity`. Refund: the counter goes down, if
/// the period of that acquire still runs. Debt: the counter goes above the capacity, and what is
/// above is carried into the next periods. Price: up to twice the capacity across a border. Memory
/// and time are constant. Whole amounts only.
///
/// Source: the fixed window counter of common practice.
#[derive(Clone, Debug)]
pub struct FixedWindow {
    quota: Quota,
    spent: f64,
    start: Duration,
}

impl FixedWindow {
    /// A counter at zero.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self { quota, spent: 0.0, start: Duration::ZERO }
    }

    fn periods_until(&self, now: Duration) -> u32 {
        let periods = now.saturating_sub(self.start).as_nanos() / self.quota.window.as_nanos();
        u32::try_from(periods).unwrap_or(u32::MAX)
    }

    fn spent_at(&self, now: Duration) -> f64 {
        let periods = self.periods_until(now);
        if periods == 0 {
            return self.spent;
        }
        // The first border pays one capacity: within it the counter simply goes to zero.
        (self.spent - self.quota.capacity * f64::from(periods)).max(0.0)
    }

    fn settle_to(&mut self, now: Duration) {
        let spent = self.spent_at(now);
        let periods = self.periods_until(now);
        if spent == 0.0 && (periods > 0 || self.spent == 0.0) {
            self.start = self.start.max(now);
        } else {
            self.start += self.quota.window * periods;
        }
        self.spent = spent;
    }
}

impl Algorithm for FixedWindow {
    fn fits_at(&self, now: Duration, amount: f64) -> Option<Duration> {
        if amount > self.quota.capacity {
            return None;
        }
        if self.spent_at(now) + amount <= self.quota.capacity {
            return Some(now);
        }
        // Borders pay one capacity each; the search counts on from an estimate.
        let excess = self.spent + amount - self.quota.capacity;
        let mut border = ((excess / self.quota.capacity).ceil().max(1.0) as u32).saturating_sub(1);
        let at = |border: u32| self.start + self.quota.window.saturating_mul(border);
        while self.spent_at(at(border).max(now)) + amount > self.quota.capacity {
            border = border.checked_add(1)?;
        }
        Some(at(border).max(now))
    }

    fn fits_after(&self, now: Duration, first: f64, amount: f64) -> Option<Duration> {
        let mut after = self.clone();
        after.take(now, first);
        after.fits_at(now, amount)
    }

    fn take(&mut self, now: Duration, amount: f64) {
        self.settle_to(now);
        self.spent += amount;
    }

    fn give_back(&mut self, now: Duration, taken_at: Duration, amount: f64) {
        self.settle_to(now);
        if taken_at >= self.start && taken_at <= now {
            self.spent = (self.spent - amount).max(0.0);
        }
    }

    fn available(&self, now: Duration) -> f64 {
        self.quota.capacity - self.spent_at(now)
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    fn set_quota(&mut self, now: Duration, quota: Quota) {
        self.settle_to(now);
        self.quota = quota;
    }
}
