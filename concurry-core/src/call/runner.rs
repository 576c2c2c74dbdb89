//! How the four shapes of methods are run, and put into nodes.

use std::future::Future;
use std::ptr::NonNull;
use std::sync::Arc;

use super::{CallContext, CallEnvironment};
use crate::TaskFuture;
use crate::backend::thread::interrupt;
use crate::backend::{asynchronous, runtime};
use crate::future::Call;
use crate::future::call_node::call_node;
use crate::future::node::{Header, PoolId};
use crate::pool::PoolShared;
use crate::worker::{
    AsyncMut, AsyncRef, Method, RunMut, RunRef, StartMut, StartRef, SyncMut, SyncRef,
};

/// Whether async methods of the pool are polled beside each other or run to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queueing {
    /// Every call runs to its end on the thread that took it.
    Blocking,
    /// Async calls are polled.
    Polled,
}

/// Runs methods of one shape.
#[doc(hidden)]
pub trait Runner<M: Method> {
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

/// What can ask an async method that runs on a thread to stop.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)]
pub struct Watched<'c> {
    pub(crate) node: NonNull<Header>,
    pub(crate) pool: &'c PoolShared,
}

/// Runs an async method on the current thread.
///
/// # Safety
/// What is watched outlives the call.
unsafe fn run_to_end<F: Future>(future: F, watch: Option<Watched<'_>>) -> Option<F::Output> {
    match watch {
        None => Some(runtime::block_on(future)),
        Some(Watched { node, pool }) => {
            // SAFETY: by contract.
            runtime::block_on(unsafe { interrupt::until_interrupted(future, node, pool) })
        }
    }
}

/// What a call is made of.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct CallParts<M: Method> {
    pub(crate) args: M::Args,
    pub(crate) environment: Option<Arc<CallEnvironment>>,
    pub(crate) pool: PoolId,
    pub(crate) queueing: Queueing,
}

/// A call and its future.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct QueuedCall<M: Method> {
    pub(crate) call: Call<M::Worker>,
    pub(crate) future: TaskFuture<M::Output, M::Error>,
}

impl<M: Method> QueuedCall<M> {
    #[inline]
    fn blocking<R: Runner<M>>(parts: CallParts<M>) -> Self {
        let (call, future) = call_node::<M, R>(parts.args, parts.environment, parts.pool);
        Self { call, future }
    }
}

impl<M: RunRef> Runner<M> for SyncRef {
    #[inline]
    unsafe fn run(
        worker: *mut M::Worker,
        context: CallContext,
        args: M::Args,
        _: Option<Watched<'_>>,
    ) -> Option<Result<M::Output, M::Error>> {
        // SAFETY: by contract.
        Some(M::run(unsafe { &*worker }, &context, args))
    }

    #[inline]
    fn queue(parts: CallParts<M>) -> QueuedCall<M> {
        QueuedCall::blocking::<Self>(parts)
    }
}

impl<M: RunMut> Runner<M> for SyncMut {
    #[inline]
    unsafe fn run(
        worker: *mut M::Worker,
        context: CallContext,
        args: M::Args,
        _: Option<Watched<'_>>,
    ) -> Option<Result<M::Output, M::Error>> {
        // SAFETY: by contract.
        Some(M::run(unsafe { &mut *worker }, &context, args))
    }

    #[inline]
    fn queue(parts: CallParts<M>) -> QueuedCall<M> {
        QueuedCall::blocking::<Self>(parts)
    }
}

impl<M: StartRef> Runner<M> for AsyncRef {
    unsafe fn run(
        worker: *mut M::Worker,
        context: CallContext,
        args: M::Args,
        watch: Option<Watched<'_>>,
    ) -> Option<Result<M::Output, M::Error>> {
        // SAFETY: by contract.
        let worker = unsafe { &*worker };
        // SAFETY: by contract.
        unsafe { run_to_end(M::start(worker, context, args), watch) }.map(M::finish)
    }

    #[inline]
    fn queue(parts: CallParts<M>) -> QueuedCall<M> {
        match parts.queueing {
            Queueing::Blocking => QueuedCall::blocking::<Self>(parts),
            Queueing::Polled => {
                // The node keeps the future, which borrows the worker; the worker outlives it.
                let (call, future) = asynchronous::polled_node::<M, _, _, _>(
                    parts,
                    |worker: *mut M::Worker, context, args| {
                        // SAFETY: the worker drops every future before its state.
                        M::start(unsafe { &*worker }, context, args)
                    },
                    M::finish,
                );
                QueuedCall { call, future }
            }
        }
    }
}

impl<M: StartMut> Runner<M> for AsyncMut {
    unsafe fn run(
        worker: *mut M::Worker,
        context: CallContext,
        args: M::Args,
        watch: Option<Watched<'_>>,
    ) -> Option<Result<M::Output, M::Error>> {
        // SAFETY: by contract.
        let worker = unsafe { &mut *worker };
        // SAFETY: by contract.
        unsafe { run_to_end(M::start(worker, context, args), watch) }.map(M::finish)
    }

    #[inline]
    fn queue(parts: CallParts<M>) -> QueuedCall<M> {
        match parts.queueing {
            Queueing::Blocking => QueuedCall::blocking::<Self>(parts),
            Queueing::Polled => {
                let (call, future) = asynchronous::polled_node::<M, _, _, _>(
                    parts,
                    |worker: *mut M::Worker, context, args| {
                        // SAFETY: the worker runs the call alone, and drops the future before
                        // its state.
                        M::start(unsafe { &mut *worker }, context, args)
                    },
                    M::finish,
                );
                QueuedCall { call, future }
            }
        }
    }
}
