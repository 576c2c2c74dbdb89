//! What holds for a pool, all layers together.

use std::time::Duration;

use super::defaults;
use super::settings::Settings;
use crate::balance::Balance;
use crate::overflow::Overflow;

/// What holds for a pool, all layers together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) max_workers: usize,
    pub(crate) concurrency: usize,
    /// `None`: no bound.
    pub(crate) max_queued: Option<usize>,
    pub(crate) overflow: Overflow,
    pub(crate) balance: Balance,
    pub(crate) on_demand: bool,
    pub(crate) init_timeout: Duration,
    pub(crate) stop_timeout: Duration,
    /// `None`: as long as it takes.
    pub(crate) timeout: Option<Duration>,
    /// `None`: as long as it takes.
    pub(crate) deadline: Option<Duration>,
    pub(crate) max_retries: u32,
}

impl Resolved {
    /// The library's own values.
    pub(crate) const LIBRARY: Self = Self {
        max_workers: defaults::MAX_WORKERS,
        concurrency: defaults::CONCURRENCY,
        max_queued: None,
        overflow: defaults::OVERFLOW,
        balance: defaults::BALANCE,
        on_demand: defaults::ON_DEMAND,
        init_timeout: defaults::INIT_TIMEOUT,
        stop_timeout: defaults::STOP_TIMEOUT,
        timeout: None,
        deadline: None,
        max_retries: defaults::MAX_RETRIES,
    };

    /// Lays a stronger layer over what holds so far. Its mode is not looked at.
    #[must_use]
    pub(crate) fn overlaid(self, stronger: &Settings) -> Self {
        Self {
            max_workers: stronger.max_workers.unwrap_or(self.max_workers),
            concurrency: stronger.concurrency.unwrap_or(self.concurrency),
            max_queued: stronger.max_queued.or(self.max_queued),
            overflow: stronger.overflow.unwrap_or(self.overflow),
            balance: stronger.balance.unwrap_or(self.balance),
            on_demand: stronger.on_demand.unwrap_or(self.on_demand),
            init_timeout: stronger.init_timeout.unwrap_or(self.init_timeout),
            stop_timeout: stronger.stop_timeout.unwrap_or(self.stop_timeout),
            timeout: stronger.timeout.or(self.timeout),
            deadline: stronger.deadline.or(self.deadline),
            max_retries: stronger.max_retries.unwrap_or(self.max_retries),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_layer_says_what_the_library_does() {
        let emptied = Resolved {
            max_workers: 99,
            concurrency: 99,
            overflow: Overflow::Reject,
            balance: Balance::Random,
            on_demand: true,
            init_timeout: Duration::MAX,
            stop_timeout: Duration::MAX,
            max_retries: 99,
            ..Resolved::LIBRARY
        };
        assert_eq!(emptied.overlaid(&defaults::SETTINGS), Resolved::LIBRARY);
    }

    #[test]
    fn a_layer_changes_what_it_sets_and_nothing_else() {
        let second = Duration::from_secs(1);
        let all = Settings::new()
            .max_workers(2)
            .concurrency(3)
            .max_queued(4)
            .overflow(Overflow::Reject)
            .balance(Balance::RoundRobin)
            .on_demand(true)
            .init_timeout(second)
            .stop_timeout(second * 2)
            .timeout(second * 3)
            .deadline(second * 4)
            .max_retries(5);
        let resolved = Resolved::LIBRARY.overlaid(&all);
        let expected = Resolved {
            max_workers: 2,
            concurrency: 3,
            max_queued: Some(4),
            overflow: Overflow::Reject,
            balance: Balance::RoundRobin,
            on_demand: true,
            init_timeout: second,
            stop_timeout: second * 2,
            timeout: Some(second * 3),
            deadline: Some(second * 4),
            max_retries: 5,
        };
        assert_eq!(resolved, expected);
        assert_eq!(resolved.overlaid(&Settings::new()), expected);
    }
}
