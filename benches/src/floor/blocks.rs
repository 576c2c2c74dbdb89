//! Calls in 64-cell blocks: a physical target for a call from one thread to another.
//!
//! One allocation holds 64 calls of 16 bytes; submitter and worker walk the same chain of blocks and
//! the worker polls the next cell, so no head or tail is shared. The price: one submitter, one
//! method `fn(&mut S, u64) -> u64`. A general pool can come near this, not under it.
//!
//! # Who may touch what
//!
//! 1. A cell's `value` is the submitter's while `state` is `EMPTY` or `PARKED`, the worker's from
//!    `CALLED` (or `WAITED`) on, the submitter's again from `DONE` on.
//! 2. A block's `next` is written by the submitter before it calls the block's last cell, and read
//!    by the worker after it has seen that call.
//! 3. `replies` and `full` are the submitter's.
//! 4. A block has two owners. The worker leaves when it is through with the last cell, or stops; the
//!    submitter's side when the block is full (or the pool dropped) and no reply is left. The last
//!    one frees it.

use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::thread::{self, JoinHandle, Thread};

use super::pauses;

/// Cells of a block.
const CELLS: usize = 64;

const EMPTY: u32 = 0;
/// The worker is parked and waits for this very cell.
const PARKED: u32 = 1;
const CALLED: u32 = 2;
/// Called, and the submitter is parked until it is done.
const WAITED: u32 = 3;
const DONE: u32 = 4;
/// There will be no call in this cell nor after it.
const STOP: u32 = 5;

struct CallCell {
    value: UnsafeCell<u64>,
    state: AtomicU32,
}

struct Block {
    owners: AtomicU32,
    next: UnsafeCell<*mut Block>,
    /// Replies that still point here, and one more until the block is full.
    replies: Cell<u32>,
    cells: [CallCell; CELLS],
}

/// Workers that run one method on their state, called from the thread that started them.
#[derive(Debug)]
pub struct Blocks {
    lanes: Vec<Lane>,
    turn: Cell<usize>,
}

/// The submitter's side of one worker.
#[derive(Debug)]
struct Lane {
    block: Cell<NonNull<Block>>,
    index: Cell<usize>,
    worker: Option<JoinHandle<()>>,
}

/// The result of one call, or the promise of it. It stays on the submitter's thread.
#[derive(Debug)]
pub struct Reply {
    block: NonNull<Block>,
    index: usize,
    _not_send: PhantomData<Rc<()>>,
}

impl Block {
    fn boxed() -> NonNull<Self> {
        NonNull::from(Box::leak(Box::new(Self {
            owners: AtomicU32::new(2),
            next: UnsafeCell::new(ptr::null_mut()),
            replies: Cell::new(1),
            cells: [const { CallCell { value: UnsafeCell::new(0), state: AtomicU32::new(EMPTY) } };
                CELLS],
        })))
    }
}

