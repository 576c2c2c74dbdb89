//! What everything in a pool shares, whatever its worker's type.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use concurry_limits::Limits;
use concurry_time::Clock;

use super::{Layered, PoolId, PoolRuntime, Pools, RestartPolicy, Shutdown, Stage, Tallies};
use crate::observe::Events;
use crate::padded::Padded;

/// What everything in a pool shares, whatever its worker's type.
#[derive(Debug)]
pub(crate) struct PoolShared {
    pub(crate) id: PoolId,
    pub(crate) worker_name: &'static str,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) shutdown: Arc<Shutdown>,
    pub(crate) restart: RestartPolicy,
    pub(crate) runtime: Arc<PoolRuntime>,
    pub(crate) events: Events,
    pub(crate) workers: Box<[Padded<WorkerCounters>]>,
    /// Workers that have not ended.
    pub(crate) alive: AtomicUsize,
    /// Workers that were not given up.
    pub(crate) serving: AtomicUsize,
    /// Calls on their way through the layers.
    pub(crate) layered: Layered,
    pub(crate) layer_counters: LayerCounters,
    /// Bars to be told what calls wait for.
    pub(crate) tallies: Tallies,
    /// Who runs the calls, if that is not done in this process.
    #[cfg(feature = "process")]
    pub(crate) elsewhere: std::sync::OnceLock<std::sync::Weak<dyn crate::remote::Elsewhere>>,
    /// What its worker is called in `ctx.worker_index()`, if this is one worker of a pool in another
    /// process.
    pub(crate) serves_as: Option<usize>,
}

impl Drop for PoolShared {
    fn drop(&mut self) {
        Pools::remove(self.id);
    }
}

/// What one worker has done. Only the worker itself writes, so plain loads and stores do.
#[derive(Debug, Default)]
pub(crate) struct WorkerCounters {
    done: AtomicU64,
    failed: AtomicU64,
    restarts: AtomicU64,
    /// Calls that were cancelled before they began.
    lost: AtomicU64,
    /// Calls that ended on blocking threads, where there is more than one writer.
    lent_done: AtomicU64,
    lent_failed: AtomicU64,
    /// Calls begun and not ended.
    running: AtomicUsize,
}

/// What the layers of a pool have done.
#[derive(Debug, Default)]
pub(crate) struct LayerCounters {
    pub(crate) retries: AtomicU64,
    /// Copies beyond the first.
    pub(crate) hedges: AtomicU64,
    /// Copies that had begun and lost.
    pub(crate) wasted: AtomicU64,
    /// Nanoseconds that those ran, in all.
    pub(crate) wasted_nanos: AtomicU64,
    /// Attempts that a breaker refused.
    pub(crate) refused: AtomicU64,
    /// Calls that a fallback answered.
    pub(crate) fallbacks: AtomicU64,
    /// Calls that wait for a backoff now.
    pub(crate) backing_off: AtomicUsize,
    /// Calls that wait for a limit now.
    pub(crate) throttled: AtomicUsize,
    /// Nanoseconds that calls have waited for limits, in all.
    pub(crate) throttled_nanos: AtomicU64,
}

impl WorkerCounters {
    // Relaxed, all: single writer, read by statistics only.
    #[inline]
    pub(crate) fn begin(&self) {
        self.running.store(self.running.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn end(&self, failed: bool) {
        self.running
            .store(self.running.load(Ordering::Relaxed).saturating_sub(1), Ordering::Relaxed);
        let counter = if failed { &self.failed } else { &self.done };
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Several calls at once that begin and end together.
    #[cfg(feature = "process")]
    pub(crate) fn begin_several(&self, calls: usize) {
        self.running.store(self.running.load(Ordering::Relaxed) + calls, Ordering::Relaxed);
    }

    /// The counterpart of [`begin_several`](Self::begin_several).
    #[cfg(feature = "process")]
    pub(crate) fn end_several(&self, done: usize, failed: usize) {
        let running = self.running.load(Ordering::Relaxed).saturating_sub(done + failed);
        self.running.store(running, Ordering::Relaxed);
        self.add(done as u64, failed as u64);
    }

    /// Calls that this worker made on a visit.
    pub(crate) fn add(&self, done: u64, failed: u64) {
        self.done.store(self.done.load(Ordering::Relaxed) + done, Ordering::Relaxed);
        self.failed.store(self.failed.load(Ordering::Relaxed) + failed, Ordering::Relaxed);
    }

    /// A call was cancelled before it began.
    pub(crate) fn lose(&self) {
        self.lost.store(self.lost.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// So many calls were taken back before they had begun, though they counted as begun.
    #[cfg(feature = "process")]
    pub(crate) fn lose_begun(&self, calls: usize) {
        self.running
            .store(self.running.load(Ordering::Relaxed).saturating_sub(calls), Ordering::Relaxed);
    }

    /// Calls that this worker is through with.
    pub(crate) fn ended(&self) -> u64 {
        self.done() + self.failed() + self.lost.load(Ordering::Relaxed)
    }

    /// A call that was lent to a blocking thread has ended there.
    pub(crate) fn end_lent(&self, failed: bool) {
        let counter = if failed { &self.lent_failed } else { &self.lent_done };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn restarted(&self) {
        self.restarts.store(self.restarts.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed) + self.lent_done.load(Ordering::Relaxed)
    }

    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed) + self.lent_failed.load(Ordering::Relaxed)
    }

    pub(crate) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }

    pub(crate) fn running(&self) -> usize {
        let lent =
            self.lent_done.load(Ordering::Relaxed) + self.lent_failed.load(Ordering::Relaxed);
        // Ends of lent calls are counted apart from their begins.
        self.running
            .load(Ordering::Relaxed)
            .saturating_sub(usize::try_from(lent).unwrap_or(usize::MAX))
    }
}

impl PoolShared {
    /// A worker has ended. The last one ends the pool.
    pub(crate) fn worker_ended(&self) {
        // AcqRel: the last one has seen what all others did.
        if self.alive.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shutdown.advance(Stage::Ended);
        }
    }
}
