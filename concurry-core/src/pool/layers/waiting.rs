//! Calls on their way through the layers, counted while they wait.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::shared::PoolShared;

/// Counts one more for as long as it lives.
pub(crate) struct Counted<'c>(&'c AtomicUsize);

impl<'c> Counted<'c> {
    pub(crate) fn new(counter: &'c AtomicUsize) -> Self {
        // Relaxed: statistics.
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A wait for a limit, counted and timed for as long as it lives.
pub(crate) struct Throttled<'p> {
    pool: &'p PoolShared,
    since: Instant,
    _counted: Counted<'p>,
}

impl<'p> Throttled<'p> {
    pub(crate) fn new(pool: &'p PoolShared) -> Self {
        let counted = Counted::new(&pool.layer_counters.throttled);
        Self { pool, since: pool.clock.now(), _counted: counted }
    }

    pub(crate) fn waited(&self) -> Duration {
        self.pool.clock.now().saturating_duration_since(self.since)
    }
}

impl Drop for Throttled<'_> {
    fn drop(&mut self) {
        let nanos = u64::try_from(self.waited().as_nanos()).unwrap_or(u64::MAX);
        self.pool.layer_counters.throttled_nanos.fetch_add(nanos, Ordering::Relaxed);
    }
}
