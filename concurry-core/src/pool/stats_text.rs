//! How a pool stands, in one line.

use std::fmt;

use super::stats::PoolStats;

/// One line for people and logs. What has not happened is left out.
///
/// ```
/// use concurry_core::{Mode, TaskPool, WorkerHandle};
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// pool.submit(|| ()).result()?;
/// assert_eq!(pool.stats().to_string(), "2 workers: 1 done, 0 failed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl fmt::Display for PoolStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workers = if self.workers == 1 { "worker" } else { "workers" };
        write!(f, "{} {workers}: {} done, {} failed", self.workers, self.done, self.failed)?;
        let others = [
            (self.running as u64, "running"),
            (self.queued as u64, "queued"),
            (self.throttled as u64, "throttled"),
            (self.backing_off as u64, "backing off"),
            (self.retries, "retried"),
            (self.restarts, "restarted"),
            (self.hedges, "hedged"),
            (self.refused, "refused"),
            (self.fallbacks, "answered by a fallback"),
        ];
        for (number, what) in others.into_iter().filter(|(number, _)| *number > 0) {
            write!(f, ", {number} {what}")?;
        }
        if self.stopped { f.write_str("; stopped") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mode, TaskPool, WorkerHandle};

    #[test]
    fn what_has_not_happened_is_left_out() {
        let pool = TaskPool::new(Mode::Thread, 1).unwrap();
        let mut stats = pool.stats();
        assert_eq!(stats.to_string(), "1 worker: 0 done, 0 failed");
        (stats.queued, stats.retries, stats.restarts, stats.stopped) = (3, 2, 1, true);
        let all = "1 worker: 0 done, 0 failed, 3 queued, 2 retried, 1 restarted; stopped";
        assert_eq!(stats.to_string(), all);
    }
}
