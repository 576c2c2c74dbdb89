//! Hedging as a layer.

use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::hedge::Hedger;
use crate::redundant::AllFailed;
use crate::retry::{AttemptError, ByVerdict, EveryError, Judge, OnlyIf};
use crate::tower::{BoxFuture, oneshot};

/// Hedges the calls of a service by a shared [`Hedger`]. Only for requests that may run twice.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it wraps a service"]
pub struct HedgeLayer<J = EveryError> {
    hedger: Hedger,
    judge: J,
}

/// A hedged service, made by [`HedgeLayer`].
#[derive(Clone, Debug)]
pub struct HedgeService<S, J = EveryError> {
    inner: S,
    hedger: Hedger,
    judge: J,
}

impl HedgeLayer {
    /// Hedges by this hedger. Whatever the error of a copy, the next is started at once.
    pub fn new(hedger: &Hedger) -> Self {
        Self { hedger: hedger.clone(), judge: EveryError }
    }

    /// Lets only the errors that the predicate picks pass by; any other ends the whole call at once.
    pub fn tolerate_if<P>(self, predicate: P) -> HedgeLayer<OnlyIf<P>> {
        HedgeLayer { hedger: self.hedger, judge: OnlyIf(predicate) }
    }

    /// Lets the error's own [`Retryable`](crate::Retryable) say so: a fatal one ends the whole call, and a
    /// service that asks to be left alone gets no further copies.
    pub fn by_verdict(self) -> HedgeLayer<ByVerdict> {
        HedgeLayer { hedger: self.hedger, judge: ByVerdict }
    }
}

impl<S, J: Clone> Layer<S> for HedgeLayer<J> {
    type Service = HedgeService<S, J>;

    fn layer(&self, inner: S) -> Self::Service {
        HedgeService { inner, hedger: self.hedger.clone(), judge: self.judge.clone() }
    }
}

impl<S, J, Request> Service<Request> for HedgeService<S, J>
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Request: Clone + Send + Sync + 'static,
    J: Judge<S::Error> + Clone + Send + 'static,
{
    type Response = S::Response;
    type Error = AllFailed<AttemptError<S::Error, S::Response>>;
    type Future = BoxFuture<Result<Self::Response, Self::Error>>;

    /// Always ready: each copy waits for the inner service itself.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Self { inner, hedger, judge } = self.clone();
        Box::pin(async move {
            let copies = hedger.run(|| oneshot(inner.clone(), request.clone()));
            copies.judged_by(judge).await
        })
    }
}
