//! How a pool stands.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use concurry_retry::BreakerState;

use super::backends::Backends;
use super::batching::BatchStats;
use super::handle::Pool;
use crate::shared::Stage;
use crate::worker::Worker;

/// How a pool stands. Numbers of one worker belong together; those of different workers are read one
/// after the other.
///
/// ```
/// use concurry_core::{Mode, TaskPool, WorkerHandle};
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// pool.submit(|| ()).result()?;
/// let stats = pool.stats();
/// assert_eq!((stats.done, stats.failed, stats.workers), (1, 0, 2));
/// assert_eq!(stats.per_worker.iter().map(|worker| worker.done).sum::<u64>(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// Calls that wait for a worker.
    pub queued: usize,
    /// Calls that run.
    pub running: usize,
    /// Calls whose method gave its output.
    pub done: u64,
    /// Calls whose method failed or panicked. With retries, every attempt counts.
    pub failed: u64,
    /// Workers that are alive.
    pub workers: usize,
    /// Workers that were built again after a panic.
    pub restarts: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Calls that wait before another attempt.
    pub backing_off: usize,
    /// Calls that wait for a limit taken by the pool.
    pub throttled: usize,
    /// How long calls have waited for limits taken by the pool, all added up.
    pub throttled_time: Duration,
    /// Copies of attempts beyond the first.
    pub hedges: u64,
    /// Copies that a worker had begun when another one won.
    pub wasted: u64,
    /// How long workers ran those, all added up.
    pub wasted_time: Duration,
    /// Attempts that a circuit breaker refused.
    pub refused: u64,
    /// Calls that a fallback answered.
    pub fallbacks: u64,
    /// The circuit breakers that calls of the pool ask; those by arguments as far as they were seen.
    pub breakers: Vec<BreakerStats>,
    /// How each method is batched that has a batched form. A batch counts as one call elsewhere.
    pub batching: Vec<BatchStats>,
    /// Whether the pool takes no more calls.
    pub stopped: bool,
    /// Each worker, by its number.
    pub per_worker: Vec<WorkerStats>,
}

/// How a circuit breaker stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerStats {
    /// Its name.
    pub name: Arc<str>,
    /// Its state. An open one shows as open until a call comes after its time.
    pub state: BreakerState,
}

/// What one worker has done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerStats {
    /// Calls that it runs.
    pub running: usize,
    /// Calls whose method gave its output.
    pub done: u64,
    /// Calls whose method failed or panicked.
    pub failed: u64,
    /// How often it was built again.
    pub restarts: u64,
    /// Calls that the balancer gave it; always 0 with one queue for all.
    pub given: u64,
}

impl<W: Worker> Pool<W> {
    pub(crate) fn stats(&self) -> PoolStats {
        let shared = &self.shared;
        let given = match &self.backends {
            Backends::Sync(_) => None,
            Backends::Queued(queued) => queued.given(),
            Backends::Other(backend) => backend.given(),
        };
        let given = given.unwrap_or_else(|| vec![0; shared.workers.len()]);
        let per_worker: Vec<WorkerStats> = shared
            .workers
            .iter()
            .zip(given)
            .map(|(counters, given)| WorkerStats {
                running: counters.running(),
                done: counters.done(),
                failed: counters.failed(),
                restarts: counters.restarts(),
                given,
            })
            .collect();
        let layers = &shared.layer_counters;
        PoolStats {
            queued: match &self.backends {
                Backends::Sync(_) => 0,
                Backends::Queued(queued) => queued.queued(),
                Backends::Other(backend) => backend.queued(),
            },
            running: per_worker.iter().map(|worker| worker.running).sum(),
            done: per_worker.iter().map(|worker| worker.done).sum(),
            failed: per_worker.iter().map(|worker| worker.failed).sum(),
            restarts: per_worker.iter().map(|worker| worker.restarts).sum(),
            // Relaxed: statistics.
            workers: shared.alive.load(Ordering::Relaxed),
            retries: layers.retries.load(Ordering::Relaxed),
            backing_off: layers.backing_off.load(Ordering::Relaxed),
            throttled: layers.throttled.load(Ordering::Relaxed),
            throttled_time: Duration::from_nanos(layers.throttled_nanos.load(Ordering::Relaxed)),
            hedges: layers.hedges.load(Ordering::Relaxed),
            wasted: layers.wasted.load(Ordering::Relaxed),
            wasted_time: Duration::from_nanos(layers.wasted_nanos.load(Ordering::Relaxed)),
            refused: layers.refused.load(Ordering::Relaxed),
            fallbacks: layers.fallbacks.load(Ordering::Relaxed),
            breakers: self.layers.breakers.iter().flat_map(|breakers| breakers.states()).collect(),
            batching: self.layers.batch_stats(),
            stopped: shared.shutdown.stage() >= Stage::Draining,
            per_worker,
        }
    }
}
