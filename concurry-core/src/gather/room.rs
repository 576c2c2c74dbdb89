//! How many calls of a collection may be on their way.

use std::time::{Duration, Instant};

use crate::shared::PoolId;
#[cfg(feature = "process")]
use crate::shared::Pools;

/// Calls that a map keeps going unless told otherwise.
pub(super) const IN_FLIGHT: usize = 1_000;
/// So many if they go to other processes and are quick: each of those has what it works on and what
/// comes next then, so that it need not wait for the thread that maps.
const WIDE: usize = 4_000;
/// Calls are quick if so many of them as a narrow map has on their way come back within this.
const QUICK: Duration = Duration::from_millis(5);

/// How many calls may be on their way now. Quick calls are small, or else they would not be quick, so
/// that more of them take little memory.
#[derive(Debug)]
pub(super) struct Room {
    now: usize,
    most: usize,
    /// How many have come back since the pace was looked at.
    done: usize,
    since: Option<Instant>,
}

impl Room {
    /// So many.
    pub(super) fn fixed(calls: usize) -> Self {
        Self { now: calls, most: calls, done: 0, since: None }
    }

    /// For at most so many items. More at a time while they are quick.
    pub(super) fn by_pace(items: usize) -> Self {
        let [now, most] = [IN_FLIGHT, WIDE].map(|calls| calls.min(items).max(1));
        Self { now, most, done: 0, since: None }
    }

    /// How many may be on their way now.
    pub(super) fn now(&self) -> usize {
        self.now
    }

    /// How many it can be.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// One has come back.
    #[inline]
    pub(super) fn done(&mut self, pool: Option<PoolId>) {
        self.done += 1;
        if self.done >= IN_FLIGHT && self.most > IN_FLIGHT {
            self.look(pool, Instant::now());
        }
    }

    #[cold]
    fn look(&mut self, pool: Option<PoolId>, now: Instant) {
        self.done = 0;
        let took = self.since.replace(now).map(|since| now - since);
        let quick = took.is_some_and(|took| took < QUICK) && pool.is_some_and(is_elsewhere);
        self.now = if quick { self.most } else { IN_FLIGHT };
    }
}

/// Whether the calls of a pool run in other processes.
fn is_elsewhere(pool: PoolId) -> bool {
    #[cfg(feature = "process")]
    return Pools::find(pool).is_some_and(|pool| pool.elsewhere.get().is_some());
    #[cfg(not(feature = "process"))]
    {
        let _ = pool;
        false
    }
}
