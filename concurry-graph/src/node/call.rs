//! A call of a worker's method.

use std::any::TypeId;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use concurry_core::__private::{
    BatchedForm, BatchedFormVisitor, CallTrace, Handle, Method, Visitor, Worker,
};
use concurry_core::error::FailedEarlier;
use concurry_core::journal::{JournalError, Key};
use concurry_core::{CallError, Mode, TaskFuture};

use super::{About, Begun, Kind, Place, VisitAsker};
use crate::argument::{ArgumentHasher, Arguments};
use crate::error::Cause;
use crate::journal::Described;
use crate::method::LazyMethod;
use crate::probe::{KeyOf, Record};

/// Finds that there is a batched form.
struct Found;

impl<M: Method> BatchedFormVisitor<M> for Found {
    type Output = ();

    fn visit<B: BatchedForm<Single = M, Worker = M::Worker>>(self) {}
}

/// A handle that many nodes share, so that each is small. On lines of its own: workers that free nodes
/// count down its owners, each those of other nodes than its neighbours.
#[repr(align(128))]
pub(crate) struct SharedHandle<W: Worker>(pub(crate) Handle<W>);

/// A call of a worker's method.
pub(crate) struct Call<M: Method> {
    handle: Arc<SharedHandle<M::Worker>>,
}

impl<M: LazyMethod> Call<M> {
    pub(crate) fn new(handle: Arc<SharedHandle<M::Worker>>) -> Self {
        Self { handle }
    }

    fn handle(&self) -> &Handle<M::Worker> {
        &self.handle.0
    }

    fn cause(error: CallError<M::Error>) -> Cause {
        (M::traits().erase_error.0)(error)
    }
}

impl<M: LazyMethod> Kind for Call<M> {
    type Output = M::Output;
    type Inputs = M::Inputs;
    /// In a box, so that a node is small that is called on a visit.
    type Pending = Box<(TaskFuture<M::Output, M::Error>, Arc<CallTrace>)>;
    const IS_CALL: bool = true;
    const IS_PURE: bool = M::SPEC.pure;

    fn about(&self) -> About {
        let spec = const { &M::SPEC };
        let mode = Some(self.handle().mode());
        About { worker: spec.worker, method: spec.name, mode, auxiliary: false }
    }

    fn place(&self) -> Place {
        let pool = self.handle().pool_number();
        if self.handle().mode() == Mode::Sync {
            Place::Here { pool }
        } else if self.handle().is_visitable::<M>() {
            Place::Visit { pool, workers: self.handle().max_workers() }
        } else {
            Place::Call { pool, max_queued: self.handle().max_queued() }
        }
    }

    fn begin(&self, args: M::Args) -> Begun<Self> {
        Begun::Pending(Box::new(self.handle().call_traced::<M>(args)))
    }

    fn begin_together(&self, many: Vec<M::Args>) -> Vec<Begun<Self>> {
        let futures = self.handle().call_together::<M>(many);
        futures.into_iter().map(|call| Begun::Pending(Box::new(call))).collect()
    }

    fn is_batched(&self) -> bool {
        M::visit_batched_form(Found).is_some()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.handle().is_same(other.handle())
    }

    fn poll(
        pending: &mut Self::Pending,
        context: &mut Context<'_>,
    ) -> Poll<Result<M::Output, Cause>> {
        Pin::new(&mut pending.0).poll(context).map(|outcome| outcome.map_err(Self::cause))
    }

    fn trace(pending: &Self::Pending) -> Option<&Arc<CallTrace>> {
        Some(&pending.1)
    }

    fn wait(pending: Self::Pending) -> Result<M::Output, Cause> {
        pending.0.result().map_err(Self::cause)
    }

    fn cancel(pending: Self::Pending) -> Cause {
        let (mut future, _) = *pending;
        let _ = future.cancel();
        // A queued call says so itself; one that runs is left to itself.
        match future.is_done().then(|| future.result()) {
            Some(Err(error)) => Self::cause(error),
            _ => Cause::Cancelled,
        }
    }

    fn run_on(&self, args: M::Args, visitor: &mut Visitor<'_>) -> Result<M::Output, Cause> {
        visitor.call::<M>(args).map_err(Self::cause)
    }

    fn visit_asker(&self) -> Option<VisitAsker> {
        let handle = Arc::clone(&self.handle);
        // Nobody waits for the visit itself: each node says how it went.
        Some(Box::new(move |visiting| drop(handle.0.visit(visiting))))
    }

    fn hash(&self, inputs: &M::Inputs, hasher: &mut ArgumentHasher<'_>) -> Option<()> {
        hasher.add(TypeId::of::<M>());
        hasher.add(self.handle().pool_number());
        inputs.hash(M::traits().comparers, hasher)
    }

    fn key(&self, call: Described, args: &M::Args) -> Option<Result<Key, JournalError>> {
        M::traits().key.map(|KeyOf(key)| key(call, args))
    }

    fn record(&self) -> Option<Record<M::Output>> {
        M::traits().record
    }

    fn failed_earlier(&self, message: String) -> Cause {
        Self::cause(CallError::FailedEarlier(Box::new(FailedEarlier::new(None, message))))
    }

    fn is_equal(&self, other: &Self, own: &M::Inputs, others: &M::Inputs) -> bool {
        M::SPEC.pure
            && self.handle().is_same(other.handle())
            && own.equal(others, M::traits().comparers)
    }

    fn cloner(&self) -> Option<fn(&M::Output) -> M::Output> {
        M::traits().clone_output
    }
}
