//! The node of a call that runs to its end on the thread that has the worker.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use super::thread::interrupt;
use crate::CallError;
use crate::call::{CallContext, EnvironmentRef};
use crate::error::CallSite;
use crate::future::node::{Header, Kind, VTable, View, layout_of};
use crate::future::{BlockingFunctions, Cancel, Lifecycle, Outcome, Ran, Signal};
use crate::panics;
use crate::shared::{PoolId, Seat, running};
use crate::worker::{Method, QueuedCall, Shape, Watched};

/// What a call brings to its worker.
struct Order<M: Method> {
    args: M::Args,
    environment: Option<EnvironmentRef>,
}

struct BlockingNode<M, S>(PhantomData<(M, S)>);

/// Makes a call of `M`, to be run by its shape.
#[inline]
pub(crate) fn blocking_node<M: Method, S: Shape<M>>(
    args: M::Args,
    environment: Option<EnvironmentRef>,
    pool: PoolId,
) -> QueuedCall<M> {
    let node = Header::allocate(BlockingNode::<M, S>::VTABLE, pool, Lifecycle::queued);
    // SAFETY: the layout has room for the order behind the header, and a queued node has one
    // reference for each side.
    unsafe {
        BlockingNode::<M, S>::order(node).write(Order { args, environment });
        QueuedCall::new(node)
    }
}

impl<M: Method, S: Shape<M>> BlockingNode<M, S> {
    const VTABLE: &'static VTable = &VTable {
        site: |_| CallSite::new(const { &M::SPEC }),
        layout: layout_of::<View<Order<M>>, View<Outcome<M::Output, M::Error>>>(),
        outcome: View::<Outcome<M::Output, M::Error>>::OFFSET,
        abandon: Self::abandon,
        // SAFETY: the caller owns the outcome.
        drop_outcome: |node| unsafe { Self::outcome(node).drop_in_place() },
        signal: |node| {
            if M::SPEC.asynchronous {
                interrupt::interrupt(node);
            }
            Signal::Arrived(Cancel::Signalled)
        },
        dispose: |_| {},
        kind: Kind::Blocking(BlockingFunctions { exclusive: M::SPEC.exclusive, run: Self::run }),
    };

    fn order(node: NonNull<Header>) -> *mut Order<M> {
        // SAFETY: within the node.
        unsafe { node.byte_add(View::<Order<M>>::OFFSET).cast::<Order<M>>() }.as_ptr()
    }

    fn outcome(node: NonNull<Header>) -> *mut Outcome<M::Output, M::Error> {
        // SAFETY: within the node.
        unsafe {
            node.byte_add(View::<Outcome<M::Output, M::Error>>::OFFSET)
                .cast::<Outcome<M::Output, M::Error>>()
        }
        .as_ptr()
    }

    /// # Safety
    /// See [`VTable::abandon`].
    unsafe fn abandon(node: NonNull<Header>, error: CallError<Infallible>) {
        // SAFETY: by contract the order is ours. Its destructor is the user's code.
        unsafe {
            let order = Self::order(node);
            panics::contain(|| order.drop_in_place());
            Self::outcome(node).write(Err(error.widen()));
        }
    }

    /// # Safety
    /// See [`BlockingFunctions::run`].
    unsafe fn run(node: NonNull<Header>, worker: *mut (), seat: &Arc<Seat>) -> Ran {
        // SAFETY: by contract the order is ours; it is moved out, which makes room for the outcome.
        let Order { args, environment } = unsafe { Self::order(node).read() };
        let mut deadline = None;
        if let Some(environment) = &environment {
            if let Err(timeout) = environment.begin(seat) {
                panics::contain(|| drop(args));
                // SAFETY: the order is moved out; this is its place.
                unsafe { Self::outcome(node).write(Err(CallError::TimedOut(timeout))) };
                return Ran::Failed;
            }
            deadline = environment.deadline;
        }
        // Kept to the end where the context does not: it says when the call has ended.
        let mut kept = None;
        let context = if M::SPEC.uses_context {
            // SAFETY: the node is alive as long as the call runs, and so is the context.
            unsafe { CallContext::of_node(seat, environment, node) }
        } else {
            kept = environment;
            CallContext::detached()
        };
        let _within = deadline.map(|deadline| running::Within::enter(Some(deadline)));
        let worker = worker.cast::<M::Worker>();
        let watch = Some(Watched { node, pool: &seat.pool });
        // SAFETY: by contract.
        let run = AssertUnwindSafe(|| unsafe { S::run(worker, context, args, watch) });
        let ended = catch_unwind(run);
        drop(kept);
        let (outcome, ran) = match ended {
            Ok(Some(Ok(output))) => (Ok(output), Ran::Done),
            Ok(Some(Err(error))) => (Err(CallError::Failed(error)), Ran::Failed),
            Ok(None) => {
                // SAFETY: the node is alive as long as the call runs.
                let cancelled = unsafe { node.as_ref() }.lifecycle.is_cancelled();
                let site = CallSite::new(const { &M::SPEC });
                let error =
                    if cancelled { CallError::Cancelled(site) } else { CallError::Stopped(site) };
                (Err(error), Ran::Failed)
            }
            Err(payload) => {
                let panic = panics::describe(CallSite::new(const { &M::SPEC }), payload);
                (Err(CallError::Panicked(Box::new(panic))), Ran::Panicked)
            }
        };
        // SAFETY: the order is moved out; this is its place.
        unsafe { Self::outcome(node).write(outcome) };
        ran
    }
}
