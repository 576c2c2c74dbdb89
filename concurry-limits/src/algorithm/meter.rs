//! One value for any of the rules.

use std::time::Duration;

use super::{
    Algorithm, FixedWindow, Gcra, LeakyBucket, Quota, RateAlgorithm, SlidingWindow, TokenBucket,
};

/// Any rule. An enum and not a trait object: the states lie side by side and calls are direct.
#[derive(Clone, Debug)]
pub(crate) enum Meter {
    TokenBucket(TokenBucket),
    LeakyBucket(LeakyBucket),
    SlidingWindow(SlidingWindow),
    FixedWindow(FixedWindow),
    Gcra(Gcra),
}

impl Meter {
    pub(crate) fn new(algorithm: RateAlgorithm, quota: Quota) -> Self {
        match algorithm {
            RateAlgorithm::TokenBucket => Self::TokenBucket(TokenBucket::new(quota)),
            RateAlgorithm::LeakyBucket => Self::LeakyBucket(LeakyBucket::new(quota)),
            RateAlgorithm::SlidingWindow => Self::SlidingWindow(SlidingWindow::new(quota)),
            RateAlgorithm::FixedWindow => Self::FixedWindow(FixedWindow::new(quota)),
            RateAlgorithm::Gcra => Self::Gcra(Gcra::new(quota)),
        }
    }
}

macro_rules! each {
    ($meter:expr, $rule:ident => $body:expr) => {
        match $meter {
            Meter::TokenBucket($rule) => $body,
            Meter::LeakyBucket($rule) => $body,
            Meter::SlidingWindow($rule) => $body,
            Meter::FixedWindow($rule) => $body,
            Meter::Gcra($rule) => $body,
        }
    };
}

impl Algorithm for Meter {
    fn fits_at(&self, now: Duration, amount: f64) -> Option<Duration> {
        each!(self, rule => rule.fits_at(now, amount))
    }

    fn fits_after(&self, now: Duration, first: f64, amount: f64) -> Option<Duration> {
        each!(self, rule => rule.fits_after(now, first, amount))
    }

    fn take(&mut self, now: Duration, amount: f64) {
        each!(self, rule => rule.take(now, amount))
    }

    fn give_back(&mut self, now: Duration, taken_at: Duration, amount: f64) {
        each!(self, rule => rule.give_back(now, taken_at, amount))
    }

    fn available(&self, now: Duration) -> f64 {
        each!(self, rule => rule.available(now))
    }

    fn quota(&self) -> Quota {
        each!(self, rule => rule.quota())
    }

    fn set_quota(&mut self, now: Duration, quota: Quota) {
        each!(self, rule => rule.set_quota(now, quota))
    }
}
