//! The life of one call, as one atomic word and one waker slot beside it.
//!
//! Two sides share a call: the *user* (its `TaskFuture`) and the *pool* (queue, then worker). The
//! numbered argument why nobody touches what is not his is in the README of this folder.

use std::mem::MaybeUninit;
use std::task::Waker;

use crate::sync::{AtomicU32, Lifetime, Ordering, UnsafeCell};

/// The arguments have an owner: the worker that runs the call, or whoever cancelled it.
const CLAIMED: u32 = 1 << 0;
/// The outcome is written, and belongs to the user side.
const DONE: u32 = 1 << 1;
/// The slot holds a waker. Set and cleared by the user side, only before DONE.
const WAITING: u32 = 1 << 2;
/// The call was asked to stop while it ran.
const CANCELLED: u32 = 1 << 3;
/// The user side let go before DONE: the outcome belongs to the completer.
const DETACHED: u32 = 1 << 4;
/// The node is in its async worker's ready list, which holds a reference.
const SCHEDULED: u32 = 1 << 5;
/// From here up: how many references there are. The user has one, the pool has one, each live
/// waker of an async call has one, and so has the ready list.
const REFERENCE: u32 = 1 << 8;
/// Far below an overflow, far above any real count of wakers of one call.
const REFERENCES_MAX: u32 = u32::MAX / 2;

/// A queued call that nobody has looked at since it was made.
const QUEUED: u32 = 2 * REFERENCE;
/// A running call that nobody has looked at since it was made: the fast path expects it.
const RUNNING: u32 = QUEUED | CLAIMED;

/// The word and the slot. Every transition is a method; the bits never leave this file.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    slot: UnsafeCell<MaybeUninit<Waker>>,
    /// By `word`, which notes the use.
    state: AtomicU32,
    lifetime: Lifetime,
    /// Whatever the node wants to remember; it rides here in what would be padding.
    pub(crate) tag: u32,
}

// SAFETY: the slot is only touched by the side that the state word names (see README), and a
// `Waker` may cross threads.
unsafe impl Send for Lifecycle {}
// SAFETY: as above.
unsafe impl Sync for Lifecycle {}

/// How claiming a queued call ended.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The caller owns the arguments.
    Won,
    /// The call was cancelled while it was queued: only the pool's reference is left to release.
    Lost,
}

/// What the completer has to do after it wrote the outcome.
#[must_use]
#[derive(Debug)]
pub(crate) enum Completion {
    /// Nothing: the node belongs to others now and must not be touched again.
    Finished,
    /// The user side is gone: drop the outcome, then release the completer's reference.
    Detached,
    /// Release the completer's reference, then wake.
    Wake(Waker),
}

/// What a cancel found.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CancelClaim {
    /// Not begun: the canceller owns the arguments now, and has to complete the call.
    Won,
    /// Running: the request is noted.
    Signalled,
    /// The outcome is there already.
    TooLate,
}

/// Whether this was the last reference.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// Others remain.
    Shared,
    /// The caller has to free the node.
    Last,
}

/// Whether a wake put the node up for another poll.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// The caller has to push the node on the ready list, which got a reference.
    Push,
    /// It is on the list already, or needs no poll any more.
    Nothing,
}

impl Lifecycle {
    /// Of a call that waits in a queue.
    pub(crate) fn queued(tag: u32) -> Self {
        Self::new(QUEUED, tag)
    }

    /// Of a call that has its completer from the start, so that a cancel can't take it back.
    pub(crate) fn running(tag: u32) -> Self {
        Self::new(RUNNING, tag)
    }

    /// The same with one reference more.
    pub(crate) fn relayed(tag: u32) -> Self {
        Self::new(RUNNING + REFERENCE, tag)
    }

    /// Of a call that is done, which only its user knows.
    pub(crate) fn ended(tag: u32) -> Self {
        Self::new(REFERENCE | CLAIMED | DONE, tag)
    }

    fn new(state: u32, tag: u32) -> Self {
        Self {
            slot: UnsafeCell::new(MaybeUninit::uninit()),
            state: AtomicU32::new(state),
            lifetime: Lifetime::new(),
            tag,
        }
    }

    // ---- pool side -------------------------------------------------------------------------

    /// Pool: takes the arguments of a call that left the queue.
    #[inline]
    pub(crate) fn claim(&self) -> Claim {
        // AcqRel: one total order of claims; what the arguments hold was published by the queue.
        if self.word().fetch_or(CLAIMED, Ordering::AcqRel) & CLAIMED == 0 {
            Claim::Won
        } else {
            Claim::Lost
        }
    }

