//! What a worker knows of the calls that it took ahead, and of those that others took.

use std::time::{Duration, Instant};

/// Calls are short if a pocketful of them takes no longer than this. Of longer ones none is taken
/// ahead: that would save nothing worth mention, and the call would wait.
const SHORT: Duration = Duration::from_micros(10);

/// How far a worker is with the calls that it took ahead.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    next: usize,
    filled: usize,
    last_take: Option<Instant>,
    pub(super) watch: Watch,
}

impl Ahead {
    /// The slot of the call that is next, if one is left.
    #[inline]
    pub(super) fn next_slot(&mut self) -> Option<usize> {
        let slot = self.next;
        (slot < self.filled).then(|| {
            self.next += 1;
            slot
        })
    }

    /// Notes that the first so many slots were filled.
    pub(super) fn filled(&mut self, slots: usize) {
        (self.next, self.filled) = (0, slots);
    }

    /// Worker: takes calls from the queue. Whether those since the last take were short.
    pub(super) fn calls_are_short(&mut self) -> bool {
        if cfg!(concurry_loom) {
            return true; // models have no time
        }
        let now = Instant::now();
        self.last_take.replace(now).is_some_and(|before| now - before <= SHORT)
    }
}

/// What a worker has seen of another one, to find out whether that one is stuck in a long call while
/// others wait in its pocket. One look each time that the worker takes from the queue.
#[derive(Debug, Default)]
pub(super) struct Watch {
    worker: usize,
    /// How often it had taken calls.
    takes: u32,
    /// Which full slot was the oldest.
    oldest: Option<usize>,
}

impl Watch {
    /// Looks once. `takes` counts the takes of each worker, `oldest` finds the oldest full slot of
    /// one. Returns a slot, and whose, that nobody came nearer to since the last look.
    pub(super) fn look(
        &mut self,
        own: usize,
        takes: &[u32],
        oldest: impl Fn(usize) -> Option<usize>,
    ) -> Option<(usize, usize)> {
        let other = self.worker;
        let unmoved = other != own && takes[other] == self.takes;
        let Some(slot) = (if unmoved { oldest(other) } else { None }) else {
            self.worker = (other + 1) % takes.len();
            self.takes = takes[self.worker];
            self.oldest = None;
            return None;
        };
        if self.oldest.replace(slot) != Some(slot) {
            return None;
        }
        // It will be empty; the next one has waited as long.
        self.oldest = Some(slot + 1);
        Some((other, slot))
    }
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_does_not_move_is_found_out_and_one_that_does_is_not() {
        let mut watch = Watch::default();
        let takes = [7, 3];
        let look = |watch: &mut Watch, takes: &[u32], oldest| watch.look(0, takes, |_| oldest);
        assert_eq!(look(&mut watch, &takes, Some(2)), None, "its turn comes");
        assert_eq!(look(&mut watch, &takes, Some(2)), None, "seen for the first time");
        assert_eq!(look(&mut watch, &takes, Some(4)), None, "it moved on");
        assert_eq!(look(&mut watch, &takes, Some(4)), Some((1, 4)));
        assert_eq!(look(&mut watch, &takes, Some(5)), Some((1, 5)), "the rest follows at once");
        assert_eq!(look(&mut watch, &[7, 4], Some(0)), None, "it took others");
        assert_eq!(look(&mut watch, &[7, 4], None), None);
    }

    #[test]
    fn a_worker_alone_watches_nobody() {
        let mut watch = Watch::default();
        for _ in 0..3 {
            assert_eq!(watch.look(0, &[0], |_| Some(0)), None);
        }
    }
}
