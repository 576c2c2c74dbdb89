//! What the functions under `#[resilient]` are made of: they ask the breaker of their service, and a
//! fallback where it refuses or they fail.

use std::cell::Cell;
use std::future::{Future, Ready, ready};

use concurry_retry::{BreakerError, BreakerOpen, BreakerPermit, Outcome, Verdict, service};

/// Asks leave for one call of a service.
///
/// # Errors
///
/// When its breaker refuses.
#[doc(hidden)]
pub fn enter(name: &(impl AsRef<str> + ?Sized)) -> Result<BreakerPermit<'static>, BreakerOpen> {
    service(name.as_ref()).try_acquire_owned()
}

/// Says how the call went. Without a verdict of its own, every error is a failure of the service.
#[doc(hidden)]
pub fn settle<T, E>(
    permit: BreakerPermit<'static>,
    result: Result<T, E>,
    verdict: Option<fn(&E) -> Verdict>,
) -> Result<T, BreakerError<E>> {
    permit.record(match (&result, verdict) {
        (Ok(_), _) => Outcome::Success,
        (Err(error), Some(verdict)) => verdict(error).into(),
        (Err(_), None) => Outcome::Failure,
    });
    result.map_err(BreakerError::Failed)
}

/// What a fallback gave: an output or a `Result`, now or later. Which of them is chosen by the order in
/// which the compiler looks for methods: one of `Answer` itself comes before one of a reference to it.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // for the macro only
pub struct Answer<A>(Cell<Option<A>>);

impl<A> Answer<A> {
    /// Wraps it.
    pub fn new(answer: A) -> Self {
        Self(Cell::new(Some(answer)))
    }

    fn take(&self) -> A {
        self.0.take().expect("an answer is taken once, where the macro writes it")
    }
}

/// A fallback that may fail as well.
#[doc(hidden)]
pub trait AnswerResult<T, E> {
    /// The answer.
    fn take_result(&self) -> Result<T, E>;
}

impl<T, E> AnswerResult<T, E> for Answer<Result<T, E>> {
    fn take_result(&self) -> Result<T, E> {
        self.take()
    }
}

/// A fallback that always has a value.
#[doc(hidden)]
pub trait AnswerValue<T, E> {
    /// The answer.
    fn take_result(&self) -> Result<T, E>;
}

impl<T, E> AnswerValue<T, E> for &Answer<T> {
    fn take_result(&self) -> Result<T, E> {
        Ok(self.take())
    }
}

/// A fallback that is an `async fn`.
#[doc(hidden)]
pub trait AnswerLater {
    /// What is awaited.
    type Future: Future;
    /// The future.
    fn take_future(&self) -> Self::Future;
}

impl<F: Future> AnswerLater for Answer<F> {
    type Future = F;
    fn take_future(&self) -> F {
        self.take()
    }
}

/// A fallback that answers at once.
#[doc(hidden)]
pub trait AnswerNow<A> {
    /// The answer as a future.
    fn take_future(&self) -> Ready<A>;
}

impl<A> AnswerNow<A> for &Answer<A> {
    fn take_future(&self) -> Ready<A> {
        ready(self.take())
    }
}
