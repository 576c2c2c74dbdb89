//! One remote method: its types, its facts and how it is run.

use std::future::Future;

use concurry_retry::Verdict;

use super::Worker;
use super::batch::BatchedFormVisitor;
use super::shape::Shape;
use crate::call::CallContext;
use crate::method_spec::MethodSpec;
use crate::wire::MethodWires;

/// One remote method of a worker. Implemented by `#[worker]` on a type that stands for the method.
#[doc(hidden)]
pub trait Method: Sized + 'static {
    /// The worker it belongs to.
    type Worker: Worker;
    /// Its arguments, without the receiver and the context, as a tuple.
    type Args: Send + 'static;
    /// What it gives when it succeeds.
    type Output: Send + 'static;
    /// What it gives when it fails; `Infallible` for a method that does not return a `Result`.
    type Error: Send + 'static;
    /// Receiver and colour: one of [`SyncRef`], [`SyncMut`], [`AsyncRef`], [`AsyncMut`].
    type Shape: Shape<Self>;
    /// What is known of it.
    const SPEC: MethodSpec;
    /// The pool alone calls it, as the batched form of another method: the handle has no such method,
    /// and it has no layers.
    const INTERNAL: bool = false;
    /// What its types can do, found out by the macro.
    fn abilities() -> Abilities<Self>;
    /// Shows its batched form to `visitor`. `None` if it has none.
    fn visit_batched_form<V: BatchedFormVisitor<Self>>(visitor: V) -> Option<V::Output> {
        let _ = visitor;
        None
    }
}

/// A method that may be run twice: it is marked `#[idempotent]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this method is not marked `#[idempotent]`",
    label = "hedges and redundant runs call it more than once",
    note = "put `#[idempotent]` on the method if running it twice does no harm"
)]
pub trait Idempotent: Method {}

/// What the types of a method can do beyond what every mode needs.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // function pointers, for the macros only
pub struct Abilities<M: Method> {
    /// Copies the arguments, if they are `Clone`: needed by retries.
    pub clone_args: Option<fn(&M::Args) -> M::Args>,
    /// Judges the error, if it implements `Retryable`.
    pub verdict: Option<fn(&M::Error) -> Verdict>,
    /// Prints the error, if it is `Display`: for errors that several calls share.
    pub describe: Option<fn(&M::Error) -> String>,
    /// Whether and how its types leave the process: needed by modes that run elsewhere.
    pub wires: MethodWires<M::Args, M::Output, M::Error>,
}

/// Looks at each remote method of a worker.
#[doc(hidden)]
pub trait MethodVisitor<W: Worker> {
    /// Called once for each method.
    fn visit<M: Method<Worker = W>>(&mut self);
}

/// `fn method(&self, …)`.
#[doc(hidden)]
#[derive(Debug)]
pub struct SyncRef;
/// `fn method(&mut self, …)`.
#[doc(hidden)]
#[derive(Debug)]
pub struct SyncMut;
/// `async fn method(&self, …)`.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsyncRef;
/// `async fn method(&mut self, …)`.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsyncMut;

/// The body of a [`SyncRef`] method.
#[doc(hidden)]
pub trait RunRef: Method {
    /// Calls the user's method.
    fn run(
        worker: &Self::Worker,
        context: &CallContext,
        args: Self::Args,
    ) -> Result<Self::Output, Self::Error>;
}

/// The body of a [`SyncMut`] method.
#[doc(hidden)]
pub trait RunMut: Method {
    /// Calls the user's method.
    fn run(
        worker: &mut Self::Worker,
        context: &CallContext,
        args: Self::Args,
    ) -> Result<Self::Output, Self::Error>;
}

/// The body of an [`AsyncRef`] method.
///
/// `start` hands on the user's own future, so that no second state machine holds the arguments
/// again; `finish` turns what the future gives into a `Result`.
#[doc(hidden)]
pub trait StartRef: Method {
    /// What the user's method returns.
    type Raw;
    /// Calls the user's method.
    fn start(
        worker: &Self::Worker,
        context: CallContext,
        args: Self::Args,
    ) -> impl Future<Output = Self::Raw>;
    /// Splits what it returned into output and error.
    fn finish(raw: Self::Raw) -> Result<Self::Output, Self::Error>;
}

/// The body of an [`AsyncMut`] method.
#[doc(hidden)]
pub trait StartMut: Method {
    /// What the user's method returns.
    type Raw;
    /// Calls the user's method.
    fn start(
        worker: &mut Self::Worker,
        context: CallContext,
        args: Self::Args,
    ) -> impl Future<Output = Self::Raw>;
    /// Splits what it returned into output and error.
    fn finish(raw: Self::Raw) -> Result<Self::Output, Self::Error>;
}
