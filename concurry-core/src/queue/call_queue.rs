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
//! A worker whose calls are short takes a few ahead into its [`Pocket`], under the same lock. It also
//! keeps an eye on the pockets of others, one after the other: what lies in one whose owner does not
//! come to it is older than what is queued, and taken first. So a call that was taken ahead does not
//! wait for a long one before it.

use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::task::Waker;

use super::ahead::Ahead;
use super::idle::Idle;
use super::pocket::{POCKET, Pocket};
use crate::future::Call;
use crate::future::PoolSide;
use crate::future::node::Header;
use crate::padded::Padded;
use crate::prefetch;
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

/// What left the stack.
struct OutList {
    /// Newest first, so that the oldest is taken off the end.
    taken: Vec<NonNull<Header>>,
    /// How often each worker has taken calls.
    takes: Box<[u32]>,
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
                taken: Vec::new(),
                takes: vec![0; workers].into_boxed_slice(),
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

    /// Takes the oldest calls, at most so many, and hands them over when the queue is free again.
    #[cfg(feature = "process")]
    pub(crate) fn take_many(&self, most: usize, mut taken: impl FnMut(Call<W>)) {
        let mut left = most;
        while left > 0 {
            let mut found = [None; TOGETHER];
            {
                let mut out = lock(&self.out);
                for place in found.iter_mut().take(left) {
                    *place = self.pop(&mut out);
                    let Some(node) = place else { break };
                    prefetch::for_writing(node.as_ptr());
                }
            }
            let mut count = 0;
            for node in found.into_iter().map_while(|node| node) {
                count += 1;
                // SAFETY: what leaves the list is ours.
                taken(unsafe { Call::new(PoolSide::from_raw(node)) });
            }
            if count < TOGETHER {
                return;
            }
            left -= count;
        }
    }

    /// Worker: takes the next call: of those that it took ahead, of those that another one took ahead
    /// and does not come to, or the oldest of the queue.
    #[inline]
    pub(crate) fn next(&self, worker: usize, ahead: &mut Ahead) -> Option<Call<W>> {
        let pocket = &self.pockets[worker];
        while let Some(slot) = ahead.next_slot() {
            pocket.prefetch(slot + 2);
            // Others may have stolen it.
            if let Some(node) = pocket.take(slot) {
                // SAFETY: who empties a slot owns the call.
                return Some(unsafe { Call::new(PoolSide::from_raw(node)) });
            }
        }
        let mut out = lock(&self.out);
        let oldest = |other: usize| self.pockets[other].oldest();
        let left_behind = ahead.watch.look(worker, &out.takes, oldest);
        let node = match left_behind.and_then(|(other, slot)| self.pockets[other].take(slot)) {
            Some(node) => node,
            None => self.take_ahead(worker, &mut out, ahead)?,
        };
        // SAFETY: who takes it from the list or empties its slot owns the call.
        Some(unsafe { Call::new(PoolSide::from_raw(node)) })
    }

    /// The oldest call, and the next ones ahead into the worker's empty pocket.
    fn take_ahead(
        &self,
        worker: usize,
        out: &mut OutList,
        ahead: &mut Ahead,
    ) -> Option<NonNull<Header>> {
        let first = self.pop(out)?;
        out.takes[worker] = out.takes[worker].wrapping_add(1);
        // Half of a fair share, so that the others find something, too; of a few calls, none.
        let share = (out.taken.len() / (2 * self.pockets.len())).min(POCKET);
        let share = if ahead.calls_are_short() { share } else { 0 };
        for slot in 0..share {
            if let Some(node) = out.taken.pop() {
                self.pockets[worker].put(slot, node.as_ptr());
            }
        }
        ahead.filled(share);
        Some(first)
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
        if out.taken.is_empty() {
            self.refill(out);
        }
        out.taken.pop()
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
        // After a long queue the list would stay long for ever.
        out.taken.shrink_to(LONG_LIST);
        let mut rest = stack;
        // Older calls lie before newer ones, mostly.
        let older = |node: *mut Header, lines| node.cast_const().wrapping_byte_sub(64 * lines);
        (1..AHEAD).for_each(|lines| prefetch::for_writing(older(rest, lines)));
        while let Some(node) = NonNull::new(rest) {
            prefetch::for_writing(older(rest, AHEAD));
            out.taken.push(node);
            // SAFETY: the nodes that were on the stack are ours now; the swap acquired them.
            rest = unsafe { node.as_ref() }.next();
        }
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
        !out.taken.is_empty()
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
        let mut count =
            out.taken.len() + self.pockets.iter().map(|pocket| pocket.len()).sum::<usize>();
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

/// So many calls leave the queue under one lock.
#[cfg(feature = "process")]
const TOGETHER: usize = 32;

/// How many lines ahead the nodes of a stack are fetched while it is taken off.
const AHEAD: usize = 16;

/// Places of the out-list that are kept for the next calls: half a megabyte.
const LONG_LIST: usize = 1 << 16;

// SAFETY: the queue owns calls, which are `Send`; everything else is synchronised.
unsafe impl<W> Send for CallQueue<W> {}
// SAFETY: as above.
unsafe impl<W> Sync for CallQueue<W> {}

impl<W> std::fmt::Debug for CallQueue<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallQueue").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}
