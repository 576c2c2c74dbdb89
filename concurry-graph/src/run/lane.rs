//! The ready units of one pool, and the workers that come for them.

use std::time::Duration;

use super::ready::Ready;
use crate::node::Place;

/// Units that are run in the same way by the same pool.
pub(crate) struct Lane {
    pub(crate) place: Place,
    pub(crate) ready: Ready,
    /// Calls that are left in ready rows.
    pub(crate) in_rows: usize,
    /// Workers that were asked to come, or are here.
    pub(crate) visits: usize,
    /// Nanoseconds that a unit of this lane takes, on average; more than any if not known yet.
    pub(crate) nanoseconds: u64,
}

/// So much work is worth another worker's way.
const WORTH_A_VISIT: u64 = 20_000;

impl Lane {
    pub(crate) fn new(place: Place, buckets: u32) -> Self {
        let ready = Ready::new(buckets as usize);
        Self { place, ready, in_rows: 0, visits: 0, nanoseconds: u64::MAX }
    }

    /// A unit took so long.
    pub(crate) fn learn(&mut self, each: Duration) {
        let each = u64::try_from(each.as_nanos()).unwrap_or(u64::MAX - 1);
        self.nanoseconds = match self.nanoseconds {
            u64::MAX => each,
            known => known - known / 8 + each / 8,
        };
    }

    /// How many units and calls of rows are ready.
    fn ready(&self) -> usize {
        self.ready.len() + self.in_rows
    }

    /// How many workers should be here, or on their way.
    fn wanted_visits(&self) -> usize {
        let Place::Visit { workers, .. } = self.place else { return 0 };
        let ready = self.ready();
        let work = self.nanoseconds.saturating_mul(ready as u64);
        let worth = usize::try_from(work.div_ceil(WORTH_A_VISIT)).unwrap_or(usize::MAX);
        worth.min(ready).min(workers)
    }

    /// How many more workers to ask for.
    pub(crate) fn missing_visits(&self) -> usize {
        self.wanted_visits().saturating_sub(self.visits)
    }

    /// How many units a visitor takes at once, of those that it would like: not so many that others
    /// have nothing to do.
    pub(crate) fn share(&self, wish: usize) -> usize {
        let Place::Visit { workers, .. } = self.place else { return wish };
        wish.min((self.ready() / (2 * workers)).max(1))
    }
}
