//! Retries as a layer.

use std::task::{Context, Poll};

use concurry_time::Clock;
use tower_layer::Layer;
use tower_service::Service;

use crate::budget::RetryBudget;
use crate::retry::{AttemptError, ByVerdict, EveryError, Judge, OnlyIf, RetryError, RetryPolicy};
use crate::tower::{BoxFuture, oneshot};

/// Retries the calls of a service under a [`RetryPolicy`]. Requests must be `Clone`: one goes out
/// per attempt.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it wraps a service"]
pub struct RetryLayer<J = EveryError> {
    rules: Rules<J>,
}

/// A service with retries, made by [`RetryLayer`].
#[derive(Clone, Debug)]
pub struct RetryService<S, J> {
    inner: S,
    rules: Rules<J>,
}

#[derive(Clone, Debug)]
struct Rules<J> {
    policy: RetryPolicy,
    judge: J,
    budget: Option<RetryBudget>,
    clock: Clock,
}

impl RetryLayer {
    /// Retries every error.
    pub fn new(policy: RetryPolicy) -> Self {
        let clock = Clock::system();
        Self { rules: Rules { policy, judge: EveryError, budget: None, clock } }
    }

    /// Retries only the errors that the predicate picks.
    pub fn retry_if<P>(self, predicate: P) -> RetryLayer<OnlyIf<P>> {
        self.judge(OnlyIf(predicate))
    }

    /// Does what the error's own [`Retryable`](crate::Retryable) says.
    pub fn by_verdict(self) -> RetryLayer<ByVerdict> {
        self.judge(ByVerdict)
    }

    fn judge<J>(self, judge: J) -> RetryLayer<J> {
        let Rules { policy, budget, clock, .. } = self.rules;
        RetryLayer { rules: Rules { policy, judge, budget, clock } }
    }
}

impl<J> RetryLayer<J> {
    /// Pays every retry from a shared budget.
    pub fn budget(mut self, budget: &RetryBudget) -> Self {
        self.rules.budget = Some(budget.clone());
        self
    }

    /// Waits on this clock instead of the machine's.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.rules.clock = clock.clone();
        self
    }
}

impl<S, J: Clone> Layer<S> for RetryLayer<J> {
    type Service = RetryService<S, J>;

    fn layer(&self, inner: S) -> Self::Service {
        RetryService { inner, rules: self.rules.clone() }
    }
}

impl<S, J, Request> Service<Request> for RetryService<S, J>
where
    S: Service<Request> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Response: Send + 'static,
    S::Error: Send + 'static,
    Request: Clone + Send + Sync + 'static,
    J: Judge<S::Error> + Clone + Send + 'static,
{
    type Response = S::Response;
    type Error = RetryError<AttemptError<S::Error, S::Response>>;
    type Future = BoxFuture<Result<Self::Response, Self::Error>>;

    /// Always ready: each attempt waits for the inner service itself, so that a service that is
    /// not ready for the second attempt makes that attempt wait and fails no call.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let inner = self.inner.clone();
        let Rules { policy, judge, budget, clock } = self.rules.clone();
        Box::pin(async move {
            let run = policy.run(|_| oneshot(inner.clone(), request.clone()));
            let run = run.judged_by(judge).clock(&clock);
            match &budget {
                Some(budget) => run.budget(budget).await,
                None => run.await,
            }
        })
    }
}
