//! The node of a call that runs to its end on the thread that has the worker.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::Arc;

use super::lifecycle::Lifecycle;
use super::node::{
    Claimed, Header, Kind, PoolId, PoolSide, UserSide, VTable, View, complete, layout_of,
};
use super::{Cancel, Outcome, TaskFuture};
use crate::CallError;
use crate::backend::thread::interrupt;
use crate::call::{CallContext, CallEnvironment, Runner, Seat, Watched};
use crate::error::CallSite;
use crate::panics;
use crate::worker::Method;

/// A call in the queue of a pool of `W`. Dropping it fails it as stopped.
#[derive(Debug)]
pub(crate) struct Call<W> {
    side: PoolSide,
    worker: PhantomData<fn(&mut W)>,
}

impl<W> Call<W> {
    /// # Safety
    /// The node's functions expect a worker of type `W`.
    pub(crate) unsafe fn new(side: PoolSide) -> Self {
        Self { side, worker: PhantomData }
    }

    #[inline]
    pub(crate) fn into_side(self) -> PoolSide {
        self.side
    }

    /// How the call is run.
    #[inline]
    pub(crate) fn kind(&self) -> &'static Kind {
        &self.side.header().vtable.kind
    }

    pub(crate) fn node(&self) -> NonNull<Header> {
        self.side.node()
    }

    /// Takes the call to run it. `None` if it was cancelled while it was queued.
    #[inline]
    pub(crate) fn claim(self) -> Option<ClaimedCall<W>> {
        self.side.claim().map(|claimed| ClaimedCall { claimed, worker: PhantomData })
    }
}

/// A call that a worker has begun.
#[derive(Debug)]
pub(crate) struct ClaimedCall<W> {
    pub(crate) claimed: Claimed,
    worker: PhantomData<fn(&mut W)>,
}

/// What nodes of this kind know how to do.
pub(crate) struct BlockingFunctions {
    /// Takes `&mut self`.
    pub(crate) exclusive: bool,
    /// Runs the method and writes the outcome. The caller has claimed the node, and completes it.
    /// The pointer leads to a worker of the node's type, which nobody else uses meanwhile, except
    /// by shared references if the method is not exclusive.
    run: unsafe fn(NonNull<Header>, *mut (), &Arc<Seat>) -> Ran,
}

/// How running a call ended, for the statistics and the supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// The method gave its output.
    Done,
    /// The method gave its error.
    Failed,
    /// The method panicked: the worker's state is not to be trusted.
    Panicked,
}

impl<W> ClaimedCall<W> {
    /// The functions of a node of the blocking kind, or of a polled one.
    pub(crate) fn kind(&self) -> &'static Kind {
        &self.claimed.vtable().kind
    }

    /// Runs the call to its end. The outcome is there, but for nobody to see until it is published.
    ///
    /// # Safety
    /// `worker` leads to a valid worker that nobody else uses meanwhile, except by shared references
    /// if the method is not exclusive.
    #[inline]
    pub(crate) unsafe fn run(self, worker: *mut W, seat: &Arc<Seat>) -> (Ran, Unpublished) {
        let Kind::Blocking(functions) = self.kind() else {
            unreachable!("queues of threads hold blocking calls only");
        };
        let node = self.claimed.into_node();
        // SAFETY: we claimed the node, the types are right by the type of the queue, and the
        // worker by contract.
        let ran = unsafe { (functions.run)(node, worker.cast(), seat) };
        (ran, Unpublished(node))
    }
}

/// A call whose outcome is written.
#[derive(Debug)]
#[must_use = "somebody waits for the outcome"]
pub(crate) struct Unpublished(NonNull<Header>);

// SAFETY: the outcome is `Send`, and completing is what any thread may do.
unsafe impl Send for Unpublished {}

impl Unpublished {
    /// # Safety
    /// The caller has claimed the node and written its outcome, and uses the node no more.
    pub(crate) unsafe fn new(node: NonNull<Header>) -> Self {
        Self(node)
    }

    /// Hands the outcome to the user side.
    #[inline]
    pub(crate) fn publish(self) {
        // SAFETY: the node was claimed by the maker, and its outcome is written.
        unsafe { complete(self.0) };
    }
}

/// What a call brings to its worker.
struct Order<M: Method> {
    args: M::Args,
    environment: Option<Arc<CallEnvironment>>,
}

struct CallNode<M, R>(PhantomData<(M, R)>);

/// Makes a call of `M`, to be run by `R`.
#[inline]
pub(crate) fn call_node<M: Method, R: Runner<M>>(
    args: M::Args,
    environment: Option<Arc<CallEnvironment>>,
    pool: PoolId,
) -> (Call<M::Worker>, TaskFuture<M::Output, M::Error>) {
    let node = Header::allocate(CallNode::<M, R>::VTABLE, pool, Lifecycle::queued);
    // SAFETY: the layout has room for the order behind the header, and a queued node has one
    // reference for each side.
    unsafe {
        CallNode::<M, R>::order(node).write(Order { args, environment });
        let call = Call::new(PoolSide::from_raw(node));
        (call, TaskFuture::from_node(UserSide::from_raw(node)))
    }
}

impl<M: Method, R: Runner<M>> CallNode<M, R> {
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
            Cancel::Signalled
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
        if let Some(environment) = &environment {
            environment.note_begin(seat);
        }
        let context = if M::SPEC.uses_context {
            // SAFETY: the node is alive as long as the call runs, and so is the context.
            unsafe { CallContext::of_node(seat, environment, node) }
        } else {
            drop(environment);
            CallContext::detached()
        };
        let worker = worker.cast::<M::Worker>();
        let watch = Some(Watched { node, pool: &seat.pool });
        // SAFETY: by contract.
        let run = AssertUnwindSafe(|| unsafe { R::run(worker, context, args, watch) });
        let (outcome, ran) = match catch_unwind(run) {
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
