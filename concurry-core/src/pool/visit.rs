//! A worker that comes by: many small calls for one dispatch.
//!
//! Whoever has many calls for a pool may ask for a worker in place of sending them one by one. The
//! visit is itself a call: it waits in the queue like others, and the worker goes on to the next call
//! when it ends. It is offered only where a call is nothing but "wait for a worker, run the method":
//! a thread pool with one queue, methods without layers that never await.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::Handle;
use super::backends::Backends;
use crate::call::CallContext;
use crate::error::CallSite;
use crate::future::{Outcome, TaskFuture};
use crate::panics;
use crate::shared::{Stage, running};
use crate::worker::{
    Abilities, Method, MethodSpec, MethodWires, Queueing, RunMut, Shape, SyncMut, Worker,
    WorkerType,
};
use crate::{CallError, Mode};

/// What a worker does on a visit.
#[doc(hidden)]
pub type Visiting = Box<dyn FnOnce(&mut Visitor<'_>) + Send>;

/// A worker, for as long as its visit lasts.
#[doc(hidden)]
pub struct Visitor<'v> {
    worker: &'v mut dyn Any,
    context: &'v CallContext,
    /// Calls made so far. The visit as a whole counts as one of them.
    counted: u64,
    /// A method panicked, so the state is not to be used again.
    panicked: bool,
}

impl Visitor<'_> {
    /// Calls a method of the worker. After a panic no further one is to be called: the visitor is
    /// [spoilt](Self::is_spoilt).
    ///
    /// # Panics
    ///
    /// If the worker is of another type.
    #[inline]
    pub fn call<M: Method>(&mut self, args: M::Args) -> Outcome<M::Output, M::Error> {
        let Some(worker) = self.worker.downcast_mut::<M::Worker>() else {
            panic!("a worker was asked for a method of another type");
        };
        let worker: *mut M::Worker = worker;
        let context = CallContext::detached();
        // SAFETY: the pointer comes from a unique reference that is not used meanwhile.
        let run = AssertUnwindSafe(|| unsafe { M::Shape::run(worker, context, args, None) });
        let site = CallSite::new(const { &M::SPEC });
        match catch_unwind(run) {
            Ok(Some(result)) => result.map_err(CallError::Failed),
            Ok(None) => Err(CallError::Cancelled(site)),
            Err(payload) => {
                self.panicked = true;
                Err(CallError::Panicked(Box::new(panics::describe(site, payload))))
            }
        }
    }

    /// Whether a method panicked: the visit has to end.
    #[must_use]
    pub fn is_spoilt(&self) -> bool {
        self.panicked
    }

    /// Whether the pool takes no more calls: the visit has to end.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.context.pool().is_none_or(|pool| pool.shutdown.stage() >= Stage::Draining)
    }

    /// The worker's number.
    #[must_use]
    pub fn worker_index(&self) -> usize {
        self.context.worker_index()
    }

    /// Counts calls in the pool's statistics.
    pub fn count(&mut self, mut done: u64, mut failed: u64) {
        let Some(pool) = self.context.pool() else { return };
        // The pool counts the visit itself: as failed if it ends by a panic.
        if self.counted == 0 {
            let whole = if self.panicked { &mut failed } else { &mut done };
            if *whole > 0 {
                *whole -= 1;
                self.counted = 1;
            }
        } else if self.panicked && failed > 0 {
            // Until now it stood for a call that succeeded.
            failed -= 1;
            done += 1;
        }
        self.counted += done + failed;
        pool.workers[self.context.worker_index()].add(done, failed);
    }
}

impl fmt::Debug for Visitor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visitor").field("worker", &self.worker_index()).finish_non_exhaustive()
    }
}

/// The method that stands for a visit.
struct Visit<W>(PhantomData<fn(W)>);

impl<W: Worker> Method for Visit<W> {
    type Worker = W;
    type Args = Visiting;
    type Output = ();
    type Error = Infallible;
    type Shape = SyncMut;
    const SPEC: MethodSpec = MethodSpec {
        exclusive: true,
        uses_context: true,
        ..MethodSpec::of_our_own(<W as WorkerType>::NAME, "visit")
    };

    fn abilities() -> Abilities<Self> {
        Abilities { clone_args: None, verdict: None, describe: None, wires: MethodWires::none() }
    }
}

/// The state is to be discarded. Its cause was reported where it happened.
struct Spoilt;

impl<W: Worker> RunMut for Visit<W> {
    fn run(worker: &mut W, context: &CallContext, visiting: Visiting) -> Result<(), Infallible> {
        let mut visitor = Visitor { worker, context, counted: 0, panicked: false };
        visiting(&mut visitor);
        if visitor.panicked {
            resume_unwind(Box::new(Spoilt)); // past the hook: it is no second panic
        }
        Ok(())
    }
}

impl<W: Worker> Handle<W> {
    /// Which pool it is, among those that are there.
    #[must_use]
    pub fn pool_number(&self) -> u32 {
        self.pool.shared.id.number()
    }

    /// Where its calls run.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.pool.mode
    }

    /// How many workers it has at most.
    #[must_use]
    pub fn max_workers(&self) -> usize {
        self.pool.shared.workers.len()
    }

    /// How many calls may wait, if that is bounded.
    #[must_use]
    pub fn max_queued(&self) -> Option<usize> {
        self.pool.bound.as_ref().map(|bound| bound.max)
    }

    /// Whether both make the same calls: the same pool with the same options.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        use std::sync::Arc;
        let same_options = match (&self.options, &other.options) {
            (None, None) => true,
            (Some(own), Some(others)) => Arc::ptr_eq(own, others),
            _ => false,
        };
        same_options && std::ptr::eq(&*self.pool, &*other.pool)
    }

    /// Whether calls of this method may be made on visits.
    #[must_use]
    pub fn is_visitable<M: Method<Worker = W>>(&self) -> bool {
        let one_thread_queue = match &self.pool.backends {
            Backends::Queued(queued) => {
                queued.queueing == Queueing::Blocking && queued.queues.len() == 1
            }
            Backends::Sync(_) | Backends::Other(_) => false,
        };
        one_thread_queue
            && !M::SPEC.asynchronous
            && !M::SPEC.uses_context
            && self.options.is_none()
            && running::deadline().is_none()
            && self.pool.bound.is_none()
            && self.pool.layers.is_plain(M::SPEC.index)
    }

    /// Asks for a worker. If none comes, `visiting` is dropped without a call.
    pub fn visit(&self, visiting: Visiting) -> TaskFuture<()> {
        self.pool.submit::<Visit<W>>(visiting, None)
    }
}