/// Leaves a block; the last of its two owners frees it.
///
/// # Safety
///
/// Each side calls this once for a block and does not touch it afterwards.
unsafe fn release(block: NonNull<Block>) {
    // SAFETY: the caller still is an owner.
    // AcqRel: what either side did to the block happens before it is freed.
    if unsafe { block.as_ref() }.owners.fetch_sub(1, AcqRel) == 1 {
        // SAFETY: the block came from a box and nobody else is left.
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

/// Takes one from the submitter's count and leaves the block at zero.
///
/// # Safety
///
/// The caller runs on the submitter's thread, owns one of `replies`, and does not use it again.
unsafe fn forget_one(block: NonNull<Block>) {
    // SAFETY: `replies` is above zero, so the submitter's side still owns the block.
    let replies = unsafe { &block.as_ref().replies };
    replies.set(replies.get() - 1);
    if replies.get() == 0 {
        // SAFETY: nothing on the submitter's side points to the block any more.
        unsafe { release(block) };
    }
}

impl Blocks {
    /// Starts the workers; each builds its state on its own thread. `doublings`: see `pauses`.
    pub fn start<S: 'static>(
        workers: usize,
        doublings: u32,
        build: fn() -> S,
        method: fn(&mut S, u64) -> u64,
    ) -> Self {
        let caller = thread::current();
        let lane = |_| {
            let block = Block::boxed();
            let (first, caller) = (FirstBlock(block), caller.clone());
            let worker = thread::spawn(move || work(first, &caller, doublings, build(), method));
            Lane { block: Cell::new(block), index: Cell::new(0), worker: Some(worker) }
        };
        Self { lanes: (0..workers.max(1)).map(lane).collect(), turn: Cell::new(0) }
    }

    /// Calls the method on the next worker in turn.
    pub fn submit(&self, argument: u64) -> Reply {
        let turn = self.turn.get();
        self.turn.set(if turn + 1 == self.lanes.len() { 0 } else { turn + 1 });
        self.lanes[turn].submit(argument)
    }
}

impl Lane {
    fn submit(&self, argument: u64) -> Reply {
        let (block, index) = (self.block.get(), self.index.get());
        // SAFETY: until the block is full the lane holds one of `replies`, so it is alive.
        let this = unsafe { block.as_ref() };
        this.replies.set(this.replies.get() + 1);
        let last = index == CELLS - 1;
        if last {
            let next = Block::boxed();
            // SAFETY: the last cell is not called yet, so `next` is the submitter's (point 2).
            unsafe { *this.next.get() = next.as_ptr() };
            self.block.set(next);
        }
        self.index.set(if last { 0 } else { index + 1 });
        let cell = &this.cells[index];
        // SAFETY: the cell is not called yet, so its value is the submitter's (point 1).
        unsafe { *cell.value.get() = argument };
        self.publish(cell, CALLED);
        let reply = Reply { block, index, _not_send: PhantomData };
        if last {
            // SAFETY: the lane is the submitter's and leaves the full block for good.
            unsafe { forget_one(block) };
        }
        reply
    }

    /// Release publishes argument and `next`; a worker parked at this very cell is woken.
    fn publish(&self, cell: &CallCell, state: u32) {
        if cell.state.swap(state, Release) == PARKED
            && let Some(worker) = &self.worker
        {
            worker.thread().unpark();
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for lane in &mut self.lanes {
            let block = lane.block.get();
            // SAFETY: the lane holds one of `replies` of its current block.
            lane.publish(&unsafe { block.as_ref() }.cells[lane.index.get()], STOP);
            if let Some(worker) = lane.worker.take() {
                worker.join().expect("the method does not panic");
            }
            // SAFETY: the pool never left the submitter's thread (its lanes are not `Send`).
            unsafe { forget_one(block) };
        }
    }
}

impl Reply {
    /// Blocks until the call has run.
    pub fn wait(self) -> u64 {
        // SAFETY: a reply holds one of `replies`, so its block is alive.
        let cell = unsafe { &self.block.as_ref().cells[self.index] };
        if cell.state.load(Acquire) != DONE
            && cell.state.compare_exchange(CALLED, WAITED, AcqRel, Acquire).is_ok()
        {
            while cell.state.load(Acquire) != DONE {
                thread::park();
            }
        }
        // SAFETY: DONE was read with Acquire, so the value is the submitter's again (point 1).
        unsafe { *cell.value.get() }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        // SAFETY: replies stay on the submitter's thread; this one is not used again.
        unsafe { forget_one(self.block) };
    }
}

/// The worker's ownership of the first block, on its way to the worker's thread.
struct FirstBlock(NonNull<Block>);

// SAFETY: the worker's side only touches what the points above give to the worker.
unsafe impl Send for FirstBlock {}

/// The worker: walks the cells until one says `STOP`.
fn work<S>(
    first: FirstBlock,
    caller: &Thread,
    doublings: u32,
    mut state: S,
    method: fn(&mut S, u64) -> u64,
) {
    let mut block = first.0;
    loop {
        // SAFETY: the worker is an owner until its `release` below.
        let this = unsafe { block.as_ref() };
        for cell in &this.cells {
            if wait_for_call(cell, doublings) == Next::Stop {
                // SAFETY: the worker is through with this block, the last of the chain.
                unsafe { release(block) };
                return;
            }
            // SAFETY: the call was read with Acquire, so the value is the worker's (point 1).
            unsafe { *cell.value.get() = method(&mut state, *cell.value.get()) };
            // Release publishes the result.
            if cell.state.swap(DONE, AcqRel) == WAITED {
                caller.unpark();
            }
        }
        // SAFETY: the last cell was called, so `next` was written before and stays (point 2).
        let next = unsafe { *this.next.get() };
        // SAFETY: the worker is through with this block.
        unsafe { release(block) };
        block = NonNull::new(next).expect("the submitter links a block before it fills the last");
    }
}

#[derive(PartialEq, Eq)]
enum Next {
    Call,
    Stop,
}

/// Waits until the cell is called, for a moment awake, then parked.
fn wait_for_call(cell: &CallCell, doublings: u32) -> Next {
    let called = || cell.state.load(Acquire) > PARKED;
    if !called() && !pauses::until(doublings, called) {
        // A failed exchange means that the call has come; Acquire below reads it.
        let _ = cell.state.compare_exchange(EMPTY, PARKED, AcqRel, Acquire);
        while !called() {
            thread::park();
        }
    }
    if cell.state.load(Acquire) == STOP { Next::Stop } else { Next::Call }
}
