//! Nodes that are no calls: values put together, closures over values, outcomes as values.

use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

use concurry_core::__private::panic_message;
use concurry_core::CallError;

use super::{About, Begun, Dependency, Kind, Place, SharedNode};
use crate::argument::{Argument, Inputs};
use crate::error::{Cause, ComputeError};
use crate::lazy::Lazy;
use crate::probe;

/// What is no call, for people.
const fn about(method: &'static str) -> About {
    About { worker: "Lazy", method, mode: None, auxiliary: true }
}

macro_rules! never_pending {
    () => {
        type Pending = Infallible;

        fn place(&self) -> Place {
            Place::Anywhere
        }

        fn poll(
            pending: &mut Infallible,
            _: &mut Context<'_>,
        ) -> Poll<Result<Self::Output, Cause>> {
            match *pending {}
        }

        fn wait(pending: Infallible) -> Result<Self::Output, Cause> {
            match pending {}
        }

        fn cancel(pending: Infallible) -> Cause {
            match pending {}
        }
    };
}

/// Puts values together.
pub(crate) struct Join<I>(PhantomData<fn() -> I>);

impl<I> Join<I> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<I: Inputs<Values: Send> + Send> Kind for Join<I> {
    type Output = I::Values;
    type Inputs = I;
    never_pending!();

    fn about(&self) -> About {
        about("join")
    }

    fn begin(&self, values: I::Values) -> Begun<Self> {
        Begun::Over(Ok(values))
    }
}

/// Applies a closure to a value.
pub(crate) struct Map<T, U, F>(PhantomData<fn(T) -> (U, F)>);

/// A value, and what to do with it.
pub(crate) struct MapInputs<T: Send + 'static, F> {
    input: Argument<T>,
    function: Option<F>,
}

impl<T, U, F> Map<T, U, F>
where
    T: Send + 'static,
    F: FnOnce(T) -> U + Send + 'static,
{
    pub(crate) fn new(input: Argument<T>, function: F) -> (Self, MapInputs<T, F>) {
        (Self(PhantomData), MapInputs::new(input, function))
    }

    /// Of a node whose value is known.
    pub(crate) fn known() -> Self {
        Self(PhantomData)
    }

    pub(crate) fn spent() -> MapInputs<T, F> {
        MapInputs { input: Argument::Gone, function: None }
    }
}

impl<T: Send + 'static, F> MapInputs<T, F> {
    pub(super) fn new(input: Argument<T>, function: F) -> Self {
        Self { input, function: Some(function) }
    }
}

impl<T: Send + 'static, F: Send + 'static> Inputs for MapInputs<T, F> {
    type Values = (T, F);
    type Part = Infallible;

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        if let Some(dependency) = self.input.dependency() {
            show(dependency);
        }
    }

    fn resolve(&mut self, keep_shape: bool) -> Result<(T, F), ComputeError> {
        let value = self.input.resolve(keep_shape)?;
        match self.function.take() {
            Some(function) => Ok((value, function)),
            None => unreachable!("a node begins once"),
        }
    }

    fn release(&mut self) {
        self.input.release();
        self.function = None;
    }

    fn give_up(&mut self, take: &mut dyn FnMut(SharedNode)) {
        self.input.give_up(take);
    }
}

impl<T, U, F> Kind for Map<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    F: FnOnce(T) -> U + Send + 'static,
{
    type Output = U;
    type Inputs = MapInputs<T, F>;
    never_pending!();

    fn about(&self) -> About {
        about("map")
    }

    fn begin(&self, (value, function): (T, F)) -> Begun<Self> {
        let run = AssertUnwindSafe(|| function(value));
        Begun::Over(catch_unwind(run).map_err(|payload| Cause::Panicked(panic_message(payload))))
    }
}

/// Applies a closure that may fail.
pub(crate) struct TryMap<T, U, E, F>(PhantomData<fn(T) -> (U, E, F)>);

impl<T, U, E, F> TryMap<T, U, E, F>
where
    T: Send + 'static,
    F: FnOnce(T) -> Result<U, E> + Send + 'static,
{
    pub(crate) fn new(input: Argument<T>, function: F) -> (Self, MapInputs<T, F>) {
        (Self(PhantomData), MapInputs::new(input, function))
    }
}

impl<T, U, E, F> Kind for TryMap<T, U, E, F>
where
    T: Send + 'static,
    U: Send + 'static,
    E: Debug + Display + Send + Sync + 'static,
    F: FnOnce(T) -> Result<U, E> + Send + 'static,
{
    type Output = U;
    type Inputs = MapInputs<T, F>;
    never_pending!();

    fn about(&self) -> About {
        about("try_map")
    }

    fn begin(&self, (value, function): (T, F)) -> Begun<Self> {
        Begun::Over(match catch_unwind(AssertUnwindSafe(|| function(value))) {
            Ok(result) => result.map_err(|error| probe::erase(CallError::Failed(error))),
            Err(payload) => Err(Cause::Panicked(panic_message(payload))),
        })
    }
}

/// Makes an outcome a value.
pub(crate) struct Recover<T>(PhantomData<fn() -> T>);

/// A node whose failure is a value, too.
pub(crate) struct RecoverInputs<T: Send + 'static>(Argument<T>);

impl<T: Send + 'static> Recover<T> {
    pub(crate) fn new(lazy: Lazy<T>) -> (Self, RecoverInputs<T>) {
        (Self(PhantomData), RecoverInputs(Argument::Node(lazy)))
    }
}

impl<T: Send + 'static> Inputs for RecoverInputs<T> {
    type Values = Result<T, ComputeError>;
    type Part = Infallible;

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        if let Some(dependency) = self.0.dependency() {
            show(dependency);
        }
    }

    fn resolve(&mut self, keep_shape: bool) -> Result<Self::Values, ComputeError> {
        Ok(self.0.resolve(keep_shape))
    }

    fn release(&mut self) {
        self.0.release();
    }

    fn give_up(&mut self, take: &mut dyn FnMut(SharedNode)) {
        self.0.give_up(take);
    }
}

impl<T: Send + 'static> Kind for Recover<T> {
    type Output = Result<T, ComputeError>;
    type Inputs = RecoverInputs<T>;
    never_pending!();

    fn about(&self) -> About {
        about("outcome")
    }

    fn begin(&self, outcome: Result<T, ComputeError>) -> Begun<Self> {
        Begun::Over(Ok(outcome))
    }
}
