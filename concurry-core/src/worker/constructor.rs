//! How the state of a worker is built, and built again after a panic.

use std::future::{Future, ready};
use std::marker::PhantomData;
use std::pin::Pin;

/// A future that stays on the thread that made it.
type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Builds the state of one worker on the thread where it will live.
pub(crate) trait Construct<W, E>: Send {
    /// Starts the constructor on the current thread.
    fn construct(&self) -> LocalFuture<Result<W, E>>;
    /// Another one, for another worker.
    fn duplicate(&self) -> Box<dyn Construct<W, E>>;
}

/// The constructor of a worker together with its parameters. Made by the macros.
#[doc(hidden)]
pub struct Constructor<W, E> {
    construct: Box<dyn Construct<W, E>>,
}

impl<W: 'static, E: 'static> Constructor<W, E> {
    /// From a plain function.
    pub fn blocking<P, F>(parameters: P, function: F) -> Self
    where
        P: Clone + Send + 'static,
        F: Fn(P) -> Result<W, E> + Copy + Send + 'static,
    {
        Self::asynchronous(parameters, move |parameters| ready(function(parameters)))
    }

    /// From an `async fn`.
    pub fn asynchronous<P, F, Fut>(parameters: P, function: F) -> Self
    where
        P: Clone + Send + 'static,
        F: Fn(P) -> Fut + Copy + Send + 'static,
        Fut: Future<Output = Result<W, E>> + 'static,
    {
        Self { construct: Box::new(Parametrised { parameters, function, future: PhantomData }) }
    }

    pub(crate) fn into_construct(self) -> Box<dyn Construct<W, E>> {
        self.construct
    }
}

struct Parametrised<P, F, Fut> {
    parameters: P,
    function: F,
    future: PhantomData<fn() -> Fut>,
}

impl<P, F, Fut, W, E> Construct<W, E> for Parametrised<P, F, Fut>
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

    fn duplicate(&self) -> Box<dyn Construct<W, E>> {
        Box::new(Self {
            parameters: self.parameters.clone(),
            function: self.function,
            future: PhantomData,
        })
    }
}

impl<W, E> std::fmt::Debug for Constructor<W, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Constructor").finish_non_exhaustive()
    }
}
