//! A named amount in a window.

use std::time::Duration;

use super::Rate;
use crate::algorithm::RateAlgorithm;
use crate::amount::Amount;
use crate::window::Window;

/// So much of something in a window: tokens in a minute, bytes in a second.
///
/// The rule is the sliding window unless [`algorithm`](Self::algorithm) says otherwise. The values
/// are checked when the set is built.
///
/// ```
/// use concurry_limits::{LimitSet, RateAlgorithm, RateLimit, Window};
///
/// let limits = LimitSet::builder()
///     .with(RateLimit::per_minute("tokens", 50_000).algorithm(RateAlgorithm::TokenBucket))
///     .with(RateLimit::new("bytes", 1.5e9, "day".parse::<Window>()?))
///     .build()?;
/// assert!(limits.try_acquire([("tokens", 2_000), ("bytes", 512)]).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RateLimit {
    pub(crate) key: String,
    pub(crate) rate: Rate,
}

impl RateLimit {
    /// So much in a window: a [`Duration`], or a [`Window`].
    #[must_use]
    pub fn new(key: impl Into<String>, capacity: impl Amount, window: impl Into<Window>) -> Self {
        let rate = Rate {
            capacity: capacity.to_f64(),
            window: window.into().duration(),
            algorithm: RateAlgorithm::default(),
            burst: None,
        };
        Self { key: key.into(), rate }
    }

    /// So much each second.
    #[must_use]
    pub fn per_second(key: impl Into<String>, capacity: impl Amount) -> Self {
        Self::new(key, capacity, Window::SECOND)
    }

    /// So much each minute.
    #[must_use]
    pub fn per_minute(key: impl Into<String>, capacity: impl Amount) -> Self {
        Self::new(key, capacity, Window::MINUTE)
    }

    /// So much each hour.
    #[must_use]
    pub fn per_hour(key: impl Into<String>, capacity: impl Amount) -> Self {
        Self::new(key, capacity, Window::HOUR)
    }

    /// So much each day of 24 hours.
    #[must_use]
    pub fn per_day(key: impl Into<String>, capacity: impl Amount) -> Self {
        Self::new(key, capacity, Window::DAY)
    }

    /// Sets the rule (the sliding window unless set).
    #[must_use]
    pub fn algorithm(mut self, algorithm: RateAlgorithm) -> Self {
        self.rate.algorithm = algorithm;
        self
    }

    /// Sets the most that may be spent at once (the capacity unless set). For the token bucket, the
    /// leaky bucket and GCRA.
    #[must_use]
    pub fn burst(mut self, burst: impl Amount) -> Self {
        self.rate.burst = Some(burst.to_f64());
        self
    }

    /// The name of what is limited.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The amount for each window.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        self.rate.capacity
    }

    /// The window.
    #[must_use]
    pub fn window(&self) -> Duration {
        self.rate.window
    }
}
