//! The first-in, first-out queue of a pool, for any number of submitters and workers.
//!
//! Submitters push on a stack, by one compare-and-swap. A worker that finds the out-list empty takes
//! the whole stack, turns it around and puts it there. So a submit never waits for anybody, workers
//! meet submitters once a batch, and calls leave in exactly the order in which they came.
//!
//! Whoever holds the lock of the out-list is the only one who removes anything from it or from the
//! stack. That makes closing simple (nobody can be half-way through taking the stack), and counting
//! (what is on the stack stays there).
//!
//! A worker takes a few calls ahead into its [`Pocket`], under the same lock. What lies in pockets is
//! older than what is queued, so a worker looks into the pockets of others before it takes from the
//! queue: into all of them in a small pool, in a large one into the next few each time. So a call
//! that was taken ahead does not wait for a long one before it.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::task::Waker;

use super::idle::Idle;
use super::pocket::{POCKET, Pocket};
use crate::future::Call;
use crate::future::PoolSide;
use crate::future::node::Header;
use crate::padded::Padded;
use crate::sync::{AtomicPtr, Mutex, Ordering, lock, note_total_order};

/// The queue. It owns the calls that are in it.
pub(crate) struct CallQueue<W> {
    head: Padded<AtomicPtr<Header>>,
    out: Padded<Mutex<OutList>>,
    idle: Padded<Idle>,
    /// One for each worker of this queue.
    pockets: Box<[Padded<Pocket>]>,
    calls: PhantomData<Call<W>>,
}

/// What left the stack, oldest first.
struct OutList {
    first: *mut Header,
    length: usize,
    /// The rest of the stack at the close, still newest first.
    closing: *mut Header,
}

// SAFETY: the list's nodes are owned by the queue, and calls are `Send`.
unsafe impl Send for OutList {}

/// The queue takes no more calls. The refused one is inside.
#[derive(Debug)]
pub(crate) struct Closed<W>(pub(crate) Call<W>);

/// The stack head of a closed queue.
fn closed() -> *mut Header {
    ptr::without_provenance_mut(1)
}

