//! The one-allocation mailbox: queue link, closure, state and result of a call live in one node.
//!
//! Any closure, any number of submitters. Each worker has a stack of nodes that submitters push to
//! and that it takes as a whole; it is unparked only if it had parked. This is what a general
//! call costs with plain `malloc`, one allocation and nothing else.
//!
//! # Who may touch what
//!
//! 1. From creation to the push, everything in a node belongs to the submitter.
//! 2. From the push to the end of `run`, link and closure belong to the worker that pops the node.
//! 3. `waiter` belongs to the reply's owner until it has moved `state` from `RUNNING` to `WAITED`;
//!    then to the worker, once its swap to `DONE` has returned `WAITED`.
//! 4. The result is written by the worker before `DONE` and belongs to the reply's owner after.
//! 5. The node has two owners, worker and reply. Whoever leaves last frees it, and drops the result
//!    unless `state` is `TAKEN`.

use std::alloc::{Layout, dealloc};
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, offset_of};
use std::process::abort;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32};
use std::thread::{self, JoinHandle, Thread};

use super::pauses;

const RUNNING: u32 = 0;
const WAITED: u32 = 1;
const DONE: u32 = 2;
const TAKEN: u32 = 3;

/// The stack's head while its worker is parked: an address that no node has.
const PARKED: *mut Header = ptr::dangling_mut();

struct Header {
    next: *mut Header,
    /// Runs the closure on the worker's state, stores the result and lets go of the node.
    run: unsafe fn(NonNull<Header>, *mut ()),
    free: unsafe fn(NonNull<Header>),
    state: AtomicU32,
    owners: AtomicU32,
    waiter: UnsafeCell<Option<Thread>>,
}

#[repr(C)]
struct With<X> {
    header: Header,
    value: X,
}

/// Closure and result take turns in one place; `repr(C)` puts the header first in both.
#[repr(C)]
union Node<F, R> {
    call: ManuallyDrop<With<F>>,
    reply: ManuallyDrop<With<R>>,
}

/// Workers that own an `S` each and run closures on it. Clone it for a second submitter.
#[derive(Debug)]
pub struct Mailbox<S> {
    workers: Arc<Workers>,
    next: Cell<usize>,
    _state: PhantomData<fn(&mut S)>,
}

#[derive(Debug)]
struct Workers(Vec<(Arc<Inbox>, Option<JoinHandle<()>>)>);

#[derive(Debug)]
struct Inbox {
    head: AtomicPtr<Header>,
    closed: AtomicBool,
}

/// The result of one call, or the promise of it.
#[derive(Debug)]
pub struct Reply<R> {
    node: NonNull<Header>,
    _result: PhantomData<R>,
}

// SAFETY: a reply owns the right to one result (points 3 and 4 above), so it may move if that may.
unsafe impl<R: Send> Send for Reply<R> {}

impl<S: 'static> Mailbox<S> {
    /// Starts the workers; each builds its state on its own thread. `doublings`: see `pauses`.
    pub fn start(workers: usize, doublings: u32, build: fn() -> S) -> Self {
        let start = |_| {
            let inbox = Arc::new(Inbox::new());
            let own = Arc::clone(&inbox);
            (inbox, Some(thread::spawn(move || own.work(&mut build(), doublings))))
        };
        let workers = Arc::new(Workers((0..workers.max(1)).map(start).collect()));
        Self { workers, next: Cell::new(0), _state: PhantomData }
    }

    /// Submits a call to the next worker in turn. A closure that panics aborts the process.
    pub fn submit<F, R>(&self, call: F) -> Reply<R>
    where
        F: FnOnce(&mut S) -> R + Send + 'static,
        R: Send + 'static,
    {
        let header = Header {
            next: ptr::null_mut(),
            run: run::<S, F, R>,
            free: free::<F, R>,
            state: AtomicU32::new(RUNNING),
            owners: AtomicU32::new(2),
            waiter: UnsafeCell::new(None),
        };
        let node = Node::<F, R> { call: ManuallyDrop::new(With { header, value: call }) };
        let node = NonNull::from(Box::leak(Box::new(node))).cast::<Header>();
        let turn = self.next.get();
        self.next.set(if turn + 1 == self.workers.0.len() { 0 } else { turn + 1 });
        let (inbox, thread) = &self.workers.0[turn];
        if inbox.push(node) == Push::WorkerParked
            && let Some(thread) = thread
        {
            thread.thread().unpark();
        }
        Reply { node, _result: PhantomData }
    }
}

