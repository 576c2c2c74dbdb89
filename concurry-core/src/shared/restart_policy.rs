//! When a worker that panicked is built again.

use std::time::Duration;

/// When a worker whose state was discarded is built again, and when it is given up.
///
/// The first restart after a success is immediate. Each further one in a row waits twice as long, so
/// that a worker that panics on every call does not burn a CPU on its constructor. A worker whose
/// *constructor* fails too often in a row is given up; the others go on with its calls.
///
/// # Default
///
/// Waits from 10 ms to 5 s; given up after 8 failed constructions in a row.
///
/// ```
/// use concurry_core::{Mode, RestartPolicy, TaskPool, WorkerOptions};
/// use std::time::Duration;
///
/// let patient = RestartPolicy::new().first_wait(Duration::from_secs(1)).max_failures(3);
/// let pool = TaskPool::options(Mode::Thread, 1).restart(patient).init()?;
/// assert!(pool.submit(|| panic!("bad luck")).result().is_err());
/// assert_eq!(pool.submit(|| 4).result()?, 4); // the first restart is immediate
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until it is given to a pool"]
pub struct RestartPolicy {
    pub(crate) first_wait: Duration,
    pub(crate) max_wait: Duration,
    pub(crate) max_failures: u32,
}

impl RestartPolicy {
    /// The default policy.
    pub const fn new() -> Self {
        Self {
            first_wait: Duration::from_millis(10),
            max_wait: Duration::from_secs(5),
            max_failures: 8,
        }
    }

    /// The wait before the second restart in a row.
    pub const fn first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// The longest wait.
    pub const fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// How many failed constructions in a row end a worker.
    pub const fn max_failures(mut self, failures: u32) -> Self {
        self.max_failures = failures;
        self
    }

    /// The wait before a restart that comes after `in_a_row` others without a success between.
    pub(crate) fn wait(&self, in_a_row: u32) -> Duration {
        match in_a_row.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => {
                self.first_wait.saturating_mul(1 << doublings.min(20)).min(self.max_wait)
            }
        }
    }

    pub(crate) fn gives_up(&self, failed_constructions: u32) -> bool {
        failed_constructions >= self.max_failures
    }
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_the_second_restart_in_a_row_up_to_the_cap() {
        let policy = RestartPolicy::new();
        let waits: Vec<_> = (0..12).map(|n| policy.wait(n).as_millis()).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000]);
    }
}
