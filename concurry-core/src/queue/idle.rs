//! Which workers sleep, and whom to wake.
//!
//! A worker is *running* calls, *searching* for one, or *parked*. Only the last two are counted, in
//! one word, so that a submit decides by a single load whether anybody has to be woken: one parked
//! worker is woken, and only if nobody searches. A searcher that finds a call while more are there
//! wakes the next one, so a burst wakes as many workers as it needs, one after the other.
//!
//! No wake is lost. Submit: push the call, then load the word. Park: enter the word as parked, then
//! look at the queue. End of a search: leave the word, then look at the queue. All of it is
//! sequentially consistent, so at least one side sees the other. The README of this folder has the
//! argument in full.

use std::task::Waker;

use crate::sync::{AtomicU64, Mutex, Ordering, lock, note_total_order};

const PARKED: u64 = 1;
const SEARCHING: u64 = 1 << 32;

/// The sleeping workers of one queue.
#[derive(Debug)]
pub(crate) struct Idle {
    word: AtomicU64,
    /// Changed together with the parked half of the word. Never held while a waker runs.
    sleepers: Mutex<Vec<Sleeper>>,
}

#[derive(Debug)]
struct Sleeper {
    worker: usize,
    waker: Waker,
}

impl Idle {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0), sleepers: Mutex::new(Vec::new()) }
    }

    /// Submitter: after a push.
    #[inline]
    pub(crate) fn notify(&self) {
        note_total_order();
        // SeqCst: see the module's argument.
        let word = self.word.load(Ordering::SeqCst);
        if word != 0 && word < SEARCHING {
            self.wake_one();
        }
    }

    /// Worker: begins to search. Pushes rely on it from here on.
    pub(crate) fn start_search(&self) {
        self.word.fetch_add(SEARCHING, Ordering::SeqCst);
    }

    /// Worker: searches no more. True if nobody else does, while others are parked: then pushes
    /// relied on this search, and the worker has to look at the queue once more for them.
    pub(crate) fn end_search(&self) -> bool {
        // SeqCst: see the module's argument.
        let before = self.word.fetch_sub(SEARCHING, Ordering::SeqCst);
        let others_parked = !before.is_multiple_of(SEARCHING);
        before < 2 * SEARCHING && others_parked
    }

    /// Worker: goes from searching to parked. It has to look at the queue once more before it
    /// sleeps, and call [`unpark`](Self::unpark) if there is something.
    pub(crate) fn park(&self, worker: usize, waker: Waker) {
        let mut sleepers = lock(&self.sleepers);
        sleepers.push(Sleeper { worker, waker });
        // SeqCst: see the module's argument. One step, so that no push sees the worker nowhere.
        self.word.fetch_sub(SEARCHING - PARKED, Ordering::SeqCst);
    }

    /// Worker: goes back from parked to searching, unless a wake has moved it already.
    pub(crate) fn unpark(&self, worker: usize) {
        let mut sleepers = lock(&self.sleepers);
        if let Some(place) = sleepers.iter().position(|sleeper| sleeper.worker == worker) {
            drop(sleepers.swap_remove(place));
            self.word.fetch_add(SEARCHING - PARKED, Ordering::SeqCst);
        }
    }

    /// Whether the worker is still counted as parked.
    pub(crate) fn is_parked(&self, worker: usize) -> bool {
        lock(&self.sleepers).iter().any(|sleeper| sleeper.worker == worker)
    }

    /// Wakes a parked worker, if there is one; it searches from then on.
    #[cold]
    pub(crate) fn wake_one(&self) {
        let sleeper = {
            let mut sleepers = lock(&self.sleepers);
            let sleeper = sleepers.pop();
            if sleeper.is_some() {
                self.word.fetch_add(SEARCHING - PARKED, Ordering::SeqCst);
            }
            sleeper
        };
        if let Some(sleeper) = sleeper {
            sleeper.waker.wake();
        }
    }

    /// Wakes everybody: the queue was closed.
    pub(crate) fn wake_all(&self) {
        let sleepers = {
            let mut sleepers = lock(&self.sleepers);
            let count = sleepers.len() as u64;
            self.word.fetch_add(count * (SEARCHING - PARKED), Ordering::SeqCst);
            std::mem::take(&mut *sleepers)
        };
        for sleeper in sleepers {
            sleeper.waker.wake();
        }
    }
}
