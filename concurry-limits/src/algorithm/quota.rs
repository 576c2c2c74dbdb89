//! How much in how long, and how much of it at once.

use std::time::Duration;

/// A capacity for each window, and the burst that may be spent at once.
///
/// The values are taken as they are: the [builders](crate::RateLimit) check them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quota {
    /// The amount for each window.
    pub capacity: f64,
    /// The window.
    pub window: Duration,
    /// The most that may be spent at once. The windows, sliding and fixed, have no use for it.
    pub burst: f64,
}

impl Quota {
    /// So much each window, all of which may be spent at once.
    #[must_use]
    pub const fn new(capacity: f64, window: Duration) -> Self {
        Self { capacity, window, burst: capacity }
    }

    /// What flows in `elapsed`. The product comes first: it is exact for whole numbers.
    pub(crate) fn flow(&self, elapsed: Duration) -> f64 {
        nanoseconds(elapsed) * self.capacity / nanoseconds(self.window)
    }

    /// About how many nanoseconds an amount takes to flow.
    pub(crate) fn nanoseconds_for(&self, amount: f64) -> f64 {
        amount / self.capacity * nanoseconds(self.window)
    }
}

pub(crate) fn nanoseconds(duration: Duration) -> f64 {
    // Exact below 2^53 ns, which is 104 days. By parts, since converting the 128 bits of the sum
    // costs more than the rest of a check.
    duration.as_secs() as f64 * 1e9 + f64::from(duration.subsec_nanos())
}
