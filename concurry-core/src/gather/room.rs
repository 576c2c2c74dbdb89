//! How many calls of a collection may be on their way.

use std::time::{Duration, Instant};

use crate::shared::PoolId;
#[cfg(feature = "process")]
use crate::shared::Pools;

/// Calls that a map keeps going unless told otherwise.
pub(super) const IN_FLIGHT: usize = 1_000;
/// So many if they go to other processes and are quick: each of those has what it works on and what
/// comes next then, so that it need not wait for the thread that maps.
const WIDE: usize = 8_000;
/// Calls are quick if so many of them as a narrow map has on their way come back within this.
const QUICK: Duration = Duration::from_millis(5);

/// How many calls may be on their way now. Quick calls are small, or else they would not be quick, so
/// that more of them take little memory.
#[derive(Debug)]
pub(super) struct Room {
    now: usize,
    most: usize,
    /// Nobody said how many: it goes by the pace.
    by_pace: bool,
    /// How many have come back since the pace was looked at.
    done: usize,
    since: Option<Instant>,
}

impl Room {
    /// So many.
    pub(super) fn fixed(calls: usize) -> Self {
        Self { now: calls, most: calls, by_pace: false, done: 0, since: None }
    }

    /// For at most so many items. More at a time while they are quick.
    pub(super) fn by_pace(items: usize) -> Self {
        let [now, most] = [IN_FLIGHT, WIDE].map(|calls| calls.min(items).max(1));
        Self { now, most, by_pace: most > IN_FLIGHT, done: 0, since: None }
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
        if self.by_pace && self.done >= IN_FLIGHT {
            self.look(Instant::now(), || pool.is_some_and(is_elsewhere));
        }
    }

    /// As many have come back as a narrow map has on its way.
    #[cold]
    fn look(&mut self, now: Instant, elsewhere: impl FnOnce() -> bool) {
        self.done = 0;
        let took = self.since.replace(now).map(|since| now - since);
        let quick = took.is_some_and(|took| took < QUICK) && elsewhere();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_more_room_only_while_calls_elsewhere_are_quick() {
        let mut room = Room::by_pace(usize::MAX);
        let mut now = Instant::now();
        let mut after = |took: Duration, elsewhere: bool| {
            now += took;
            room.look(now, || elsewhere);
            room.now()
        };
        let quick = QUICK - Duration::from_nanos(1);
        assert_eq!(after(quick, true), IN_FLIGHT, "nothing is known of the first ones");
        assert_eq!(after(quick, true), WIDE);
        assert_eq!(after(QUICK, true), IN_FLIGHT);
        assert_eq!(after(quick, true), WIDE);
        assert_eq!(after(quick, false), IN_FLIGHT);
    }

    #[test]
    fn there_is_no_more_room_than_items_and_a_fixed_one_stays() {
        let few = Room::by_pace(7);
        assert_eq!((few.now(), few.most()), (7, 7));
        assert_eq!(Room::by_pace(0).now(), 1);
        for calls in [3, 3 * WIDE] {
            let mut fixed = Room::fixed(calls);
            (0..3 * IN_FLIGHT).for_each(|_| fixed.done(None));
            assert_eq!((fixed.now(), fixed.most()), (calls, calls));
        }
    }
}
