//! A call that was made without the graph, and whose future became an argument of it.

use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use concurry_core::TaskFuture;

use super::{About, Begun, Kind, Place};
use crate::argument::Inputs;
use crate::error::{Cause, ComputeError};
use crate::probe;

/// A call that was made without the graph.
pub(crate) struct Outside<T, E>(PhantomData<fn() -> (T, E)>);

/// Its future.
pub(crate) struct OutsideInputs<T, E>(Option<TaskFuture<T, E>>);

impl<T, E> Outside<T, E> {
    pub(crate) fn new(future: TaskFuture<T, E>) -> (Self, OutsideInputs<T, E>) {
        (Self(PhantomData), OutsideInputs(Some(future)))
    }
}

impl<T: Send + 'static, E: Send + 'static> Inputs for OutsideInputs<T, E> {
    type Values = TaskFuture<T, E>;
    type Part = Infallible;

    fn dependencies(&self, _: &mut dyn FnMut(&dyn super::Dependency)) {}

    fn resolve(&mut self, _: bool) -> Result<TaskFuture<T, E>, ComputeError> {
        match self.0.take() {
            Some(future) => Ok(future),
            None => unreachable!("a node begins once"),
        }
    }

    fn release(&mut self) {
        self.0 = None;
    }

    fn give_up(&mut self, _: &mut dyn FnMut(super::SharedNode)) {}
}

impl<T, E> Kind for Outside<T, E>
where
    T: Send + 'static,
    E: Debug + Display + Send + Sync + 'static,
{
    type Output = T;
    type Inputs = OutsideInputs<T, E>;
    type Pending = TaskFuture<T, E>;

    fn about(&self) -> About {
        About { worker: "Lazy", method: "future", mode: None, auxiliary: true }
    }

    fn place(&self) -> Place {
        Place::Elsewhere
    }

    fn begin(&self, future: TaskFuture<T, E>) -> Begun<Self> {
        Begun::Pending(future)
    }

    fn poll(future: &mut TaskFuture<T, E>, context: &mut Context<'_>) -> Poll<Result<T, Cause>> {
        Pin::new(future).poll(context).map(|outcome| outcome.map_err(probe::erase))
    }

    fn wait(future: TaskFuture<T, E>) -> Result<T, Cause> {
        future.result().map_err(probe::erase)
    }

    // Its call was made by somebody else; but he gave it away.
    fn cancel(mut future: TaskFuture<T, E>) -> Cause {
        let _ = future.cancel();
        Cause::Cancelled
    }
}
