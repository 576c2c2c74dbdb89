//! Limiters that callers wait for, each used as its documentation says.

use std::num::NonZeroU32;
use std::time::Duration;

use concurry_benches::floor::limiter::Reservations;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use leaky_bucket::RateLimiter as Bucket;

/// A limiter that callers wait for.
pub(crate) trait Waiting: Send + Sync + 'static {
    /// `rate` permits a second, `burst` of them at once.
    fn new(rate: u64, burst: u64) -> Self;

    /// Completes when one permit is granted.
    fn acquire(&self) -> impl Future<Output = ()> + Send;
}

/// Subject `reservation-floor`: reserve a time, sleep until then.
pub(crate) struct ReservationFloor(Reservations);

impl Waiting for ReservationFloor {
    fn new(rate: u64, burst: u64) -> Self {
        Self(Reservations::new(rate, burst))
    }

    async fn acquire(&self) {
        if let Some(time) = self.0.reserve() {
            tokio::time::sleep_until(time.into()).await;
        }
    }
}

/// Subject `governor`.
pub(crate) struct Governor(DefaultDirectRateLimiter);

impl Waiting for Governor {
    fn new(rate: u64, burst: u64) -> Self {
        let burst = u32::try_from(burst).ok().and_then(NonZeroU32::new);
        let quota = Quota::with_period(Duration::from_secs(1) / u32::try_from(rate).unwrap_or(1))
            .expect("the rate is not above a permit a nanosecond")
            .allow_burst(burst.expect("the burst is a positive 32-bit number"));
        Self(RateLimiter::direct(quota))
    }

    async fn acquire(&self) {
        self.0.until_ready().await;
    }
}

/// Subject `leaky-bucket`. It refills at most once a millisecond, so its burst is never smaller
/// than what a millisecond brings.
pub(crate) struct LeakyBucket(Bucket);

impl Waiting for LeakyBucket {
    fn new(rate: u64, burst: u64) -> Self {
        let size = |permits: u64| usize::try_from(permits).expect("a bucket fits in memory");
        let refill = rate / 1_000;
        let mut bucket = Bucket::builder();
        bucket.max(size(burst.max(refill))).initial(size(burst));
        Self(bucket.interval(Duration::from_millis(1)).refill(size(refill)).build())
    }

    async fn acquire(&self) {
        self.0.acquire_one().await;
    }
}
