//! A closure on a pool of closures.

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use concurry_core::{Mode, TaskFuture, TaskPool, WorkerHandle};

use super::local::MapInputs;
use super::{About, Begun, Kind, Place};
use crate::argument::Argument;
use crate::error::Cause;
use crate::probe;

/// A closure on a pool of closures.
pub(crate) struct Closure<T, U, F> {
    pool: TaskPool,
    types: PhantomData<fn(T) -> (U, F)>,
}

impl<T, U, F> Closure<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    F: FnOnce(T) -> U + Send + 'static,
{
    pub(crate) fn new(
        pool: TaskPool,
        argument: Argument<T>,
        closure: F,
    ) -> (Self, MapInputs<T, F>) {
        (Self { pool, types: PhantomData }, MapInputs::new(argument, closure))
    }
}

impl<T, U, F> Kind for Closure<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    F: FnOnce(T) -> U + Send + 'static,
{
    type Output = U;
    type Inputs = MapInputs<T, F>;
    type Pending = TaskFuture<U, Infallible>;
    const IS_CALL: bool = true;

    fn about(&self) -> About {
        let mode = Some(self.pool.__handle().mode());
        About { worker: "TaskPool", method: "submit", mode, auxiliary: false }
    }

    fn place(&self) -> Place {
        let handle = self.pool.__handle();
        let pool = handle.pool_number();
        match handle.mode() {
            Mode::Sync => Place::Here { pool },
            _ => Place::Call { pool, max_queued: handle.max_queued() },
        }
    }

    fn begin(&self, (value, closure): (T, F)) -> Begun<Self> {
        let future = self.pool.submit(move || closure(value));
        if future.is_done() {
            Begun::Over(future.result().map_err(probe::erase))
        } else {
            Begun::Pending(future)
        }
    }

    fn poll(future: &mut Self::Pending, context: &mut Context<'_>) -> Poll<Result<U, Cause>> {
        Pin::new(future).poll(context).map(|outcome| outcome.map_err(probe::erase))
    }

    fn wait(future: Self::Pending) -> Result<U, Cause> {
        future.result().map_err(probe::erase)
    }

    fn cancel(mut future: Self::Pending) -> Cause {
        let _ = future.cancel();
        match future.is_done().then(|| future.result()) {
            Some(Err(error)) => probe::erase(error),
            _ => Cause::Cancelled,
        }
    }
}
