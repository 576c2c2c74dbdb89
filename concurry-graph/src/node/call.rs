//! A call of a worker's method.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::task::{Context, Poll};

use concurry_core::__private::{BatchedForm, BatchedFormVisitor, Handle, Method, Visitor};
use concurry_core::{CallError, Mode, TaskFuture};

use super::{About, Begun, Kind, Place, VisitAsker};
use crate::argument::{ArgumentHasher, Arguments};
use crate::error::Cause;
use crate::method::LazyMethod;

/// Finds that there is a batched form.
struct Found;

impl<M: Method> BatchedFormVisitor<M> for Found {
    type Output = ();

    fn visit<B: BatchedForm<Single = M, Worker = M::Worker>>(self) {}
}

/// A call of a worker's method.
pub(crate) struct Call<M: Method> {
    handle: Handle<M::Worker>,
}

impl<M: LazyMethod> Call<M> {
    pub(crate) fn new(handle: Handle<M::Worker>) -> Self {
        Self { handle }
    }

    fn cause(error: CallError<M::Error>) -> Cause {
        (M::traits().erase_error.0)(error)
    }
}

impl<M: LazyMethod> Kind for Call<M> {
    type Output = M::Output;
    type Inputs = M::Inputs;
    type Pending = TaskFuture<M::Output, M::Error>;
    const IS_CALL: bool = true;
    const IS_PURE: bool = M::SPEC.pure;

    fn about(&self) -> About {
        let spec = const { &M::SPEC };
        let mode = Some(self.handle.mode());
        About { worker: spec.worker, method: spec.name, mode, auxiliary: false }
    }

    fn place(&self) -> Place {
        let pool = self.handle.pool_number();
        if self.handle.mode() == Mode::Sync {
            Place::Here { pool }
        } else if self.handle.is_visitable::<M>() {
            Place::Visit { pool, workers: self.handle.max_workers() }
        } else {
            Place::Call { pool, max_queued: self.handle.max_queued() }
        }
    }

    fn begin(&self, args: M::Args) -> Begun<Self> {
        let future = self.handle.call::<M>(args);
        if future.is_done() {
            Begun::Over(future.result().map_err(Self::cause))
        } else {
            Begun::Pending(future)
        }
    }

    fn begin_together(&self, many: Vec<M::Args>) -> Vec<Begun<Self>> {
        let futures = self.handle.call_together::<M>(many);
        futures.into_iter().map(Begun::Pending).collect()
    }

    fn is_batched(&self) -> bool {
        M::visit_batched_form(Found).is_some()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.handle.is_same(&other.handle)
    }

    fn poll(
        future: &mut Self::Pending,
        context: &mut Context<'_>,
    ) -> Poll<Result<M::Output, Cause>> {
        Pin::new(future).poll(context).map(|outcome| outcome.map_err(Self::cause))
    }

    fn wait(future: Self::Pending) -> Result<M::Output, Cause> {
        future.result().map_err(Self::cause)
    }

    fn cancel(mut future: Self::Pending) -> Cause {
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
        let handle = self.handle.clone();
        // Nobody waits for the visit itself: each node says how it went.
        Some(Box::new(move |visiting| drop(handle.visit(visiting))))
    }

    fn pure_hash(&self, inputs: &M::Inputs) -> Option<u64> {
        if !M::SPEC.pure {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        std::any::TypeId::of::<M>().hash(&mut hasher);
        self.handle.pool_number().hash(&mut hasher);
        inputs.hash(M::traits().comparers, &mut ArgumentHasher(&mut hasher))?;
        Some(hasher.finish())
    }

    fn is_equal(&self, other: &Self, own: &M::Inputs, others: &M::Inputs) -> bool {
        M::SPEC.pure
            && self.handle.is_same(&other.handle)
            && own.equal(others, M::traits().comparers)
    }

    fn cloner(&self) -> Option<fn(&M::Output) -> M::Output> {
        M::traits().clone_output
    }
}
