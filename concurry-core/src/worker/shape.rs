//! How a method is run, and how its calls are put into a queue.

use std::marker::PhantomData;
use std::ptr::NonNull;

use super::Method;
use crate::TaskFuture;
use crate::call::{CallContext, EnvironmentRef};
use crate::future::node::Header;
use crate::future::{Call, PoolSide, UserSide};
use crate::shared::{PoolId, PoolShared};

/// How a method is run: the four combinations of receiver and colour. Each backend knows all four.
#[doc(hidden)]
pub trait Shape<M: Method> {
    /// Runs the method to its end on the current thread. `None`: it was dropped half-way, as `watch`
    /// asked.
    ///
    /// # Safety
    /// `worker` is valid, and nobody else uses it meanwhile, except by shared references if the
    /// method takes `&self`. What is watched outlives the call.
    unsafe fn run(
        worker: *mut M::Worker,
        context: CallContext,
        args: M::Args,
        watch: Option<Watched<'_>>,
    ) -> Option<Result<M::Output, M::Error>>;

    /// Makes a call for a queue.
    #[doc(hidden)]
    fn queue(parts: CallParts<M>) -> QueuedCall<M>;
}

/// What a call is made of.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct CallParts<M: Method> {
    pub(crate) args: M::Args,
    pub(crate) environment: Option<EnvironmentRef>,
    pub(crate) pool: PoolId,
    pub(crate) queueing: Queueing,
}

/// A call's new node, which both sides have a reference to.
///
/// One pointer, so that it is handed on in a register. As a pair of call and future it went through
/// memory, and reading it back waited for every store before it: for the node's own lines, which
/// are seldom in the submitter's cache.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
#[must_use = "the node is freed by its two sides"]
pub struct QueuedCall<M: Method> {
    node: NonNull<Header>,
    method: PhantomData<fn() -> M>,
}

impl<M: Method> QueuedCall<M> {
    /// # Safety
    /// The node is a queued call of `M` whose two references nobody holds yet.
    #[inline]
    pub(crate) unsafe fn new(node: NonNull<Header>) -> Self {
        Self { node, method: PhantomData }
    }

    /// The node with both of its references.
    #[inline]
    pub(crate) fn into_node(self) -> NonNull<Header> {
        self.node
    }

    /// What the queue gets and what the user gets.
    #[inline]
    pub(crate) fn split(self) -> (Call<M::Worker>, TaskFuture<M::Output, M::Error>) {
        // SAFETY: by the contract of `new`; each side is made once.
        unsafe {
            let call = Call::new(PoolSide::from_raw(self.node));
            (call, TaskFuture::from_node(UserSide::from_raw(self.node)))
        }
    }
}

/// Whether async methods of the pool are polled beside each other or run to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queueing {
    /// Every call runs to its end on the thread that took it.
    Blocking,
    /// Async calls are polled.
    Polled,
    /// Calls run elsewhere.
    #[cfg(feature = "process")]
    Remote,
}

/// What can ask an async method that runs on a thread to stop.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)]
pub struct Watched<'c> {
    pub(crate) node: NonNull<Header>,
    pub(crate) pool: &'c PoolShared,
}
