//! Calls through a breaker.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::breaker::{BreakerError, BreakerPermit, CircuitBreaker, Outcome};
use crate::retry::{ByVerdict, EveryError, Judge, OnlyIf};
use crate::verdict::Retryable;

/// A call through a breaker, made by [`CircuitBreaker::call`] (then await it) or
/// [`CircuitBreaker::call_blocking`] (then [`wait`](BreakerCall::wait)).
///
/// Every error counts as a failure of the service unless [`by_verdict`](BreakerCall::by_verdict)
/// or [`failure_if`](BreakerCall::failure_if) says otherwise.
#[must_use = "a call does nothing until it is awaited or waited for"]
pub struct BreakerCall<'b, Op, T, E, J = EveryError> {
    breaker: &'b CircuitBreaker,
    operation: Op,
    judge: J,
    result: PhantomData<fn() -> (T, E)>,
}

impl CircuitBreaker {
    /// Makes an async call, if the breaker lets it through. Await the result.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the call, which then counts as nothing; a probe's place is given back.
    ///
    /// ```
    /// use concurry_retry::{BreakerError, CircuitBreaker};
    ///
    /// # concurry_time::block_on(async {
    /// let breaker = CircuitBreaker::builder("pricing").build()?;
    /// let price = breaker.call(|| async { Ok::<_, String>(7) }).await?;
    /// assert_eq!(price, 7);
    ///
    /// breaker.isolate();
    /// let refused = breaker.call(|| async { Ok::<_, String>(7) }).await;
    /// assert!(matches!(refused, Err(BreakerError::Open(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # });
    /// ```
    pub fn call<Op, I, T, E>(&self, operation: Op) -> BreakerCall<'_, Op, T, E>
    where
        Op: FnOnce() -> I,
        I: IntoFuture<Output = Result<T, E>>,
    {
        BreakerCall { breaker: self, operation, judge: EveryError, result: PhantomData }
    }

    /// Makes a blocking call, if the breaker lets it through. Ends with
    /// [`wait`](BreakerCall::wait).
    ///
    /// ```
    /// use concurry_retry::CircuitBreaker;
    ///
    /// let breaker = CircuitBreaker::builder("files").build()?;
    /// let missing = breaker
    ///     .call_blocking(|| std::fs::read("/no/such/file"))
    ///     .failure_if(|error| error.kind() != std::io::ErrorKind::NotFound)
    ///     .wait();
    /// assert!(missing.is_err());
    /// # Ok::<(), concurry_retry::BreakerConfigError>(())
    /// ```
    pub fn call_blocking<Op, T, E>(&self, operation: Op) -> BreakerCall<'_, Op, T, E>
    where
        Op: FnOnce() -> Result<T, E>,
    {
        BreakerCall { breaker: self, operation, judge: EveryError, result: PhantomData }
    }
}

impl<'b, Op, T, E> BreakerCall<'b, Op, T, E> {
    /// Lets the error's own [`Retryable`] say what it means for the service's health.
    pub fn by_verdict(self) -> BreakerCall<'b, Op, T, E, ByVerdict>
    where
        E: Retryable,
    {
        self.judged_by(ByVerdict)
    }

    /// Counts only the errors that the predicate picks as failures of the service.
    pub fn failure_if<P: FnMut(&E) -> bool>(
        self,
        predicate: P,
    ) -> BreakerCall<'b, Op, T, E, OnlyIf<P>> {
        self.judged_by(OnlyIf(predicate))
    }

    pub(crate) fn judged_by<J>(self, judge: J) -> BreakerCall<'b, Op, T, E, J> {
        let Self { breaker, operation, result, .. } = self;
        BreakerCall { breaker, operation, judge, result }
    }
}

impl<Op, T, E, J> BreakerCall<'_, Op, T, E, J> {
    /// Makes the call on this thread.
    ///
    /// # Errors
    ///
    /// When the breaker refuses, or with the call's own error.
    pub fn wait(mut self) -> Result<T, BreakerError<E>>
    where
        Op: FnOnce() -> Result<T, E>,
        J: Judge<E>,
    {
        let permit = self.breaker.try_acquire().map_err(BreakerError::Open)?;
        let result = (self.operation)();
        permit.record(outcome(&result, &mut self.judge));
        result.map_err(BreakerError::Failed)
    }
}

fn outcome<T, E>(result: &Result<T, E>, judge: &mut impl Judge<E>) -> Outcome {
    match result {
        Ok(_) => Outcome::Success,
        Err(error) => judge.judge(error).into(),
    }
}

impl<'b, Op, I, T, E, J> IntoFuture for BreakerCall<'b, Op, T, E, J>
where
    Op: FnOnce() -> I,
    I: IntoFuture<Output = Result<T, E>>,
    J: Judge<E>,
{
    type Output = Result<T, BreakerError<E>>;
    type IntoFuture = BreakerFuture<'b, Op, I::IntoFuture, J>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { breaker, operation, judge, .. } = self;
        BreakerFuture { judge, step: Step::Ask { breaker, operation: Some(operation) } }
    }
}

pin_project! {
    /// The future of a [`BreakerCall`]. Leave is asked at its first poll.
    ///
    /// # Panics
    ///
    /// When it is polled again after the operation panicked.
    #[must_use = "futures do nothing unless polled"]
    pub struct BreakerFuture<'b, Op, Fut, J> {
        judge: J,
        #[pin]
        step: Step<'b, Op, Fut>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<'b, Op, Fut> {
        Ask { breaker: &'b CircuitBreaker, operation: Option<Op> },
        Run { #[pin] future: Fut, permit: Option<BreakerPermit<'b>> },
    }
}

impl<Op, I, T, E, J> Future for BreakerFuture<'_, Op, I::IntoFuture, J>
where
    Op: FnOnce() -> I,
    I: IntoFuture<Output = Result<T, E>>,
    J: Judge<E>,
{
    type Output = Result<T, BreakerError<E>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            match this.step.as_mut().project() {
                StepProj::Ask { breaker, operation } => {
                    let permit = breaker.try_acquire().map_err(BreakerError::Open)?;
                    let operation = operation.take().expect("polled again after a panic");
                    let future = operation().into_future();
                    this.step.set(Step::Run { future, permit: Some(permit) });
                }
                StepProj::Run { future, permit } => {
                    let result = ready!(future.poll(context));
                    if let Some(permit) = permit.take() {
                        permit.record(outcome(&result, this.judge));
                    }
                    return Poll::Ready(result.map_err(BreakerError::Failed));
                }
            }
        }
    }
}

impl<Op, T, E, J> fmt::Debug for BreakerCall<'_, Op, T, E, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerCall").field("breaker", self.breaker).finish_non_exhaustive()
    }
}

impl<Op, Fut, J> fmt::Debug for BreakerFuture<'_, Op, Fut, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerFuture").finish_non_exhaustive()
    }
}
