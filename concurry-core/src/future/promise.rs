//! A future that somebody completes by hand.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::{OnceLock, Weak};

use super::driven::Complete;
use super::lifecycle::Lifecycle;
use super::node::{self, Header, Kind, VTable, View};
use super::sides::{Claimed, PoolSide, UserSide};
use super::turns::{OnCancel, Signal};
use super::{Cancel, Outcome, TaskFuture};
use crate::CallError;
use crate::error::CallSite;
use crate::shared::PoolId;

/// A node without arguments: header and outcome, then what the promise needs beside them.
#[repr(C)]
struct PromiseNode<T, E> {
    outcome: View<MaybeUninit<Outcome<T, E>>>,
    site: CallSite,
    hook: OnceLock<Weak<dyn OnCancel>>,
}

/// What completes a future, whatever its node. Dropping it completes the future as stopped.
#[derive(Debug)]
pub(crate) struct Completer<T, E> {
    claimed: Claimed,
    types: PhantomData<fn(T, E)>,
}

impl<T, E> Completer<T, E> {
    /// # Safety
    /// The outcome of the node is of this type.
    pub(super) unsafe fn new(claimed: Claimed) -> Self {
        Self { claimed, types: PhantomData }
    }
}

impl<T: Send + 'static, E: Send + 'static> Complete for Completer<T, E> {
    type Outcome = Outcome<T, E>;

    fn failed(error: CallError<Infallible>) -> Outcome<T, E> {
        Err(error.widen())
    }

    fn complete(self, outcome: Outcome<T, E>) {
        let node = self.claimed.into_node();
        // SAFETY: it is the completer, so nobody has written the outcome before; by contract it is
        // of this type.
        unsafe {
            let place = node.byte_add(node.as_ref().vtable.outcome).cast::<Outcome<T, E>>();
            place.write(outcome);
            node::complete(node);
        }
    }
}

/// The completing side of a future that can be told whom a cancel is for.
#[derive(Debug)]
pub(crate) struct Promise<T, E> {
    completer: Completer<T, E>,
}

/// Makes a future and its completing side.
pub(crate) fn promise<T: Send + 'static, E: Send + 'static>(
    site: CallSite,
    pool: PoolId,
) -> (Promise<T, E>, TaskFuture<T, E>) {
    let node = Header::allocate(PromiseNode::<T, E>::VTABLE, pool, Lifecycle::running);
    let whole = node.cast::<PromiseNode<T, E>>().as_ptr();
    // SAFETY: the vtable's layout is that of the whole node; the header is written, the outcome
    // stays open, and these are the other fields.
    unsafe {
        (&raw mut (*whole).site).write(site);
        (&raw mut (*whole).hook).write(OnceLock::new());
    }
    // SAFETY: a running node has one reference for each side, and is claimed.
    let (user, claimed) = unsafe { (UserSide::from_raw(node), PoolSide::from_raw(node)) };
    // SAFETY: the node was made for these types.
    let completer = unsafe { Completer::new(claimed.already_claimed()) };
    (Promise { completer }, TaskFuture::from_node(user))
}

impl<T, E> PromiseNode<T, E> {
    #[allow(clippy::undocumented_unsafe_blocks)] // one argument for all of them
    const VTABLE: &'static VTable = &VTable {
        // SAFETY (each): the callers' contracts are those of `VTable`.
        site: |node| unsafe { (*node.cast::<Self>().as_ptr()).site },
        layout: std::alloc::Layout::new::<Self>(),
        outcome: View::<MaybeUninit<Outcome<T, E>>>::OFFSET,
        abandon: |node, error| unsafe {
            Self::outcome(node).write(Err(error.widen()));
        },
        drop_outcome: |node| unsafe { Self::outcome(node).drop_in_place() },
        signal: |node| {
            let hook = unsafe { Self::hook(node) }.get().and_then(Weak::upgrade);
            hook.map_or(Signal::Arrived(Cancel::Signalled), Signal::For)
        },
        dispose: |node| unsafe {
            (&raw mut (*node.cast::<Self>().as_ptr()).hook).drop_in_place();
        },
        kind: Kind::Promised,
    };

    /// # Safety
    /// The node is of this type and alive.
    unsafe fn hook<'a>(node: NonNull<Header>) -> &'a OnceLock<Weak<dyn OnCancel>> {
        // SAFETY: by contract. A reference to this field only: the completer may be writing the
        // outcome beside it.
        unsafe {
            let hook = &raw const (*node.cast::<Self>().as_ptr()).hook;
            &*hook
        }
    }

    fn outcome(node: NonNull<Header>) -> *mut Outcome<T, E> {
        // SAFETY: within the node.
        unsafe { node.byte_add(View::<MaybeUninit<Outcome<T, E>>>::OFFSET).cast::<Outcome<T, E>>() }
            .as_ptr()
    }
}

impl<T: Send + 'static, E: Send + 'static> Promise<T, E> {
    /// Says whom a cancel of the future is for. Only the first call counts.
    pub(crate) fn on_cancel(&self, hook: Weak<dyn OnCancel>) {
        // SAFETY: the promise keeps its node alive.
        let known = unsafe { PromiseNode::<T, E>::hook(self.completer.claimed.node()) };
        let _ = known.set(hook);
    }

    /// Completes the future.
    pub(crate) fn complete(self, outcome: Outcome<T, E>) {
        self.completer.complete(outcome);
    }

    /// For somebody who need not be told whom a cancel is for.
    pub(crate) fn into_completer(self) -> Completer<T, E> {
        self.completer
    }
}
