//! Hedging as a layer.

use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::hedge::Hedger;
use crate::redundant::AllFailed;
use crate::retry::AttemptError;
use crate::tower::{BoxFuture, oneshot};

/// Hedges the calls of a service by a shared [`Hedger`]. Only for requests that may run twice.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it wraps a service"]
pub struct HedgeLayer {
    hedger: Hedger,
}

/// A hedged service, made by [`HedgeLayer`].
#[derive(Clone, Debug)]
pub struct HedgeService<S> {
    inner: S,
    hedger: Hedger,
}

impl HedgeLayer {
    /// Hedges by this hedger.
    pub fn new(hedger: &Hedger) -> Self {
        Self { hedger: hedger.clone() }
    }
}

impl<S> Layer<S> for HedgeLayer {
    type Service = HedgeService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HedgeService { inner, hedger: self.hedger.clone() }
    }
}

impl<S, Request> Service<Request> for HedgeService<S>
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Request: Clone + Send + Sync + 'static,
{
    type Response = S::Response;
    type Error = AllFailed<AttemptError<S::Error, S::Response>>;
    type Future = BoxFuture<Result<Self::Response, Self::Error>>;

    /// Always ready: each copy waits for the inner service itself.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (inner, hedger) = (self.inner.clone(), self.hedger.clone());
        Box::pin(async move { hedger.run(|| oneshot(inner.clone(), request.clone())).await })
    }
}