impl<S> Clone for Mailbox<S> {
    fn clone(&self) -> Self {
        Self { workers: Arc::clone(&self.workers), next: Cell::new(0), _state: PhantomData }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        for (inbox, thread) in &self.0 {
            inbox.closed.store(true, Release); // read by a worker that finds nothing to do
            if let Some(thread) = thread {
                thread.thread().unpark();
            }
        }
        for thread in self.0.iter_mut().filter_map(|(_, thread)| thread.take()) {
            thread.join().expect("a worker aborts rather than panics");
        }
    }
}

#[derive(PartialEq, Eq)]
enum Push {
    WorkerAwake,
    WorkerParked,
}

impl Inbox {
    const fn new() -> Self {
        Self { head: AtomicPtr::new(ptr::null_mut()), closed: AtomicBool::new(false) }
    }

    fn push(&self, node: NonNull<Header>) -> Push {
        let mut head = self.head.load(Relaxed);
        loop {
            let next = if head == PARKED { ptr::null_mut() } else { head };
            // SAFETY: the node is not published yet, so it is the submitter's alone (point 1).
            unsafe { (*node.as_ptr()).next = next };
            // Release publishes the node; the worker's Acquire swap reads it.
            match self.head.compare_exchange_weak(head, node.as_ptr(), Release, Relaxed) {
                Ok(PARKED) => return Push::WorkerParked,
                Ok(_) => return Push::WorkerAwake,
                Err(now) => head = now,
            }
        }
    }

    /// Runs calls until the mailbox is closed and empty.
    fn work<S>(&self, state: &mut S, doublings: u32) {
        let abort_on_panic = AbortOnPanic;
        loop {
            let mut node = self.take_all();
            while let Some(this) = NonNull::new(node) {
                // SAFETY: a popped node is the worker's (point 2); `run` may free it, so the link
                // is read first. `state` is the `S` that `submit` built `run` for: the mailbox's
                // type parameter ties both.
                unsafe {
                    node = (*this.as_ptr()).next;
                    ((*this.as_ptr()).run)(this, ptr::from_mut(state).cast());
                }
            }
            let filled = || !self.head.load(Relaxed).is_null();
            if !filled() && !pauses::until(doublings, filled) && !self.park() {
                break;
            }
        }
        std::mem::forget(abort_on_panic);
    }

    /// Takes all nodes, oldest first.
    fn take_all(&self) -> *mut Header {
        if self.head.load(Relaxed).is_null() {
            return ptr::null_mut();
        }
        let mut newest = self.head.swap(ptr::null_mut(), Acquire);
        let mut oldest = ptr::null_mut();
        while let Some(node) = NonNull::new(newest) {
            // SAFETY: the swap made all nodes of this list the worker's (point 2).
            unsafe { newest = std::mem::replace(&mut (*node.as_ptr()).next, oldest) };
            oldest = node.as_ptr();
        }
        oldest
    }

    /// Parks until something is pushed; `false` if nothing will be any more.
    fn park(&self) -> bool {
        // Closing is told to a worker that is still awake here, or by unpark below.
        if self.head.compare_exchange(ptr::null_mut(), PARKED, Relaxed, Relaxed).is_err() {
            return true;
        }
        while self.head.load(Relaxed) == PARKED {
            if self.closed.load(Acquire) {
                return false;
            }
            thread::park();
        }
        true
    }
}

