//! The ordered set of timers that a clock's driver works through.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Instant;

/// Names one timer: its deadline, then the order in which it was made.
pub(crate) type TimerKey = (Instant, u64);

/// Where a [`crate::Sleep`] leaves its waker.
pub(crate) trait Timers: Send + Sync {
    /// Adds a timer.
    fn add(&self, deadline: Instant, waker: Waker) -> TimerKey;
    /// Puts another waker on a timer. False when it has fired already.
    fn replace(&self, key: TimerKey, waker: &Waker) -> bool;
    /// Takes a timer back, if it has not fired.
    fn remove(&self, key: TimerKey);
}

/// Timers by deadline. Adding, taking back and firing cost O(log n).
#[derive(Debug, Default)]
pub(crate) struct Pending {
    timers: BTreeMap<TimerKey, Waker>,
    made: u64,
}

impl Pending {
    pub(crate) fn add(&mut self, deadline: Instant, waker: Waker) -> TimerKey {
        self.made += 1;
        let key = (deadline, self.made);
        self.timers.insert(key, waker);
        key
    }

    pub(crate) fn replace(&mut self, key: TimerKey, waker: &Waker) -> bool {
        self.timers.get_mut(&key).map(|slot| slot.clone_from(waker)).is_some()
    }

    pub(crate) fn remove(&mut self, key: TimerKey) -> Option<Waker> {
        self.timers.remove(&key)
    }

    /// The deadline of the first timer.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|((deadline, _), _)| *deadline)
    }

    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn len(&self) -> usize {
        self.timers.len()
    }

    /// Takes out the timers that are due at `now`, in order.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Waker> {
        let mut due = Vec::new();
        while let Some(entry) = self.timers.first_entry() {
            if entry.key().0 > now {
                break;
            }
            due.push(entry.remove());
        }
        due
    }
}
