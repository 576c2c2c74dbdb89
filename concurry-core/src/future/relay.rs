//! A future that gets its outcome from another call: promise, state and waker in one node.
//!
//! The relay leaves its waker with the call that it follows. The end of that call wakes it on the
//! thread that completed the call, and the relay completes its own future there, or hands it on.
//! Nothing but the node is allocated for that. The types of the call are known by the node's table
//! alone.

use std::alloc::Layout;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::Outcome;
use super::lifecycle::Lifecycle;
use super::node::{self, Header, Kind, VTable};
use super::sides::{PoolSide, UserSide};
use super::turns::Signal;
use super::untyped::{UntypedCompleter, UntypedFuture};
use crate::error::CallSite;
use crate::shared::PoolId;

/// What stands between a future and the call that it follows.
pub(crate) trait Relay: Send + Sync + Sized + 'static {
    /// What it waits for may have come.
    fn woken(this: &RelayRef<Self>);

    /// The user asked the future to stop.
    fn cancelled(this: &RelayRef<Self>) -> Signal;
}

/// The types of a relay's future.
pub(crate) trait RelayTypes {
    /// What the future gives.
    type Output: Send + 'static;
    /// The method's own error.
    type Error: Send + 'static;
    /// What may lie where the outcome will be. Whoever puts it there takes it away again.
    type Before;
    /// The method that was called.
    const SITE: CallSite;
}

/// A node without arguments: header and relay, then the outcome.
#[repr(C)]
pub(crate) struct RelayNode<R, X> {
    header: Header,
    relay: R,
    room: MaybeUninit<X>,
}

/// In one place, one after the other.
union Room<T: RelayTypes> {
    _outcome: ManuallyDrop<Outcome<T::Output, T::Error>>,
    _before: ManuallyDrop<T::Before>,
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
    pub(crate) completer: UntypedCompleter,
    pub(crate) future: UntypedFuture,
}

/// Makes a relay where it stays: behind the only step that can fail, and inlined, so that no copy of it
/// is made first. If making it panics, its memory is lost.
///
/// # Safety
/// The table is one of [`RelayNode::table`] for this relay, and `relay` of the result is not used after
/// its future was given away.
#[inline(always)]
pub(crate) unsafe fn relay<R: Relay>(
    table: &'static VTable,
    pool: PoolId,
    make: impl FnOnce() -> R,
) -> Relayed<R> {
    let node = Header::allocate_large(table, pool, Lifecycle::relayed);
    // SAFETY: the table's layout is that of the whole node; the header is written, the outcome
    // stays open, and this is the other field. A running node has one reference for each side, and
    // is claimed; this one has one more.
    unsafe {
        (&raw mut (*node.cast::<RelayNode<R, ()>>().as_ptr()).relay).write(make());
        Relayed {
            waker: RelayRef { node, relay: PhantomData::<R> }.into_waker(),
            relay: ManuallyDrop::new(RelayRef { node, relay: PhantomData }),
            completer: UntypedCompleter::new(PoolSide::from_raw(node).already_claimed()),
            future: UntypedFuture::of(UserSide::from_raw(node)),
        }
    }
}

impl<R: Relay, X> RelayNode<R, X> {
    // Header and relay lie where they do without anything behind them.
    const AT: usize = {
        assert!(std::mem::offset_of!(Self, relay) == std::mem::offset_of!(RelayNode<R, ()>, relay));
        std::mem::offset_of!(Self, room)
    };
}

impl<R: Relay> RelayNode<R, ()> {
    /// What nodes are made by whose future is of these types.
    pub(crate) const fn table<T: RelayTypes>() -> &'static VTable {
        const { &Self::table_of::<T>() }
    }

    #[allow(clippy::undocumented_unsafe_blocks)] // one argument for all of them
    const fn table_of<T: RelayTypes>() -> VTable {
        VTable {
            // SAFETY (each): the callers' contracts are those of `VTable`.
            site: |_| T::SITE,
            layout: Layout::new::<RelayNode<R, Room<T>>>(),
            outcome: RelayNode::<R, Room<T>>::AT,
            abandon: |node, error| unsafe {
                let outcome = node.byte_add(RelayNode::<R, Room<T>>::AT);
                outcome.cast::<Outcome<T::Output, T::Error>>().write(Err(error.widen()));
            },
            drop_outcome: |node| unsafe {
                let outcome = node.byte_add(RelayNode::<R, Room<T>>::AT);
                outcome.cast::<Outcome<T::Output, T::Error>>().drop_in_place();
            },
            signal: Self::signal,
            dispose: Self::dispose,
            kind: Kind::Promised,
        }
    }

    /// # Safety
    /// See [`VTable::signal`].
    unsafe fn signal(node: NonNull<Header>) -> Signal {
        // Borrowed: whoever cancels keeps the node.
        R::cancelled(&ManuallyDrop::new(RelayRef::<R> { node, relay: PhantomData }))
    }

    /// # Safety
    /// See [`VTable::dispose`].
    unsafe fn dispose(node: NonNull<Header>) {
        // SAFETY: by contract nobody uses it any more.
        unsafe { (&raw mut (*node.cast::<Self>().as_ptr()).relay).drop_in_place() };
    }
}

impl<R: Relay> RelayRef<R> {
    /// Where the outcome will be, and [something else](RelayTypes::Before) may lie before.
    pub(crate) fn room(&self) -> NonNull<()> {
        // SAFETY: our reference keeps the node, and it is within it.
        unsafe { self.node.byte_add(self.node.as_ref().vtable.outcome).cast() }
    }

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
            let relay = &raw const (*self.node.cast::<RelayNode<R, ()>>().as_ptr()).relay;
            &*relay
        }
    }
}