/// Ends the process if a call panics: its caller would wait for ever.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        abort();
    }
}

/// Runs the call in a popped node.
///
/// # Safety
///
/// `node` is a `Node<F, R>` that the caller has popped, `state` points to its worker's `S`.
unsafe fn run<S, F: FnOnce(&mut S) -> R, R>(node: NonNull<Header>, state: *mut ()) {
    // SAFETY: by this function's contract the closure is there and is the worker's (point 2); it is
    // read once, and its place then holds the result.
    unsafe {
        let call = node.cast::<u8>().add(offset_of!(With<F>, value)).cast::<F>().read();
        let result = call(&mut *state.cast::<S>());
        node.cast::<u8>().add(offset_of!(With<R>, value)).cast::<R>().write(result);
    }
    // SAFETY: the worker is an owner until its `release` below (point 5).
    let header = unsafe { node.as_ref() };
    // Release publishes the result, Acquire reads the waiter.
    if header.state.swap(DONE, AcqRel) == WAITED {
        // SAFETY: WAITED hands the waiter to the worker (point 3).
        let waiter = unsafe { (*header.waiter.get()).take() };
        if let Some(thread) = waiter {
            thread.unpark();
        }
    }
    // SAFETY: the worker does not touch the node again.
    unsafe { release(node) };
}

/// Leaves the node; the last of its two owners frees it.
///
/// # Safety
///
/// Each owner calls this once and does not touch the node afterwards.
unsafe fn release(node: NonNull<Header>) {
    // SAFETY: the caller still is an owner.
    let (owners, free) = unsafe { (&node.as_ref().owners, node.as_ref().free) };
    // AcqRel: what either owner did to the node happens before it is freed.
    if owners.fetch_sub(1, AcqRel) == 1 {
        // SAFETY: nobody else is left, and the worker has run the call.
        unsafe { free(node) };
    }
}

/// Frees a node, with its result if nobody took it.
///
/// # Safety
///
/// `node` is a `Node<F, R>` that has run and has no owner left.
unsafe fn free<F, R>(node: NonNull<Header>) {
    // SAFETY: the call has run, so the result is there unless it was taken; the waiter is dropped
    // in place; the memory came from a `Box<Node<F, R>>`.
    unsafe {
        if node.as_ref().state.load(Relaxed) != TAKEN {
            node.cast::<u8>().add(offset_of!(With<R>, value)).cast::<R>().drop_in_place();
        }
        node.drop_in_place();
        dealloc(node.as_ptr().cast(), Layout::new::<Node<F, R>>());
    }
}

impl<R> Reply<R> {
    /// Blocks until the call has run.
    pub fn wait(self) -> R {
        let this = ManuallyDrop::new(self);
        // SAFETY: the reply is an owner until its `release` below.
        let header = unsafe { this.node.as_ref() };
        if header.state.load(Acquire) != DONE {
            // SAFETY: before WAITED the waiter is the reply's (point 3).
            unsafe { *header.waiter.get() = Some(thread::current()) };
            // Release publishes the waiter.
            if header.state.compare_exchange(RUNNING, WAITED, Release, Acquire).is_ok() {
                while header.state.load(Acquire) != DONE {
                    thread::park();
                }
            }
        }
        // SAFETY: DONE was read with Acquire, so the result is there and is the reply's (point 4).
        let result =
            unsafe { this.node.cast::<u8>().add(offset_of!(With<R>, value)).cast::<R>().read() };
        header.state.store(TAKEN, Relaxed); // published by the release of ownership
        // SAFETY: `this` is never used again and its destructor does not run.
        unsafe { release(this.node) };
        result
    }
}

impl<R> Drop for Reply<R> {
    fn drop(&mut self) {
        // SAFETY: a reply that was waited for does not get here; this is its last use.
        unsafe { release(self.node) };
    }
}
