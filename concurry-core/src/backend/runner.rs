//! The four shapes of methods, run to their end or put into nodes.

use std::future::Future;

use super::blocking_node::blocking_node;
use super::thread::interrupt;
use super::{asynchronous, runtime};
use crate::call::CallContext;
use crate::worker::{
    AsyncMut, AsyncRef, CallParts, Method, QueuedCall, Queueing, RunMut, RunRef, Shape, StartMut,
    StartRef, SyncMut, SyncRef, Watched,
};

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

#[inline]
fn queue_blocking<M: Method, S: Shape<M>>(parts: CallParts<M>) -> QueuedCall<M> {
    blocking_node::<M, S>(parts.args, parts.environment, parts.pool)
}

impl<M: RunRef> Shape<M> for SyncRef {
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
        queue_blocking::<M, Self>(parts)
    }
}

impl<M: RunMut> Shape<M> for SyncMut {
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
        queue_blocking::<M, Self>(parts)
    }
}

impl<M: StartRef> Shape<M> for AsyncRef {
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
            #[cfg(feature = "process")]
            Queueing::Remote => unreachable!("such calls have a node of their own"),
            Queueing::Blocking => queue_blocking::<M, Self>(parts),
            Queueing::Polled => {
                // The node keeps the future, which borrows the worker; the worker outlives it.
                asynchronous::polled_node::<M, _, _, _>(
                    parts,
                    |worker: *mut M::Worker, context, args| {
                        // SAFETY: the worker drops every future before its state.
                        M::start(unsafe { &*worker }, context, args)
                    },
                    M::finish,
                )
            }
        }
    }
}

impl<M: StartMut> Shape<M> for AsyncMut {
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
            #[cfg(feature = "process")]
            Queueing::Remote => unreachable!("such calls have a node of their own"),
            Queueing::Blocking => queue_blocking::<M, Self>(parts),
            Queueing::Polled => {
                asynchronous::polled_node::<M, _, _, _>(
                    parts,
                    |worker: *mut M::Worker, context, args| {
                        // SAFETY: the worker runs the call alone, and drops the future before
                        // its state.
                        M::start(unsafe { &mut *worker }, context, args)
                    },
                    M::finish,
                )
            }
        }
    }
}
