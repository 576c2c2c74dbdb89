//! A call as the pool sees it: queued, claimed, run, and not yet published.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Poll;
#[cfg(feature = "process")]
use std::time::Instant;

use super::node::{Header, Kind, complete};
use super::sides::{Claimed, PoolSide};
use crate::CallError;
#[cfg(feature = "process")]
use crate::call::EnvironmentRef;
use crate::shared::Seat;
#[cfg(feature = "process")]
use crate::wire::{CarryFailure, Frame, FrameWriter};

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

    /// The same call, as the queues of workers elsewhere hold it.
    #[cfg(feature = "process")]
    pub(crate) fn retyped<V>(self) -> Call<V> {
        Call { side: self.side, worker: PhantomData }
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

/// What nodes know how to do whose calls run to their end on the thread that has the worker.
pub(crate) struct BlockingFunctions {
    /// Takes `&mut self`.
    pub(crate) exclusive: bool,
    /// Runs the method and writes the outcome. The caller has claimed the node, and completes it.
    /// The pointer leads to a worker of the node's type, which nobody else uses meanwhile, except
    /// by shared references if the method is not exclusive.
    pub(crate) run: unsafe fn(NonNull<Header>, *mut (), &Arc<Seat>) -> Ran,
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

/// What the context of a call is made of that leaves the process.
#[cfg(feature = "process")]
#[derive(Debug)]
pub(crate) struct Sending<'p> {
    pub(crate) now: Instant,
    pub(crate) limits: &'p concurry_limits::Limits,
}

/// What nodes know how to do whose calls run elsewhere. Every function asks that the caller has
/// claimed the node and not completed it.
#[cfg(feature = "process")]
pub(crate) struct RemoteFunctions {
    /// The method.
    pub(crate) spec: &'static crate::worker::MethodSpec,
    /// Where the calls are, if the node is of several: see `chunk_node`. The functions but this one
    /// are not for it, then.
    pub(crate) chunk: Option<fn(NonNull<Header>) -> *mut Box<dyn crate::remote::Chunk>>,
    /// What the call brings along.
    pub(crate) environment: unsafe fn(NonNull<Header>) -> Option<EnvironmentRef>,
    /// Adds the call to the messages, under that number. The node is not completed before they are
    /// written or forgotten: they point into it.
    pub(crate) encode: unsafe fn(
        NonNull<Header>,
        &mut FrameWriter<'static>,
        u64,
        &Sending<'_>,
    ) -> Result<(), CarryFailure>,
    /// Writes the outcome that a worker sent.
    pub(crate) complete: unsafe fn(NonNull<Header>, Frame<'_>, usize) -> Ran,
    /// Somebody is about to block on the call. It need not be claimed, and may be done.
    pub(crate) attend: unsafe fn(NonNull<Header>),
    /// Somebody looks at the call otherwise. As above.
    pub(crate) heed: unsafe fn(NonNull<Header>),
    /// Writes that the call has ended too many workers, with its arguments.
    pub(crate) quarantine: unsafe fn(NonNull<Header>, u32),
}

/// What nodes know how to do whose calls are polled on the thread that has the worker.
pub(crate) struct PolledFunctions {
    /// Takes `&mut self`.
    pub(crate) exclusive: bool,
    /// Calls the method, which gives the future. The caller has claimed the node. The worker lives
    /// until the future is dropped, and nobody else uses it but as the method's receiver allows.
    /// `Some`: the method panicked before there was a future; the outcome is written.
    pub(crate) start: unsafe fn(NonNull<Header>, *mut (), &Arc<Seat>) -> Option<Ran>,
    /// Polls the future. `Ready`: it is dropped, and the outcome is written.
    pub(crate) poll: unsafe fn(NonNull<Header>) -> Poll<Ran>,
    /// Drops the future, and writes why there is no other outcome.
    pub(crate) interrupt: unsafe fn(NonNull<Header>, CallError<Infallible>),
}
