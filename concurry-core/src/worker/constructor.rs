//! How the state of a worker is built, and built again after a panic.

use std::future::{Future, ready};
use std::marker::PhantomData;
use std::pin::Pin;

use crate::wire::{Carry, ErrorText};

/// A future that stays on the thread that made it.
type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Builds the state of one worker on the thread where it will live.
pub(crate) trait Construct<W, E>: Send {
    /// Starts the constructor on the current thread.
    fn construct(&self) -> LocalFuture<Result<W, E>>;
    /// Whether it is an `async fn`.
    fn is_async(&self) -> bool;
    /// Another one, for another worker.
    fn duplicate(&self) -> Box<dyn Construct<W, E>>;
    /// What is needed to run it in another process.
    #[cfg(feature = "process")]
    fn leave(&self) -> Leaving<E>;
}

/// What is needed to run a constructor in another process.
#[cfg(feature = "process")]
pub(crate) struct Leaving<E> {
    /// The parameters as bytes, or why there are none.
    pub(crate) parameters: Result<Vec<u8>, String>,
    /// How its error comes back.
    pub(crate) error: Option<Carry<E>>,
}

/// What is known of a constructor's types.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // function pointers, for the macros only
#[cfg_attr(not(feature = "process"), allow(dead_code))]
pub struct ConstructorWires<P, E> {
    /// Its parameters.
    pub parameters: Option<Carry<P>>,
    /// Its own error.
    pub error: Option<Carry<E>>,
    /// What is left of an error that can't be carried.
    pub error_text: Option<fn(&E) -> ErrorText>,
}

impl<P, E> ConstructorWires<P, E> {
    /// Of a constructor that never leaves its process.
    pub(crate) const fn none() -> Self {
        Self { parameters: None, error: None, error_text: None }
    }
}

impl<P, E> Clone for ConstructorWires<P, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, E> Copy for ConstructorWires<P, E> {}

/// The constructor of a worker together with its parameters. Made by the macros.
#[doc(hidden)]
pub struct Constructor<W, E> {
    construct: Box<dyn Construct<W, E>>,
}

impl<W: 'static, E: 'static> Constructor<W, E> {
    /// From a plain function.
    pub fn blocking<P, F>(parameters: P, wires: ConstructorWires<P, E>, function: F) -> Self
    where
        P: Clone + Send + 'static,
        F: Fn(P) -> Result<W, E> + Copy + Send + 'static,
    {
        let function = move |parameters| ready(function(parameters));
        Self::parametrised(parameters, wires, function, false)
    }

    /// From an `async fn`.
    pub fn asynchronous<P, F, Fut>(
        parameters: P,
        wires: ConstructorWires<P, E>,
        function: F,
    ) -> Self
    where
        P: Clone + Send + 'static,
        F: Fn(P) -> Fut + Copy + Send + 'static,
        Fut: Future<Output = Result<W, E>> + 'static,
    {
        Self::parametrised(parameters, wires, function, true)
    }

    fn parametrised<P, F, Fut>(
        parameters: P,
        wires: ConstructorWires<P, E>,
        function: F,
        is_async: bool,
    ) -> Self
    where
        P: Clone + Send + 'static,
        F: Fn(P) -> Fut + Copy + Send + 'static,
        Fut: Future<Output = Result<W, E>> + 'static,
    {
        let future = PhantomData;
        Self { construct: Box::new(Parametrised { parameters, wires, function, is_async, future }) }
    }

    pub(crate) fn into_construct(self) -> Box<dyn Construct<W, E>> {
        self.construct
    }
}

struct Parametrised<P, E, F, Fut> {
    parameters: P,
    wires: ConstructorWires<P, E>,
    function: F,
    is_async: bool,
    future: PhantomData<fn() -> Fut>,
}

impl<P, F, Fut, W, E: 'static> Construct<W, E> for Parametrised<P, E, F, Fut>
where
    P: Clone + Send + 'static,
    F: Fn(P) -> Fut + Copy + Send + 'static,
    Fut: Future<Output = Result<W, E>> + 'static,
{
    fn construct(&self) -> LocalFuture<Result<W, E>> {
        // The call itself happens inside the future: a plain constructor, too, runs on the
        // worker's own thread, where its panics are caught.
        let (function, parameters) = (self.function, self.parameters.clone());
        Box::pin(async move { function(parameters).await })
    }

    fn is_async(&self) -> bool {
        self.is_async
    }

    fn duplicate(&self) -> Box<dyn Construct<W, E>> {
        Box::new(Self {
            parameters: self.parameters.clone(),
            wires: self.wires,
            function: self.function,
            is_async: self.is_async,
            future: PhantomData,
        })
    }

    #[cfg(feature = "process")]
    fn leave(&self) -> Leaving<E> {
        let parameters = match self.wires.parameters {
            None => Err(format!("`{}` can't leave this process", std::any::type_name::<P>())),
            Some(wire) => wire.to_bytes(&self.parameters).map_err(|failure| failure.0),
        };
        Leaving { parameters, error: self.wires.error }
    }
}

impl<W, E> std::fmt::Debug for Constructor<W, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Constructor").finish_non_exhaustive()
    }
}
