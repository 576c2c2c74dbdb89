//! The memory of one call: queue link, life, arguments, future and outcome in one allocation.
//!
//! A node is a [`Header`] followed by what its kind needs. The header's [`VTable`] knows the types;
//! everybody else handles nodes by [`UserSide`](super::UserSide) and [`PoolSide`](super::PoolSide), one of which owns each part of
//! the node at any moment (see the README of this folder).

use std::alloc::Layout;
use std::convert::Infallible;
use std::ptr::{self, NonNull};
use std::task::Waker;

#[cfg(feature = "process")]
use super::call::RemoteFunctions;
use super::call::{BlockingFunctions, PolledFunctions};
use super::lifecycle::{Completion, Lifecycle, Release};
use super::slab::{self, Distance};
use super::turns::Signal;
use crate::CallError;
use crate::error::CallSite;
use crate::panics;
use crate::shared::PoolId;
use crate::sync::{AtomicPtr, Ordering};

/// The part that all nodes begin with.
#[repr(C)]
pub(crate) struct Header {
    /// The next node of the list that the node is in. Belongs to whoever owns the list.
    next: AtomicPtr<Header>,
    pub(crate) vtable: &'static VTable,
    pub(crate) lifecycle: Lifecycle,
}

/// What a node's types know how to do. Each function's contract is that of its field.
pub(crate) struct VTable {
    /// Which method the call is for.
    pub(crate) site: unsafe fn(NonNull<Header>) -> CallSite,
    /// Of the whole node.
    pub(crate) layout: Layout,
    /// Where the outcome lies.
    pub(crate) outcome: usize,
    /// Drops what the call was to work with, and writes why it was not run. The caller has claimed
    /// the node and completes it.
    pub(crate) abandon: unsafe fn(NonNull<Header>, CallError<Infallible>),
    /// Drops the outcome. The caller owns it.
    pub(crate) drop_outcome: unsafe fn(NonNull<Header>),
    /// Tells a running call that it was cancelled, or says whom to tell.
    pub(crate) signal: unsafe fn(NonNull<Header>) -> Signal,
    /// Drops what lies beside arguments and outcome. The caller frees the memory next.
    pub(crate) dispose: unsafe fn(NonNull<Header>),
    /// What the backend of the node's kind calls: see `call_node` and the async backend.
    pub(crate) kind: Kind,
}

/// How nodes of this kind are run.
pub(crate) enum Kind {
    /// To its end, on the thread that has the worker.
    Blocking(BlockingFunctions),
    /// By polling, on the thread that has the worker.
    Polled(PolledFunctions),
    /// Elsewhere: its arguments leave as bytes, and its outcome comes back as such.
    #[cfg(feature = "process")]
    Remote(RemoteFunctions),
    /// By whoever holds the promise.
    Promised,
}

/// A header and a value behind it, as they lie in a node.
#[repr(C)]
pub(crate) struct View<X> {
    header: Header,
    value: X,
}

impl<X> View<X> {
    pub(crate) const OFFSET: usize = std::mem::offset_of!(Self, value);
}

/// The layout of a node that holds values of these two types, one after the other in time, in the
/// same place.
pub(crate) const fn layout_of<A, B>() -> Layout {
    larger_layout(Layout::new::<A>(), Layout::new::<B>())
}

/// A layout with room for either.
pub(crate) const fn larger_layout(a: Layout, b: Layout) -> Layout {
    const fn larger(a: usize, b: usize) -> usize {
        if a > b { a } else { b }
    }
    let align = larger(a.align(), b.align());
    let size = larger(a.size(), b.size()).next_multiple_of(align);
    match Layout::from_size_align(size, align) {
        Ok(layout) => layout,
        Err(_) => panic!("a call's arguments and result are too large for memory"),
    }
}

/// What a node's tag says: its memory and its pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u32);

impl Tag {
    const POOL_BITS: u32 = PoolId::BITS;

    fn new(distance: Distance, pool: PoolId) -> Self {
        Self(u32::from(distance.0) << Self::POOL_BITS | pool.number())
    }

    fn distance(self) -> Distance {
        Distance((self.0 >> Self::POOL_BITS) as u8)
    }

