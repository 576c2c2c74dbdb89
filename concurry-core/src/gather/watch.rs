//! A progress bar over a collection, told by the pools what their calls wait for.

use std::sync::Arc;

use crate::progress::{Progress, Tally};
use crate::shared::{PoolId, PoolShared, Pools};

/// A bar over a collection.
pub(crate) struct Watch {
    tally: Tally,
    failed: std::sync::atomic::AtomicU64,
    /// The pools that were told of the bar.
    pools: Vec<Arc<PoolShared>>,
    last: PoolId,
}

impl Watch {
    /// `None` if nothing is to be shown.
    pub(crate) fn new(progress: Progress, total: Option<u64>) -> Option<Self> {
        if progress.is_silent() {
            return None;
        }
        let tally = progress.tally(total);
        Some(Self { tally, failed: Default::default(), pools: Vec::new(), last: PoolId::NONE })
    }

    /// A future of this pool was taken in.
    pub(crate) fn follow(&mut self, pool: PoolId) {
        if pool == self.last || pool == PoolId::NONE {
            return;
        }
        self.last = pool;
        if self.pools.iter().any(|known| known.id == pool) {
            return;
        }
        if let Some(shared) = Pools::find(pool) {
            shared.tallies.attach(&self.tally);
            self.pools.push(shared);
        }
    }

    pub(crate) fn record(&self, ok: bool) {
        if !ok {
            self.failed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        self.tally.record(u64::from(ok), u64::from(!ok));
    }

    /// So many have succeeded.
    #[cfg(feature = "rayon")]
    pub(crate) fn record_many(&self, done: u64) {
        self.tally.record(done, 0);
    }

    /// Everything is done.
    pub(crate) fn end(self) {
        match self.failed.load(std::sync::atomic::Ordering::Relaxed) {
            0 => self.tally.bar().success(""),
            failed => self.tally.bar().failure(format!("{failed} failed")),
        }
    }

    /// An error ended the collection.
    pub(crate) fn fail(self) {
        self.tally.bar().failure("stopped at the first error");
    }

    pub(crate) fn stop(self, why: &str) {
        self.tally.bar().stop(why);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for pool in &self.pools {
            pool.tallies.detach(&self.tally);
        }
    }
}
