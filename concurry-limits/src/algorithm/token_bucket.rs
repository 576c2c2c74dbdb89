//! The token bucket: fills continuously, never above the burst.

use std::time::Duration;

use super::{Algorithm, Quota, moment};

/// A bucket that starts full with `burst` tokens and gains `capacity` each window, never above
/// `burst`.
///
/// Rule: an amount fits when so many tokens are there. Refund: the tokens go back, never above the
/// burst. Debt: the count goes below zero. Price: in one window up to `burst + capacity` may pass.
/// Memory and time are constant. Any real amount.
///
/// Source: J. S. Turner, "New directions in communications", IEEE Communications Magazine 24(10),
/// 1986; RFC 2697 for the form with a committed rate and burst.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    quota: Quota,
    tokens: f64,
    /// The moment that `tokens` belongs to.
    updated: Duration,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub const fn new(quota: Quota) -> Self {
        Self { quota, tokens: quota.burst, updated: Duration::ZERO }
    }

    fn tokens_at(&self, now: Duration) -> f64 {
        let gained = self.quota.flow(now.saturating_sub(self.updated));
        (self.tokens + gained).min(self.quota.burst)
    }

    fn settle_to(&mut self, now: Duration) {
        self.tokens = self.tokens_at(now);
        self.updated = self.updated.max(now);
    }
}

impl Algorithm for TokenBucket {
    fn fits_at(&self, now: Duration, amount: f64) -> Option<Duration> {
        if amount > self.quota.burst {
            return None;
        }
        let tokens = self.tokens_at(now);
        if tokens >= amount {
            return Some(now);
        }
        let from = now.max(self.updated);
        let guess = self.quota.nanoseconds_for(amount - tokens);
        Some(moment::first(from, guess, |at| self.tokens_at(at) >= amount))
    }

    fn fits_after(&self, now: Duration, first: f64, amount: f64) -> Option<Duration> {
        let mut after = self.clone();
        after.take(now, first);
        after.fits_at(now, amount)
    }

    fn take(&mut self, now: Duration, amount: f64) {
        self.settle_to(now);
        self.tokens -= amount;
    }

    fn give_back(&mut self, now: Duration, _taken_at: Duration, amount: f64) {
        self.settle_to(now);
        self.tokens = (self.tokens + amount).min(self.quota.burst);
    }

    fn available(&self, now: Duration) -> f64 {
        self.tokens_at(now)
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    fn set_quota(&mut self, now: Duration, quota: Quota) {
        self.settle_to(now);
        self.tokens += quota.burst - self.quota.burst;
        self.quota = quota;
    }
}