impl<W> CallQueue<W> {
    /// For so many workers.
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            pockets: (0..workers).map(|_| Padded(Pocket::new())).collect(),
            head: Padded(AtomicPtr::new(ptr::null_mut())),
            out: Padded(Mutex::new(OutList {
                first: ptr::null_mut(),
                length: 0,
                closing: ptr::null_mut(),
            })),
            idle: Padded(Idle::new()),
            calls: PhantomData,
        }
    }

    /// Adds a call, and wakes a worker if one is needed.
    #[inline]
    pub(crate) fn push(&self, call: Call<W>) -> Result<(), Closed<W>> {
        let node = call.into_side().into_raw();
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            if head == closed() {
                // SAFETY: the node is as it came.
                return Err(Closed(unsafe { Call::new(PoolSide::from_raw(node)) }));
            }
            // SAFETY: until it is pushed, the node is ours.
            unsafe { node.as_ref() }.set_next(head);
            // SeqCst: Release publishes the node; the total order is that of `Idle`'s argument.
            match self.head.compare_exchange_weak(
                head,
                node.as_ptr(),
                Ordering::SeqCst,
                Ordering::Relaxed,
            ) {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        self.idle.notify();
        Ok(())
    }

    /// Takes the oldest call.
    pub(crate) fn take(&self) -> Option<Call<W>> {
        let mut out = lock(&self.out);
        let node = self.pop(&mut out)?;
        // SAFETY: what leaves the list is ours.
        Some(unsafe { Call::new(PoolSide::from_raw(node)) })
    }

    /// Worker: takes the oldest calls ahead into its empty pocket.
    #[inline]
    pub(crate) fn take_ahead(&self, worker: usize, ahead: &mut Ahead) -> bool {
        let pocket = &self.pockets[worker];
        let mut out = lock(&self.out);
        let Some(first) = self.pop(&mut out) else { return false };
        pocket.put(0, first.as_ptr());
        // Half of a fair share, so that the others find something, too; of a few calls, none.
        let share = (out.length / (2 * self.pockets.len())).min(POCKET - 1);
        let mut filled = 1;
        while filled <= share
            && let Some(node) = self.pop_listed(&mut out)
        {
            pocket.put(filled, node.as_ptr());
            filled += 1;
        }
        (ahead.next, ahead.filled) = (0, filled);
        true
    }

    /// Worker: the next of the calls that it took ahead. Others may have stolen some.
    #[inline]
    pub(crate) fn next(&self, worker: usize, ahead: &mut Ahead) -> Option<Call<W>> {
        while ahead.next < ahead.filled {
            let slot = ahead.next;
            ahead.next += 1;
            if let Some(node) = self.pockets[worker].take(slot) {
                // SAFETY: who empties a slot owns the call.
                return Some(unsafe { Call::new(PoolSide::from_raw(node)) });
            }
        }
        None
    }

    /// Worker: takes the call that is next in the pocket of another worker.
    #[inline]
    pub(crate) fn steal_from_others(&self, worker: usize, ahead: &mut Ahead) -> Option<Call<W>> {
        let pockets = self.pockets.len();
        for _ in 1..pockets.min(VICTIMS + 1) {
            ahead.victim = (ahead.victim + 1) % pockets;
            if ahead.victim == worker {
                ahead.victim = (ahead.victim + 1) % pockets;
            }
            if let Some(node) = self.pockets[ahead.victim].steal() {
                // SAFETY: who empties a slot owns the call.
                return Some(unsafe { Call::new(PoolSide::from_raw(node)) });
            }
        }
        None
    }

    /// Takes a call that a worker took ahead and has not begun.
    pub(crate) fn steal(&self) -> Option<Call<W>> {
        let node = self.pockets.iter().find_map(|pocket| pocket.steal())?;
        // SAFETY: who empties a slot owns the call.
        Some(unsafe { Call::new(PoolSide::from_raw(node)) })
    }

    /// Takes any call that has not begun.
    pub(crate) fn take_or_steal(&self) -> Option<Call<W>> {
        self.take().or_else(|| self.steal())
    }

    #[inline]
    fn pop(&self, out: &mut OutList) -> Option<NonNull<Header>> {
        if out.first.is_null() {
            self.refill(out);
        }
        self.pop_listed(out)
    }

    #[inline]
    fn pop_listed(&self, out: &mut OutList) -> Option<NonNull<Header>> {
        let node = NonNull::new(out.first)?;
        // SAFETY: listed nodes are alive and ours.
        out.first = unsafe { node.as_ref() }.next();
        out.length -= 1;
        Some(node)
    }

    /// Turns the stack around into the empty out-list.
    #[inline]
    fn refill(&self, out: &mut OutList) {
        // A load first: an empty queue is looked at often, and a swap would take the line away from
        // the submitters. SeqCst as in `Idle`'s argument.
        let head = self.head.load(Ordering::SeqCst);
        let stack = if head.is_null() {
            return;
        } else if head == closed() {
            std::mem::replace(&mut out.closing, ptr::null_mut())
        } else {
            // Only `close` stores the mark, under the lock that we hold, so it can't be lost here.
            self.head.swap(ptr::null_mut(), Ordering::SeqCst)
        };
        let (mut first, mut length, mut rest) = (ptr::null_mut(), 0, stack);
        while !rest.is_null() {
            // SAFETY: the nodes that were on the stack are ours now; the swap acquired them.
            let node = unsafe { &*rest };
            let next = node.next();
            node.set_next(first);
            first = rest;
            rest = next;
            length += 1;
        }
        out.first = first;
        out.length = length;
    }

    /// Whether a worker would find a call.
    #[inline]
    pub(crate) fn has_calls(&self) -> bool {
        note_total_order();
        // SeqCst as in `Idle`'s argument.
        let head = self.head.load(Ordering::SeqCst);
        (!head.is_null() && head != closed()) || self.has_taken_out()
    }

    /// Whether there is a call that left the stack and was not begun.
    fn has_taken_out(&self) -> bool {
        // Pockets are filled under the lock, so a call is seen either on the list or in a pocket.
        let out = lock(&self.out);
        !out.first.is_null()
            || !out.closing.is_null()
            || self.pockets.iter().any(|pocket| pocket.len() > 0)
    }

    /// Whether a submitter has pushed something since the last refill. One load: for spinning.
    #[inline]
    pub(crate) fn has_pushed(&self) -> bool {
        !self.head.load(Ordering::Relaxed).is_null()
    }

    /// How many calls wait. Costs time in proportion to those pushed since the last refill.
    pub(crate) fn len(&self) -> usize {
        let out = lock(&self.out);
        let head = self.head.load(Ordering::Acquire);
        let on_stack = if head == closed() { out.closing } else { head };
        let mut count = out.length + self.pockets.iter().map(|pocket| pocket.len()).sum::<usize>();
        let mut node = on_stack;
        while !node.is_null() {
            count += 1;
            // SAFETY: nobody removes nodes while we hold the lock.
            node = unsafe { (*node).next() };
        }
        count
    }

    /// Takes no more calls. Those that are in it stay.
    pub(crate) fn close(&self) {
        {
            let mut out = lock(&self.out);
            if self.head.load(Ordering::Relaxed) == closed() {
                return;
            }
            out.closing = self.head.swap(closed(), Ordering::SeqCst);
        }
        self.idle.wake_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        // SeqCst: a worker that parks looks at this after it entered the idle word.
        self.head.load(Ordering::SeqCst) == closed()
    }

    /// Who sleeps.
    pub(crate) fn idle(&self) -> &Idle {
        &self.idle
    }

    /// Worker: found a call, or the queue closed. What was pushed meanwhile woke nobody, since
    /// somebody searched: if that was the last one, it wakes a sleeper for what is left.
    pub(crate) fn end_search(&self) {
        // In this order: see `Idle`'s argument.
        if self.idle.end_search() && self.has_calls() {
            self.idle.wake_one();
        }
    }

    /// Parks a searching worker, unless there is something to do. True if it is parked: the waker
    /// will be called, and the worker is then counted as searching again.
    pub(crate) fn park(&self, worker: usize, waker: Waker) -> bool {
        self.idle.park(worker, waker);
        if self.has_calls() || self.is_closed() {
            self.idle.unpark(worker);
            return false;
        }
        true
    }
}

impl<W> Drop for CallQueue<W> {
    fn drop(&mut self) {
        self.close();
        // Dropping a call fails it, so that no future waits for ever.
        while let Some(call) = self.take_or_steal() {
            drop(call);
        }
    }
}

/// How far a worker is with the calls that it took ahead.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    next: usize,
    filled: usize,
    /// Whose pocket it looked into last.
    victim: usize,
}

/// How many pockets of others a worker looks into before it takes from the queue.
const VICTIMS: usize = 8;

// SAFETY: the queue owns calls, which are `Send`; everything else is synchronised.
unsafe impl<W> Send for CallQueue<W> {}
// SAFETY: as above.
unsafe impl<W> Sync for CallQueue<W> {}

impl<W> std::fmt::Debug for CallQueue<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallQueue").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
