//! Batched forms: methods that do many calls of another method at once.

use std::time::Duration;

use concurry_limits::Amount;

use super::Method;
use crate::error::{Shared, share};

/// A method that does many calls of another method at once. Implemented by `#[batch(of = "…")]` on
/// the type that stands for it.
///
/// Calls may share a batch if their remaining arguments ([`Rest`](Self::Rest)) are equal. A graph or
/// a pool finds the form of a method by [`Method::visit_batched_form`].
#[doc(hidden)]
pub trait BatchedForm: Method {
    /// The method whose calls it takes.
    type Single: Method<Worker = Self::Worker>;
    /// What each call puts into the vector: its first argument, or a tuple of the first ones.
    type Item: Send + 'static;
    /// What all calls of a batch have in common: the remaining arguments.
    type Rest: Send + Sync + 'static;

    /// What the attribute says.
    const SETTINGS: BatchSettings;
    /// Whether there are remaining arguments.
    const HAS_REST: bool;

    /// Takes the arguments of a call apart.
    fn split(args: <Self::Single as Method>::Args) -> (Self::Item, Self::Rest);
    /// Makes the arguments of the batched form.
    fn join(items: Vec<Self::Item>, rest: Self::Rest) -> Self::Args;
    /// Whether two calls may share a batch. Runs the user's `PartialEq`.
    fn is_same_rest(one: &Self::Rest, other: &Self::Rest) -> bool;
    /// Another copy. Runs the user's `Clone`.
    fn copy_rest(rest: &Self::Rest) -> Self::Rest;
    /// What a call weighs. Runs the user's function.
    fn weight(args: &<Self::Single as Method>::Args) -> f64 {
        let _ = args;
        1.0
    }
    /// What its types can do, found out by the macro.
    fn batch_abilities() -> BatchAbilities<Self>;
    /// The result of each call, in the order of the items.
    fn results(output: Self::Output) -> Vec<ResultOf<Self::Single>>;
    /// The error of the whole batch, as that of each call.
    fn failure(error: Self::Error) -> <Self::Single as Method>::Error;
    /// The same, for all calls of the batch at once.
    fn share(error: Self::Error) -> SharedBatchError<<Self::Single as Method>::Error>;
}

/// The error of a whole batch.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct SharedBatchError<E>(pub(crate) Shared<E>);

impl<E: BatchError> SharedBatchError<E> {
    /// Puts it where all calls of the batch share it.
    pub fn new(error: E) -> Self {
        Self(share(error))
    }
}

/// An error that a whole batch can have.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "all calls of a batch share its error, and `{Self}` can't be shared between threads",
    label = "this error has to be `Send + Sync`"
)]
pub trait BatchError: Send + Sync + 'static {}

impl<E: Send + Sync + 'static> BatchError for E {}

/// What one call of a method gives.
#[doc(hidden)]
pub type ResultOf<M> = Result<<M as Method>::Output, <M as Method>::Error>;

/// What `#[batch(…)]` says. What it leaves open, the pool decides.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BatchSettings {
    /// How many calls at most.
    pub max_size: Option<usize>,
    /// How long a call waits for company while a worker is free.
    pub max_wait: Option<Duration>,
    /// What the calls of a batch weigh at most.
    pub max_weight: Option<f64>,
    /// The limit of the pool from which each call reserves its weight.
    pub limit: Option<&'static str>,
    /// Whether a batch that fails as a whole is called again in halves.
    pub bisect: bool,
}

/// What the types of a batched form can do beyond what it needs.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // function pointers, for the macros only
pub struct BatchAbilities<B: BatchedForm> {
    /// Hashes the remaining arguments, if they are `Hash`: finds equal ones among many.
    pub hash_rest: Option<fn(&B::Rest) -> u64>,
    /// Copies an item, if it is `Clone`: needed to bisect.
    pub clone_item: Option<fn(&B::Item) -> B::Item>,
    /// Whether an error of the whole batch may be the fault of an item, if the error knows.
    pub blames_items: Option<fn(&B::Error) -> bool>,
}

/// A method that has a batched form.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this method has no batched form",
    label = "only calls of a method with a batched form can be batched",
    note = "write a method `#[batch(of = \"…\")] fn many(&self, items: Vec<…>) -> Vec<…>` beside it"
)]
pub trait Batchable: Method {}

/// Looks at the batched form of a method.
#[doc(hidden)]
pub trait BatchedFormVisitor<M: Method> {
    /// What it finds.
    type Output;
    /// Called with the form, if there is one.
    fn visit<B: BatchedForm<Single = M, Worker = M::Worker>>(self) -> Self::Output;
}

/// The first argument of a batched form.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a batched form takes the calls' first arguments as `Vec<{T}>`, not as `{Self}`",
    label = "write `Vec<{T}>` here"
)]
pub trait BatchItems<T> {
    /// From the arguments of many calls.
    fn from_items(items: Vec<T>) -> Self;
}

impl<T> BatchItems<T> for Vec<T> {
    #[inline]
    fn from_items(items: Vec<T>) -> Self {
        items
    }
}

/// What a batched form gives.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a batched form gives one result for each call: a `Vec` of `{T}` or of `Result<{T}, {E}>`, not `{Self}`",
    label = "write `Vec<{T}>` or `Vec<Result<{T}, {E}>>` here, or a `Result` of one of them"
)]
pub trait BatchResults<T, E> {
    /// The result of each call.
    fn into_results(self) -> Vec<Result<T, E>>;
}

impl<T, E> BatchResults<T, E> for Vec<T> {
    fn into_results(self) -> Vec<Result<T, E>> {
        self.into_iter().map(Ok).collect()
    }
}

impl<T, E> BatchResults<T, E> for Vec<Result<T, E>> {
    fn into_results(self) -> Self {
        self
    }
}

/// A type that has to be another one.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the method that is batched has `{T}` here, and its batched form `{Self}`",
    label = "write `{T}` here"
)]
pub trait SameType<T> {
    /// The value itself.
    fn same(value: T) -> Self;
    /// The value itself, in the other direction.
    fn into_same(self) -> T;
}

impl<T> SameType<T> for T {
    #[inline]
    fn same(value: T) -> Self {
        value
    }

    #[inline]
    fn into_same(self) -> T {
        self
    }
}

/// An argument that all calls of a batch have in common.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "calls share a batch if their remaining arguments are equal, and `{Self}` can't be compared or copied",
    label = "derive `Clone` and `PartialEq` for this type, or make the argument part of the first"
)]
pub trait CommonArgument: Sized {
    /// Whether two calls may share a batch.
    fn is_same(&self, other: &Self) -> bool;
    /// Another one, for another batch.
    fn copy(&self) -> Self;
}

impl<T: Clone + PartialEq> CommonArgument for T {
    #[inline]
    fn is_same(&self, other: &Self) -> bool {
        self == other
    }

    fn copy(&self) -> Self {
        self.clone()
    }
}

/// What a weight function gave.
#[doc(hidden)]
#[inline]
pub fn to_weight(amount: impl Amount) -> f64 {
    amount.to_f64()
}
