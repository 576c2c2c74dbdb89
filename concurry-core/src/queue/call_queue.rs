//! The first-in, first-out queue of a pool, for any number of submitters and workers.
//!
//! Submitters push on a stack, by one compare-and-swap. A worker that finds the out-list empty takes
//! the whole stack, turns it around and puts it there. So a submit never waits for anybody, workers
//! meet submitters once a batch, and calls leave in exactly the order in which they came.
//!
//! Whoever holds the lock of the out-list is the only one who removes anything. That makes closing
//! simple (nobody can be half-way through taking the stack), and counting (what is on the stack
//! stays there).

use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::task::Waker;

use super::Padded;
use super::idle::Idle;
use crate::future::Call;
use crate::future::node::{Header, PoolSide};
use crate::sync::{AtomicPtr, Mutex, Ordering, lock, note_total_order};

/// The queue. It owns the calls that are in it.
pub(crate) struct CallQueue<W> {
    head: Padded<AtomicPtr<Header>>,
    out: Padded<Mutex<OutList>>,
    idle: Padded<Idle>,
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
    pub(crate) fn new() -> Self {
        Self {
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

    /// Takes up to `share` of the oldest calls.
    #[inline]
    pub(crate) fn take(&self, share: usize) -> Option<Batch<'_, W>> {
        let mut out = lock(&self.out);
        if out.first.is_null() && !self.refill(&mut out) {
            return None;
        }
        let first = out.first;
        let taken = if share >= out.length {
            out.first = ptr::null_mut();
            std::mem::take(&mut out.length)
        } else {
            let mut last = first;
            for _ in 1..share {
                // SAFETY: the list has more than `share` nodes, all of them alive and ours.
                last = unsafe { (*last).next() };
            }
            // SAFETY: as above.
            unsafe {
                out.first = (*last).next();
                (*last).set_next(ptr::null_mut());
            }
            out.length -= share;
            share
        };
        Some(Batch { queue: self, first, length: taken })
    }

    /// Turns the stack around into the empty out-list. False if there is nothing.
    #[inline]
    fn refill(&self, out: &mut OutList) -> bool {
        // A load first: an empty queue is looked at often, and a swap would take the line away from
        // the submitters. SeqCst as in `Idle`'s argument.
        let head = self.head.load(Ordering::SeqCst);
        let stack = if head.is_null() {
            return false;
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
        length > 0
    }

    /// Whether a worker would find a call.
    #[inline]
    pub(crate) fn has_calls(&self) -> bool {
        note_total_order();
        // SeqCst as in `Idle`'s argument.
        let head = self.head.load(Ordering::SeqCst);
        (!head.is_null() && head != closed()) || self.has_taken_out()
    }

    /// Whether there is a call that left the stack already.
    fn has_taken_out(&self) -> bool {
        let out = lock(&self.out);
        !out.first.is_null() || !out.closing.is_null()
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
        let mut count = out.length;
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

    /// Puts a call back to the front: the next worker to come takes it.
    pub(crate) fn give_back(&self, call: Call<W>) {
        self.put_back(call.into_side().into_raw().as_ptr(), 1);
    }

    fn put_back(&self, first: *mut Header, length: usize) {
        let mut last = first;
        let mut out = lock(&self.out);
        for _ in 1..length {
            // SAFETY: the batch owned `length` nodes, and gives them to us.
            last = unsafe { (*last).next() };
        }
        // SAFETY: as above.
        unsafe { (*last).set_next(out.first) };
        out.first = first;
        out.length += length;
        drop(out);
        self.idle.notify();
    }
}

impl<W> Drop for CallQueue<W> {
    fn drop(&mut self) {
        self.close();
        // Dropping a call fails it, so that no future waits for ever.
        while let Some(batch) = self.take(usize::MAX) {
            batch.for_each(drop);
        }
    }
}

/// Calls that a worker took from the queue, oldest first. What it leaves goes back to the front.
pub(crate) struct Batch<'q, W> {
    queue: &'q CallQueue<W>,
    first: *mut Header,
    length: usize,
}

impl<W> Batch<'_, W> {
    /// How many are left.
    pub(crate) fn len(&self) -> usize {
        self.length
    }
}

impl<W> Iterator for Batch<'_, W> {
    type Item = Call<W>;

    #[inline]
    fn next(&mut self) -> Option<Call<W>> {
        if self.length == 0 {
            return None;
        }
        let node = NonNull::new(self.first)?;
        // SAFETY: the batch owns its nodes; the link is read before the node is handed on.
        unsafe {
            self.first = node.as_ref().next();
            self.length -= 1;
            Some(Call::new(PoolSide::from_raw(node)))
        }
    }
}

impl<W> Drop for Batch<'_, W> {
    fn drop(&mut self) {
        if self.length > 0 {
            self.queue.put_back(self.first, self.length);
        }
    }
}

// SAFETY: the queue owns calls, which are `Send`; everything else is synchronised.
unsafe impl<W> Send for CallQueue<W> {}
// SAFETY: as above.
unsafe impl<W> Sync for CallQueue<W> {}

impl<W> std::fmt::Debug for CallQueue<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallQueue").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
