//! A number of calls in a window.

use super::Rate;
use crate::algorithm::RateAlgorithm;
use crate::amount::Amount;
use crate::window::Window;

/// So many calls in a window. Every call counts as one without being asked: a worker pool takes it
/// before it dispatches the call, and an acquire that does not name it takes one.
///
/// Its key is always [`CallLimit::KEY`]. The rule is the sliding window unless
/// [`algorithm`](Self::algorithm) says otherwise.
///
/// ```
/// use concurry_limits::{CallLimit, LimitSet, RateLimit};
///
/// let limits = LimitSet::builder()
///     .with(CallLimit::per_minute(500))
///     .with(RateLimit::per_minute("tokens", 50_000))
///     .build()?;
/// let permit = limits.try_acquire([("tokens", 2_000)])?;
/// assert_eq!(permit.amount(CallLimit::KEY), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CallLimit {
    pub(crate) rate: Rate,
}

impl CallLimit {
    /// The key of every call limit.
    pub const KEY: &str = "call_count";

    /// So many calls in a window: a [`Duration`](std::time::Duration), or a [`Window`].
    #[must_use]
    pub fn new(capacity: impl Amount, window: impl Into<Window>) -> Self {
        let rate = Rate {
            capacity: capacity.to_f64(),
            window: window.into().duration(),
            algorithm: RateAlgorithm::default(),
            burst: None,
        };
        Self { rate }
    }

    /// So many calls each second.
    #[must_use]
    pub fn per_second(capacity: impl Amount) -> Self {
        Self::new(capacity, Window::SECOND)
    }

    /// So many calls each minute.
    #[must_use]
    pub fn per_minute(capacity: impl Amount) -> Self {
        Self::new(capacity, Window::MINUTE)
    }

    /// So many calls each hour.
    #[must_use]
    pub fn per_hour(capacity: impl Amount) -> Self {
        Self::new(capacity, Window::HOUR)
    }

    /// So many calls each day of 24 hours.
    #[must_use]
    pub fn per_day(capacity: impl Amount) -> Self {
        Self::new(capacity, Window::DAY)
    }

    /// Sets the rule (the sliding window unless set).
    #[must_use]
    pub fn algorithm(mut self, algorithm: RateAlgorithm) -> Self {
        self.rate.algorithm = algorithm;
        self
    }

    /// Sets the most calls at once (the capacity unless set). For the token bucket, the leaky
    /// bucket and GCRA.
    #[must_use]
    pub fn burst(mut self, burst: impl Amount) -> Self {
        self.rate.burst = Some(burst.to_f64());
        self
    }
}
