//! A call on its way to a worker elsewhere.

use std::convert::Infallible;
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;

use super::Chunk;
use crate::CallError;
use crate::backend::remote_node::place;
use crate::call::{Copies, EnvironmentRef};
use crate::error::CallSite;
use crate::future::node::{Header, Kind};
use crate::future::{Call, Claimed, Ran, RemoteFunctions, Sending, Unpublished};
use crate::sync::Ordering;
use crate::wire::{CarryFailure, Frame, FrameWriter};

/// The worker of queues whose calls run elsewhere.
#[derive(Debug)]
pub(crate) struct Anywhere;

/// A call that waits for a worker. Dropping it fails it as stopped.
#[derive(Debug)]
pub struct RemoteCall {
    call: Call<Anywhere>,
    /// The other copies of the attempt, which are with other workers.
    pub(crate) copies: Option<Arc<Copies>>,
}

/// A call that was taken from the queue. Dropping it fails it as stopped.
#[derive(Debug)]
pub struct TakenCall(Claimed);

impl RemoteCall {
    pub(crate) fn new(call: Call<Anywhere>, copies: Option<Arc<Copies>>) -> Self {
        Self { call, copies }
    }

    pub(crate) fn into_call(self) -> Call<Anywhere> {
        self.call
    }

    /// Takes the call. `None` if it was cancelled while it waited.
    #[must_use]
    #[inline]
    pub fn take(self) -> Option<TakenCall> {
        self.call.claim().map(|call| TakenCall(call.claimed))
    }
}

impl TakenCall {
    fn node(&self) -> NonNull<Header> {
        self.0.node()
    }

    fn functions(&self) -> &'static RemoteFunctions {
        match &self.0.vtable().kind {
            Kind::Remote(functions) => functions,
            _ => unreachable!("queues of workers elsewhere hold remote calls only"),
        }
    }

    /// The method that was called.
    #[must_use]
    pub fn site(&self) -> CallSite {
        self.0.site()
    }

    /// Whether the method may be run twice.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.functions().spec.idempotent
    }

    /// Whether it takes `&mut self`, so that nothing else may run on the worker meanwhile.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        self.functions().spec.exclusive
    }

    /// Whether it is an `async fn`.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.functions().spec.asynchronous
    }

    /// Whether nobody wants its outcome any more.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        // SAFETY: we hold the node.
        unsafe { self.node().as_ref() }.lifecycle.is_cancelled()
    }

    /// Whether its deadline has passed, or it took longer than an attempt may.
    #[must_use]
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.environment().is_some_and(|environment| environment.is_overdue(now))
    }

    pub(crate) fn environment(&self) -> Option<EnvironmentRef> {
        // SAFETY: claimed by us, and not completed.
        unsafe { (self.functions().environment)(self.node()) }
    }

    /// Whether it is several calls that a map made.
    pub(crate) fn is_chunk(&self) -> bool {
        self.functions().chunk.is_some()
    }

    /// The calls, if it is several.
    pub(crate) fn chunk(&mut self) -> Option<&mut dyn Chunk> {
        let chunk = self.functions().chunk?;
        // SAFETY: claimed by us, and not completed; nobody else looks at the calls.
        Some(unsafe { &mut **chunk(self.node()) })
    }

    /// How many calls it is that are not over.
    pub(crate) fn open(&self) -> usize {
        // SAFETY: as above.
        self.functions().chunk.map_or(1, |chunk| unsafe { (*chunk(self.node())).open() })
    }

    /// Notes where the call is, for a cancel to find it. Zero: nowhere.
    pub fn put_at(&self, at: u64) {
        // SAFETY: the node is of the remote kind, and we hold it.
        let place = unsafe { place(self.node()) };
        // Release: pairs with the Acquire of a cancel.
        place.store(at, Ordering::Release);
    }

    /// Adds the call to the messages, under a number.
    ///
    /// # Errors
    ///
    /// What its arguments' own serialisation says, or that the message is too large. Nothing was
    /// added then.
    ///
    /// # Safety
    ///
    /// The call is neither dropped nor ended before the messages are written or dropped: large
    /// arguments are not copied.
    #[inline]
    pub(crate) unsafe fn encode(
        &self,
        writer: &mut FrameWriter<'static>,
        call: u64,
        sending: &Sending<'_>,
    ) -> Result<(), CarryFailure> {
        let encode = || {
            // SAFETY: claimed by us; the rest is the caller's contract.
            unsafe { (self.functions().encode)(self.node(), writer, call, sending) }
        };
        // Serialisation is code of the types' own.
        CarryFailure::or_panic("encoding it", encode)
    }

    /// Ends the call with what a worker sent.
    pub(crate) fn complete(self, frame: Frame<'_>, worker: usize) -> (Ran, Unpublished) {
        let functions = self.functions();
        let node = self.0.into_node();
        // SAFETY: it was claimed by us, and is completed by `Unpublished`.
        unsafe {
            let ran = (functions.complete)(node, frame, worker);
            (ran, Unpublished::new(node))
        }
    }

    /// Ends the call because it has ended too many workers.
    pub(crate) fn quarantine(self, deaths: u32) {
        let functions = self.functions();
        let node = self.0.into_node();
        // SAFETY: as above.
        unsafe {
            (functions.quarantine)(node, deaths);
            Unpublished::new(node).publish();
        }
    }

    /// Ends the call without having run it, or without knowing.
    pub fn fail(self, error: CallError<Infallible>) {
        self.0.abandon(error);
    }
}