    /// Whether a running call was asked to stop.
    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        // Relaxed: a hint to the running code; nothing is published by it.
        self.word().load(Ordering::Relaxed) & CANCELLED != 0
    }

    /// Pool: publishes the outcome that it has written. Where nobody waits, this also gives up the
    /// pool's reference, in the same step: the user may free the node as soon as it sees DONE.
    #[inline]
    pub(crate) fn complete(&self) -> Completion {
        // A look first, since a compare-and-swap that fails costs as much as one that does not.
        let actual = self.word().load(Ordering::Acquire);
        if actual != RUNNING {
            return self.complete_slow(actual, REFERENCE);
        }
        // AcqRel: Release publishes the outcome to the Acquire of `is_done`; Acquire takes the slot
        // over from the Release of `register`.
        match self.word().compare_exchange(
            RUNNING,
            (RUNNING | DONE) - REFERENCE,
            Ordering::AcqRel,
            Ordering::Acquire,
        ) {
            Ok(_) => Completion::Finished,
            Err(actual) => self.complete_slow(actual, REFERENCE),
        }
    }

    /// User: publishes the outcome of a call that its own cancel claimed. The queue keeps its
    /// reference until it meets the node, so there is none to give up.
    pub(crate) fn complete_cancelled(&self) -> Completion {
        self.complete_slow(self.word().load(Ordering::Acquire), 0)
    }

    #[inline(never)] // so that the way of plain calls stays short
    fn complete_slow(&self, mut actual: u32, give_up: u32) -> Completion {
        loop {
            let busy = actual & (WAITING | DETACHED) != 0;
            let next = if busy { actual | DONE } else { (actual | DONE) - give_up };
            match self.exchange(actual, next) {
                Err(now) => actual = now,
                Ok(()) if actual & WAITING != 0 => {
                    // SAFETY: WAITING says that the slot is full, and since DONE the user side
                    // leaves it alone.
                    return Completion::Wake(unsafe { self.empty_slot() });
                }
                Ok(()) if busy => return Completion::Detached,
                Ok(()) => return Completion::Finished,
            }
        }
    }

    // ---- user side -------------------------------------------------------------------------

    /// User: whether the outcome is there. From then on it belongs to the user side.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        // Acquire: pairs with the Release that set DONE.
        self.word().load(Ordering::Acquire) & DONE != 0
    }

    /// User: whether the outcome is there and nobody else holds the node.
    #[inline]
    pub(crate) fn is_done_and_unshared(&self) -> bool {
        // Acquire: pairs also with the Release of every `release`, so that freeing the node comes
        // after the last use by others.
        let state = self.word().load(Ordering::Acquire);
        state & DONE != 0 && state < 2 * REFERENCE
    }

    /// User: whether the call is being run, or was.
    pub(crate) fn is_claimed(&self) -> bool {
        // Relaxed: an observation for people; nothing is read on the strength of it.
        self.word().load(Ordering::Relaxed) & CLAIMED != 0
    }

    /// User: leaves a waker to be woken at completion, in place of an earlier one. False if the
    /// outcome is there already.
    pub(crate) fn register(&self, waker: Waker) -> bool {
        drop(self.unregister());
        let mut actual = self.word().load(Ordering::Acquire);
        if actual & DONE != 0 {
            // The completer may still be at the slot, to take the earlier waker out of it.
            return false;
        }
        self.slot.with_mut(|slot| {
            // SAFETY: not done, so WAITING is clear, and no completer looks at the slot before we
            // set it: it is ours, and empty.
            unsafe { (*slot).write(waker) };
        });
        while actual & DONE == 0 {
            match self.exchange(actual, actual | WAITING) {
                Ok(()) => return true,
                Err(now) => actual = now,
            }
        }
        // SAFETY: filled above, and never offered to the completer.
        drop(unsafe { self.empty_slot() });
        false
    }

    /// The same for the first waker of a call that nobody else knows yet: without the atomic step, which
    /// would wait until all that was written before has arrived.
    ///
    /// # Safety
    /// The pool side has not been given away, and no waker was left before.
    pub(crate) unsafe fn register_first(&self, waker: Waker) {
        self.slot.with_mut(|slot| {
            // SAFETY: by contract it is ours, and empty.
            unsafe { (*slot).write(waker) };
        });
        // Relaxed, both: who gets the call gets it with all that was written before.
        let actual = self.word().load(Ordering::Relaxed);
        self.word().store(actual | WAITING, Ordering::Relaxed);
    }

    /// User: takes its waker back, if the completer has not got it.
    pub(crate) fn unregister(&self) -> Option<Waker> {
        let mut actual = self.word().load(Ordering::Acquire);
        while actual & (WAITING | DONE) == WAITING {
            match self.exchange(actual, actual & !WAITING) {
                // SAFETY: WAITING said that the slot is full; clearing it before DONE made it ours.
                Ok(()) => return Some(unsafe { self.empty_slot() }),
                Err(now) => actual = now,
            }
        }
        None
    }

    /// User: asks the call to stop.
    pub(crate) fn cancel(&self) -> CancelClaim {
        let mut actual = self.word().load(Ordering::Acquire);
        loop {
            if actual & DONE != 0 {
                return CancelClaim::TooLate;
            }
            let (bit, outcome) = if actual & CLAIMED == 0 {
                (CLAIMED, CancelClaim::Won)
            } else {
                (CANCELLED, CancelClaim::Signalled)
            };
            match self.exchange(actual, actual | bit) {
                Ok(()) => return outcome,
                Err(now) => actual = now,
            }
        }
    }

    /// User: lets go of a call that is not done. False if the outcome is there: then it has to be
    /// dropped, and the reference released.
    pub(crate) fn detach(&self) -> bool {
        drop(self.unregister());
        let mut actual = self.word().load(Ordering::Acquire);
        while actual & DONE == 0 {
            match self.exchange(actual, (actual | DETACHED) - REFERENCE) {
                Ok(()) => return true,
                Err(now) => actual = now,
            }
        }
        false
    }

    // ---- references ------------------------------------------------------------------------

    /// Adds a reference: a waker was cloned from one that is alive.
    pub(crate) fn retain(&self) {
        // Relaxed: as in `Arc`, whoever adds one has one.
        let before = self.word().fetch_add(REFERENCE, Ordering::Relaxed);
        if before > REFERENCES_MAX {
            // Wakers forgotten eight million times over: going on would free a node in use.
            std::process::abort();
        }
    }

    /// Gives a reference up.
    pub(crate) fn release(&self) -> Release {
        // AcqRel: Release so that the freer sees our last use as over; Acquire so that, as the
        // freer, we see the others'.
        let before = self.word().fetch_sub(REFERENCE, Ordering::AcqRel);
        if before < 2 * REFERENCE { Release::Last } else { Release::Shared }
    }

    // ---- ready list of an async worker -------------------------------------------------------

    /// Waker: puts a call that is not done up for another poll.
    pub(crate) fn schedule(&self) -> Schedule {
        let mut actual = self.word().load(Ordering::Acquire);
        while actual & DONE == 0 {
            // Written also where nothing changes: only by reading this write does the worker see
            // what the waker's owner did before. A look alone might be one of the past, too.
            let (next, outcome) = if actual & SCHEDULED == 0 {
                ((actual | SCHEDULED) + REFERENCE, Schedule::Push)
            } else {
                (actual, Schedule::Nothing)
            };
            match self.exchange(actual, next) {
                Ok(()) => return outcome,
                Err(now) => actual = now,
            }
        }
        Schedule::Nothing
    }

    /// Worker: took the node off the ready list and will poll it now. Wakes from here on schedule
    /// it again. The list's reference stays with the caller.
    pub(crate) fn unschedule(&self) {
        // AcqRel: Acquire sees what the waker's owner wrote before it woke.
        self.word().fetch_and(!SCHEDULED, Ordering::AcqRel);
    }

    // ------------------------------------------------------------------------------------------

    #[inline]
    fn word(&self) -> &AtomicU32 {
        self.lifetime.note_use();
        &self.state
    }

    /// Before the node is freed.
    #[inline]
    pub(crate) fn note_end(&self) {
        self.lifetime.note_end();
    }

    #[inline]
    fn exchange(&self, from: u32, to: u32) -> Result<(), u32> {
        // AcqRel: every transition hands the slot or the outcome from one side to the other.
        self.word().compare_exchange_weak(from, to, Ordering::AcqRel, Ordering::Acquire).map(|_| ())
    }

    /// # Safety
    /// The slot is full and belongs to the caller.
    unsafe fn empty_slot(&self) -> Waker {
        // SAFETY: by contract.
        self.slot.with_mut(|slot| unsafe { (*slot).assume_init_read() })
    }
}
