//! What batches there were.

use std::sync::atomic::{AtomicU64, Ordering};

/// How the batching of one method stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchStats {
    /// The method whose calls are batched.
    pub method: &'static str,
    /// How many calls a batch has at most.
    pub max_size: usize,
    /// Calls that wait for a batch.
    pub waiting: usize,
    /// Batches that were sent and have not ended.
    pub running: usize,
    /// Batches that were sent.
    pub batches: u64,
    /// Calls that were in them.
    pub calls: u64,
    /// Batches that were sent because they were full.
    pub full: u64,
    /// Batches that failed and were called again in halves.
    pub bisected: u64,
}

impl BatchStats {
    /// How full the batches were, on average: 1 if each had `max_size` calls. If it stays low, callers
    /// have fewer calls on their way than a batch has room for.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a ratio
    pub fn fill_ratio(&self) -> f64 {
        if self.batches == 0 {
            return 0.0;
        }
        self.calls as f64 / (self.batches as f64 * self.max_size as f64)
    }
}

/// The counters behind it.
#[derive(Debug, Default)]
pub(super) struct BatchCounters {
    batches: AtomicU64,
    calls: AtomicU64,
    full: AtomicU64,
    bisected: AtomicU64,
}

impl BatchCounters {
    // Relaxed, all: statistics.
    pub(super) fn sent(&self, calls: usize, full: bool) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.calls.fetch_add(calls as u64, Ordering::Relaxed);
        self.full.fetch_add(u64::from(full), Ordering::Relaxed);
    }

    pub(super) fn bisected(&self) {
        self.bisected.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stats(
        &self,
        method: &'static str,
        max_size: usize,
        waiting: usize,
        running: usize,
    ) -> BatchStats {
        BatchStats {
            method,
            max_size,
            waiting,
            running,
            batches: self.batches.load(Ordering::Relaxed),
            calls: self.calls.load(Ordering::Relaxed),
            full: self.full.load(Ordering::Relaxed),
            bisected: self.bisected.load(Ordering::Relaxed),
        }
    }
}
