//! The values of one layer.

use std::time::Duration;

use crate::Mode;
use crate::balance::Balance;
use crate::overflow::Overflow;

/// The values of one layer. What is not set is inherited from the weaker layers; the values at the
/// very bottom are in [`defaults`](super::defaults).
///
/// ```
/// use concurry_core::config::Settings;
/// use std::time::Duration;
///
/// let settings = Settings::new().max_workers(8).timeout(Duration::from_secs(20));
/// assert_eq!(settings.max_workers, Some(8));
/// assert_eq!(settings.max_retries, None); // inherited
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "settings do nothing until they are made a layer"]
pub struct Settings {
    /// The mode of pools that are given none. Only for layers that hold in every mode.
    pub mode: Option<Mode>,
    /// How many workers a pool has; with `on_demand`, how many it may have at a time.
    pub max_workers: Option<usize>,
    /// How many async calls overlap on one worker.
    pub concurrency: Option<usize>,
    /// How many calls may wait in a pool.
    pub max_queued: Option<usize>,
    /// What a submit does when so many wait.
    pub overflow: Option<Overflow>,
    /// Which worker gets a call.
    pub balance: Option<Balance>,
    /// Whether a worker is made for each call, and dropped after it.
    pub on_demand: Option<bool>,
    /// How long the constructors of a pool may take.
    pub init_timeout: Option<Duration>,
    /// How long a pool may take to stop.
    pub stop_timeout: Option<Duration>,
    /// How long one attempt of a call may take.
    pub timeout: Option<Duration>,
    /// How long a whole call may take, with all its attempts and waits.
    pub deadline: Option<Duration>,
    /// How often a failed call is tried again.
    pub max_retries: Option<u32>,
}

impl Settings {
    /// Nothing set.
    pub const fn new() -> Self {
        Self {
            mode: None,
            max_workers: None,
            concurrency: None,
            max_queued: None,
            overflow: None,
            balance: None,
            on_demand: None,
            init_timeout: None,
            stop_timeout: None,
            timeout: None,
            deadline: None,
            max_retries: None,
        }
    }

    /// The mode of pools that are given none.
    pub const fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// How many workers a pool has, at least 1; with [`on_demand`](Self::on_demand), how many it may
    /// have at a time. Sync mode, which always has one, passes over values meant for every mode.
    pub const fn max_workers(mut self, max_workers: usize) -> Self {
        self.max_workers = Some(max_workers);
        self
    }

    /// How many async calls overlap on one worker, at least 1.
    pub const fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = Some(concurrency);
        self
    }

    /// How many calls may wait in a pool, at least 1.
    pub const fn max_queued(mut self, max_queued: usize) -> Self {
        self.max_queued = Some(max_queued);
        self
    }

    /// What a submit does when [`max_queued`](Self::max_queued) calls wait.
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = Some(overflow);
        self
    }

    /// Which worker gets a call.
    pub const fn balance(mut self, balance: Balance) -> Self {
        self.balance = Some(balance);
        self
    }

    /// Whether a worker is made for each call, and dropped after it. Sync and async mode, which
    /// can't, pass over values meant for every mode.
    pub const fn on_demand(mut self, on_demand: bool) -> Self {
        self.on_demand = Some(on_demand);
        self
    }

    /// How long the constructors of a pool may take, more than zero.
    pub const fn init_timeout(mut self, init_timeout: Duration) -> Self {
        self.init_timeout = Some(init_timeout);
        self
    }

    /// How long a pool may take to stop, more than zero.
    pub const fn stop_timeout(mut self, stop_timeout: Duration) -> Self {
        self.stop_timeout = Some(stop_timeout);
        self
    }

    /// How long one attempt of a call may take, more than zero.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long a whole call may take, with all its attempts and waits, more than zero.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often a failed call is tried again; 0 for never.
    pub const fn max_retries(mut self, max_retries: u32) -> Self {
        self.max_retries = Some(max_retries);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_settings_leave_everything_to_the_weaker_layers() {
        assert_eq!(Settings::new(), Settings::default());
    }
}
