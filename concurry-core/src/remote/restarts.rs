//! When a worker that died is started again.

use std::time::Duration;

use crate::RestartPolicy;

/// Counts the deaths of one worker, and tells how long to wait before the next start.
#[derive(Debug)]
pub struct Restarts {
    policy: RestartPolicy,
    in_a_row: u32,
    failed_starts: u32,
}

impl Restarts {
    pub(crate) fn new(policy: RestartPolicy) -> Self {
        Self { policy, in_a_row: 0, failed_starts: 0 }
    }

    /// A call was done: the next death is the first in a row again.
    #[inline]
    pub fn succeeded(&mut self) {
        self.in_a_row = 0;
    }

    /// The worker died. How long to wait before it is started again.
    #[must_use]
    pub fn after_death(&mut self) -> Duration {
        let wait = self.policy.wait(self.in_a_row + self.failed_starts);
        self.in_a_row += 1;
        wait
    }

    /// It is there again: how many starts in a row this makes.
    pub fn started(&mut self) -> u32 {
        self.failed_starts = 0;
        self.in_a_row
    }

    /// It could not be started. `None`: it is given up.
    #[must_use]
    pub fn after_failed_start(&mut self) -> Option<Duration> {
        self.failed_starts += 1;
        let wait = self.policy.wait(self.in_a_row + self.failed_starts - 1);
        (!self.policy.gives_up(self.failed_starts)).then_some(wait)
    }

    /// How many starts have failed in a row.
    #[must_use]
    pub fn failed_starts(&self) -> u32 {
        self.failed_starts
    }
}