    pub(super) fn pool(self) -> PoolId {
        PoolId::from_number(self.0 & ((1 << Self::POOL_BITS) - 1))
    }
}

impl Header {
    /// Gets memory for a node and writes its header.
    #[inline]
    pub(crate) fn allocate(
        vtable: &'static VTable,
        pool: PoolId,
        lifecycle: fn(u32) -> Lifecycle,
    ) -> NonNull<Self> {
        Self::place(slab::allocate(vtable.layout), vtable, pool, lifecycle)
    }

    /// The same for a node that is larger than most.
    pub(crate) fn allocate_large(
        vtable: &'static VTable,
        pool: PoolId,
        lifecycle: fn(u32) -> Lifecycle,
    ) -> NonNull<Self> {
        Self::place(slab::allocate_large(vtable.layout), vtable, pool, lifecycle)
    }

    #[inline]
    fn place(
        (memory, distance): (NonNull<u8>, Distance),
        vtable: &'static VTable,
        pool: PoolId,
        lifecycle: fn(u32) -> Lifecycle,
    ) -> NonNull<Self> {
        let node = memory.cast::<Self>();
        let lifecycle = lifecycle(Tag::new(distance, pool).0);
        // SAFETY: the layout of every vtable begins with a header.
        unsafe { node.write(Self { next: AtomicPtr::new(ptr::null_mut()), vtable, lifecycle }) };
        node
    }

    // Relaxed, both: the list that the node is in publishes the link.
    #[inline]
    pub(crate) fn next(&self) -> *mut Self {
        self.next.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set_next(&self, next: *mut Self) {
        self.next.store(next, Ordering::Relaxed);
    }

    /// The pool that the call belongs to.
    #[cfg(feature = "process")]
    pub(crate) fn pool(&self) -> PoolId {
        self.tag().pool()
    }

    pub(super) fn tag(&self) -> Tag {
        Tag(self.lifecycle.tag)
    }
}

/// Frees a node.
///
/// # Safety
/// The caller gave up the last reference, and arguments and outcome are moved out or dropped.
pub(crate) unsafe fn free(node: NonNull<Header>) {
    // SAFETY: the node lives until the end of this function.
    let (vtable, tag) = unsafe { (node.as_ref().vtable, node.as_ref().tag()) };
    // SAFETY: by contract.
    unsafe {
        node.as_ref().lifecycle.note_end();
        (vtable.dispose)(node);
        slab::free(node.cast(), vtable.layout, tag.distance());
    }
}

/// Gives up a reference, and frees the node if it was the last.
///
/// # Safety
/// The caller owns a reference, and uses the node no more.
pub(crate) unsafe fn release(node: NonNull<Header>) {
    // SAFETY: by contract.
    unsafe {
        if node.as_ref().lifecycle.release() == Release::Last {
            free(node);
        }
    }
}

/// Publishes the outcome that the caller has written.
///
/// # Safety
/// The caller claimed the node, has written its outcome, and uses the node no more.
#[inline]
pub(crate) unsafe fn complete(node: NonNull<Header>) {
    // SAFETY: by contract.
    let completion = unsafe { node.as_ref() }.lifecycle.complete();
    match completion {
        Completion::Finished => {}
        // SAFETY: `complete` left the pool's reference to us, and on detach the outcome, too.
        Completion::Detached => unsafe {
            drop_outcome(node);
            release(node);
        },
        Completion::Wake(waker) => {
            // SAFETY: as above. Before the wake, so that the woken user frees without an RMW.
            unsafe { release(node) };
            wake(waker);
        }
    }
}

/// Wakes. Wakers are foreign code; one that panics must not take a worker with it.
pub(super) fn wake(waker: Waker) {
    panics::contain(move || waker.wake());
}

/// Drops an outcome, whose destructor is the user's code.
///
/// # Safety
/// The caller owns the outcome.
pub(super) unsafe fn drop_outcome(node: NonNull<Header>) {
    // As for every code of the user: it may wait for whoever was about to be woken.
    concurry_time::wake_held();
    // SAFETY: by contract.
    panics::contain(|| unsafe { (node.as_ref().vtable.drop_outcome)(node) });
}
