//! A future that gets its outcome from another call: promise, state and waker in one node.
//!
//! The relay leaves its waker with the call that it follows. The end of that call wakes it on the
//! thread that completed the call, and the relay completes its own future there, or hands it on.
//! Nothing but the node is allocated for that.

use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::lifecycle::Lifecycle;
use super::node::{self, Header, Kind, VTable, View};
use super::promise::Completer;
use super::sides::{PoolSide, UserSide};
use super::turns::Signal;
use super::{Outcome, TaskFuture};
use crate::error::CallSite;
use crate::shared::PoolId;

/// What stands between a future and the call that it follows.
pub(crate) trait Relay: Send + Sync + Sized + 'static {
    /// What the future gives.
    type Output: Send + 'static;
    /// The method's own error.
    type Error: Send + 'static;
    /// The method that was called.
    const SITE: CallSite;

    /// What it waits for may have come.
    fn woken(this: &RelayRef<Self>);

    /// The user asked the future to stop.
    fn cancelled(this: &RelayRef<Self>) -> Signal;
}

/// A node without arguments: header and outcome, then the relay.
#[repr(C)]
struct RelayNode<R: Relay> {
    outcome: View<MaybeUninit<Outcome<R::Output, R::Error>>>,
    relay: R,
}

/// A reference to a relay, which keeps its node.
#[derive(Debug)]
pub(crate) struct RelayRef<R: Relay> {
    node: NonNull<Header>,
    relay: PhantomData<R>,
}

// SAFETY: it gives access to the relay by shared references, and drops it on whatever thread is
// the last; the rest of the node is shared by design.
unsafe impl<R: Relay> Send for RelayRef<R> {}
// SAFETY: as above.
unsafe impl<R: Relay> Sync for RelayRef<R> {}

/// A relay that was just made, and what belongs to it.
pub(crate) struct Relayed<R: Relay> {
    /// For as long as the future is kept.
    pub(crate) relay: ManuallyDrop<RelayRef<R>>,
    /// Tells the relay.
    pub(crate) waker: Waker,
    pub(crate) completer: Completer<R::Output, R::Error>,
    pub(crate) future: TaskFuture<R::Output, R::Error>,
}

/// Makes a relay where it stays: behind the only step that can fail, and inlined, so that no copy of it
/// is made first. If making it panics, its memory is lost.
///
/// # Safety
/// `relay` of the result is not used after its future was given away.
#[inline(always)]
pub(crate) unsafe fn relay<R: Relay>(pool: PoolId, make: impl FnOnce() -> R) -> Relayed<R> {
    let node = Header::allocate_large(RelayNode::<R>::VTABLE, pool, Lifecycle::relayed);
    // SAFETY: the vtable's layout is that of the whole node; the header is written, the outcome
    // stays open, and this is the other field. A running node has one reference for each side, and
    // is claimed; this one has one more.
    unsafe {
        (&raw mut (*node.cast::<RelayNode<R>>().as_ptr()).relay).write(make());
        Relayed {
            waker: RelayRef { node, relay: PhantomData::<R> }.into_waker(),
            relay: ManuallyDrop::new(RelayRef { node, relay: PhantomData }),
            completer: Completer::new(PoolSide::from_raw(node).already_claimed()),
            future: TaskFuture::from_node(UserSide::from_raw(node)),
        }
    }
}

impl<R: Relay> RelayNode<R> {
    #[allow(clippy::undocumented_unsafe_blocks)] // one argument for all of them
    const VTABLE: &'static VTable = &VTable {
        // SAFETY (each): the callers' contracts are those of `VTable`.
        site: |_| R::SITE,
        layout: std::alloc::Layout::new::<Self>(),
        outcome: View::<MaybeUninit<Outcome<R::Output, R::Error>>>::OFFSET,
        abandon: |node, error| unsafe { Self::outcome(node).write(Err(error.widen())) },
        drop_outcome: |node| unsafe { Self::outcome(node).drop_in_place() },
        // Borrowed: whoever cancels keeps the node.
        signal: |node| R::cancelled(&ManuallyDrop::new(RelayRef::<R> { node, relay: PhantomData })),
        dispose: |node| unsafe {
            (&raw mut (*node.cast::<Self>().as_ptr()).relay).drop_in_place();
        },
        kind: Kind::Promised,
    };

    fn outcome(node: NonNull<Header>) -> *mut Outcome<R::Output, R::Error> {
        // SAFETY: within the node.
        unsafe {
            node.byte_add(View::<MaybeUninit<Outcome<R::Output, R::Error>>>::OFFSET)
                .cast::<Outcome<R::Output, R::Error>>()
        }
        .as_ptr()
    }
}

impl<R: Relay> RelayRef<R> {
    fn into_waker(self) -> Waker {
        let node = ManuallyDrop::new(self).node;
        // SAFETY: the waker gets our reference.
        unsafe { Waker::from_raw(RawWaker::new(node.as_ptr().cast_const().cast(), Self::WAKER)) }
    }

    // SAFETY (each): a waker owns a reference to its relay.
    #[allow(clippy::undocumented_unsafe_blocks)] // one argument for all four
    const WAKER: &'static RawWakerVTable = &RawWakerVTable::new(
        |data| {
            let relay = ManuallyDrop::new(unsafe { Self::from_data(data) });
            let node = ManuallyDrop::new(Self::clone(&relay)).node;
            RawWaker::new(node.as_ptr().cast_const().cast(), Self::WAKER)
        },
        |data| R::woken(&unsafe { Self::from_data(data) }),
        |data| R::woken(&ManuallyDrop::new(unsafe { Self::from_data(data) })),
        |data| drop(unsafe { Self::from_data(data) }),
    );

    /// # Safety
    /// The pointer is that of a waker, whose reference the caller has.
    unsafe fn from_data(data: *const ()) -> Self {
        // SAFETY: by contract it leads to a node.
        let node = unsafe { NonNull::new_unchecked(data.cast_mut()) }.cast();
        Self { node, relay: PhantomData }
    }
}

impl<R: Relay> Clone for RelayRef<R> {
    fn clone(&self) -> Self {
        // SAFETY: we have a reference.
        unsafe { self.node.as_ref() }.lifecycle.retain();
        Self { node: self.node, relay: PhantomData }
    }
}

impl<R: Relay> Drop for RelayRef<R> {
    fn drop(&mut self) {
        // SAFETY: we have a reference, and use it no more.
        unsafe { node::release(self.node) };
    }
}

impl<R: Relay> Deref for RelayRef<R> {
    type Target = R;

    fn deref(&self) -> &R {
        // SAFETY: the relay is there as long as the node, which our reference keeps. A reference to
        // this field only: the completer may be writing the outcome beside it.
        unsafe {
            let relay = &raw const (*self.node.cast::<RelayNode<R>>().as_ptr()).relay;
            &*relay
        }
    }
}
