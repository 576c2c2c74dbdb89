//! A circuit breaker as a layer.

use std::task::{Context, Poll, ready};

use tower_layer::Layer;
use tower_service::Service;

use crate::breaker::{BreakerError, CircuitBreaker};
use crate::retry::{ByVerdict, EveryError, Judge, OnlyIf};
use crate::tower::{BoxFuture, take_ready};

/// Puts a [`CircuitBreaker`] before a service. All services that one layer wraps share it.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it wraps a service"]
pub struct BreakerLayer<J = EveryError> {
    breaker: CircuitBreaker,
    judge: J,
}

/// A service behind a breaker, made by [`BreakerLayer`].
#[derive(Clone, Debug)]
pub struct BreakerService<S, J> {
    inner: S,
    breaker: CircuitBreaker,
    judge: J,
}

impl BreakerLayer {
    /// Counts every error as a failure.
    pub fn new(breaker: &CircuitBreaker) -> Self {
        Self { breaker: breaker.clone(), judge: EveryError }
    }

    /// Counts only the errors that the predicate picks.
    pub fn failure_if<P>(self, predicate: P) -> BreakerLayer<OnlyIf<P>> {
        BreakerLayer { breaker: self.breaker, judge: OnlyIf(predicate) }
    }

    /// Lets the error's own [`Retryable`](crate::Retryable) say what it means.
    pub fn by_verdict(self) -> BreakerLayer<ByVerdict> {
        BreakerLayer { breaker: self.breaker, judge: ByVerdict }
    }
}

impl<S, J: Clone> Layer<S> for BreakerLayer<J> {
    type Service = BreakerService<S, J>;

    fn layer(&self, inner: S) -> Self::Service {
        BreakerService { inner, breaker: self.breaker.clone(), judge: self.judge.clone() }
    }
}

impl<S, J, Request> Service<Request> for BreakerService<S, J>
where
    S: Service<Request> + Clone + Send + 'static,
    S::Future: Send,
    S::Response: 'static,
    S::Error: 'static,
    Request: Send + 'static,
    J: Judge<S::Error> + Clone + Send + 'static,
{
    type Response = S::Response;
    type Error = BreakerError<S::Error>;
    type Future = BoxFuture<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(ready!(self.inner.poll_ready(context)).map_err(BreakerError::Failed))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut inner = take_ready(&mut self.inner);
        let (breaker, judge) = (self.breaker.clone(), self.judge.clone());
        Box::pin(async move { breaker.call(|| inner.call(request)).judged_by(judge).await })
    }
}
