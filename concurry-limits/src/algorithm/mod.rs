//! Five rules for "how much, how fast", each pure in `now`: no clock, no lock, no sleep inside.
//!
//! # Which to choose
//!
//! | You want | Choose | Price |
//! |---|---|---|
//! | a budget that refills steadily and may be spent in a burst | [`TokenBucket`] | up to `burst + capacity` in one window |
//! | the same, kept as one moment in time | [`Gcra`] | as token bucket |
//! | room that comes back in whole units at an even pace | [`LeakyBucket`] | as token bucket; whole amounts only |
//! | never more than the capacity in *any* window | [`SlidingWindow`] | 32 bytes for every acquire of the last window |
//! | what a server with a counter for each period does | [`FixedWindow`] | up to twice the capacity across a border |
//!
//! All of them share one convention: what has been spent stays spent when the quota changes, and an
//! amount spent beyond what was reserved is a debt that later acquires wait for.

mod fixed_window;
mod gcra;
mod leaky_bucket;
mod meter;
mod moment;
mod quota;
mod sliding_window;
mod token_bucket;

use std::time::Duration;

pub use fixed_window::FixedWindow;
pub use gcra::Gcra;
pub use leaky_bucket::LeakyBucket;
pub(crate) use meter::Meter;
pub use quota::Quota;
pub use sliding_window::SlidingWindow;
pub use token_bucket::TokenBucket;

/// Which rule a [`RateLimit`](crate::RateLimit) follows. The [module](crate::algorithm) says which
/// to choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateAlgorithm {
    /// Refills continuously, may be spent in a burst: [`TokenBucket`].
    TokenBucket,
    /// Leaks whole units at an even pace: [`LeakyBucket`].
    LeakyBucket,
    /// Never more than the capacity in any window, the default: [`SlidingWindow`].
    #[default]
    SlidingWindow,
    /// A counter for each period: [`FixedWindow`].
    FixedWindow,
    /// The generic cell rate algorithm: [`Gcra`].
    Gcra,
}

/// What every rule answers. Moments are durations since any fixed origin, and never go backwards
/// from one change to the next.
///
/// ```
/// use concurry_limits::algorithm::{Algorithm, Quota, TokenBucket};
/// use std::time::Duration;
///
/// // 10 each second, of which all 10 may be spent at once.
/// let mut bucket = TokenBucket::new(Quota::new(10.0, Duration::from_secs(1)));
/// let start = Duration::ZERO;
/// bucket.take(start, 10.0);
/// assert_eq!(bucket.fits_at(start, 1.0), Some(Duration::from_millis(100)));
/// assert_eq!(bucket.fits_at(start, 11.0), None);
/// ```
pub trait Algorithm {
    /// The first moment, not before `now`, at which `amount` fits if nothing else happens. `None`
    /// when it never can. Changes nothing.
    fn fits_at(&self, now: Duration, amount: f64) -> Option<Duration>;

    /// The same, supposing that `first` is taken at `now`.
    fn fits_after(&self, now: Duration, first: f64, amount: f64) -> Option<Duration>;

    /// Takes an amount, whether it fits or not: what does not fit is debt.
    fn take(&mut self, now: Duration, amount: f64);

    /// Gives back what was taken at `taken_at` and not used.
    fn give_back(&mut self, now: Duration, taken_at: Duration, amount: f64);

    /// How much fits at `now`. Negative when there is debt.
    fn available(&self, now: Duration) -> f64;

    /// The quota that holds.
    fn quota(&self) -> Quota;

    /// Changes the quota. What has been spent stays spent.
    fn set_quota(&mut self, now: Duration, quota: Quota);
}
