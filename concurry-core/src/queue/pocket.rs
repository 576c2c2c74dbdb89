//! The calls that a worker has taken ahead, where others can still reach them.
//!
//! A worker takes several calls at a time, so that it meets submitters and other workers rarely.
//! They must not wait behind a long call of its own, and a stop has to find them. So they lie in
//! slots, and whoever swaps a slot empty owns the call that was in it: the worker itself, an idle
//! one that steals it, or the stop. No slot is read in any other way, so nothing can be freed under
//! anybody's hands.

use std::ptr::{self, NonNull};

use crate::future::node::Header;
use crate::prefetch;
use crate::sync::{AtomicPtr, Ordering};

/// The most calls that a worker takes ahead: two cache lines of slots.
pub(crate) const POCKET: usize = 16;

/// The slots of one worker.
#[derive(Debug)]
pub(crate) struct Pocket {
    slots: [AtomicPtr<Header>; POCKET],
}

impl Pocket {
    pub(crate) fn new() -> Self {
        Self { slots: std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut())) }
    }

    /// Owner, under the lock of the queue: puts a call into an empty slot.
    #[inline]
    pub(crate) fn put(&self, slot: usize, node: *mut Header) {
        // Release: the node was published to this worker, and is now to whoever takes it.
        self.slots[slot].store(node, Ordering::Release);
    }

    /// Anybody: takes the call out of a slot, if it is still there.
    #[inline]
    pub(crate) fn take(&self, slot: usize) -> Option<NonNull<Header>> {
        // AcqRel: Acquire pairs with `put`.
        NonNull::new(self.slots[slot].swap(ptr::null_mut(), Ordering::AcqRel))
    }

    /// Owner: begins to fetch the call in a slot, which it will take soon.
    #[inline]
    pub(crate) fn prefetch(&self, slot: usize) {
        if let Some(slot) = self.slots.get(slot) {
            prefetch::for_writing(slot.load(Ordering::Relaxed));
        }
    }

    /// Anybody: which full slot is the oldest.
    pub(super) fn oldest(&self) -> Option<usize> {
        // Relaxed: who takes it looks again.
        self.slots.iter().position(|slot| !slot.load(Ordering::Relaxed).is_null())
    }

    /// Anybody: takes the oldest call.
    pub(crate) fn steal(&self) -> Option<NonNull<Header>> {
        // A look first: an empty slot is looked at often, and a swap would take the line away from
        // its owner.
        while let Some(slot) = self.oldest() {
            if let Some(node) = self.take(slot) {
                return Some(node);
            }
        }
        None
    }

    /// How many calls are in it.
    pub(crate) fn len(&self) -> usize {
        // Relaxed: where it matters whether there are any, the caller holds the queue's lock, under
        // which slots are filled.
        self.slots.iter().filter(|slot| !slot.load(Ordering::Relaxed).is_null()).count()
    }
}
