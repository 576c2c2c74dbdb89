//! Which errors are retried, and which results count as a success.

use std::error::Error;

use crate::verdict::{Retryable, Verdict};

/// Says what to do after an error. Closures become one through
/// [`Run::retry_if`](crate::Run::retry_if) and [`Run::verdict_by`](crate::Run::verdict_by).
pub trait Judge<E> {
    /// Judges the error of an attempt.
    fn judge(&mut self, error: &E) -> Verdict;
}

/// Retries every error: what a run does unless it is told otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct EveryError;

/// Does what the error type's own [`Retryable`] says.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByVerdict;

/// Does what a closure says.
#[derive(Clone, Copy, Debug)]
pub struct VerdictBy<P>(pub(crate) P);

/// Retries the errors that a predicate picks.
#[derive(Clone, Copy, Debug)]
pub struct OnlyIf<P>(pub(crate) P);

/// Retries what either of two judges would.
#[derive(Clone, Copy, Debug)]
pub struct Either<A, B>(pub(crate) A, pub(crate) B);

impl<E> Judge<E> for EveryError {
    #[inline]
    fn judge(&mut self, _error: &E) -> Verdict {
        Verdict::Retry
    }
}

impl<E: Retryable> Judge<E> for ByVerdict {
    #[inline]
    fn judge(&mut self, error: &E) -> Verdict {
        error.verdict()
    }
}

impl<E, P: FnMut(&E) -> Verdict> Judge<E> for VerdictBy<P> {
    #[inline]
    fn judge(&mut self, error: &E) -> Verdict {
        (self.0)(error)
    }
}

impl<E, P: FnMut(&E) -> bool> Judge<E> for OnlyIf<P> {
    #[inline]
    fn judge(&mut self, error: &E) -> Verdict {
        if (self.0)(error) { Verdict::Retry } else { Verdict::Fatal }
    }
}

impl<E, A: Judge<E>, B: Judge<E>> Judge<E> for Either<A, B> {
    #[inline]
    fn judge(&mut self, error: &E) -> Verdict {
        let first = self.0.judge(error);
        if first.is_retryable() { first } else { self.1.judge(error) }
    }
}

/// Checks the result of an attempt. Closures become one through
/// [`Run::until`](crate::Run::until).
pub trait Accept<T> {
    /// How many checks there are.
    const CHECKS: usize;

    /// The number (from 0) of the first check that refuses the value, if one does.
    fn refused_by(&mut self, value: &T) -> Option<usize>;
}

/// Accepts every result.
#[derive(Clone, Copy, Debug, Default)]
pub struct EveryResult;

/// Accepts what the checks before accept and this predicate too.
#[derive(Clone, Copy, Debug)]
pub struct AndUntil<A, P>(pub(crate) A, pub(crate) P);

impl<T> Accept<T> for EveryResult {
    const CHECKS: usize = 0;

    #[inline]
    fn refused_by(&mut self, _value: &T) -> Option<usize> {
        None
    }
}

impl<T, A: Accept<T>, P: FnMut(&T) -> bool> Accept<T> for AndUntil<A, P> {
    const CHECKS: usize = A::CHECKS + 1;

    #[inline]
    fn refused_by(&mut self, value: &T) -> Option<usize> {
        self.0.refused_by(value).or_else(|| (!(self.1)(value)).then_some(A::CHECKS))
    }
}

/// Whether an error is a `C`, or was caused by one: a predicate by error type for
/// [`Run::retry_if`](crate::Run::retry_if).
///
/// ```
/// use concurry_retry::{RetryPolicy, caused_by};
/// use std::num::ParseIntError;
///
/// let fatal = RetryPolicy::default()
///     .run_blocking(|_| "x".parse::<i32>())
///     .retry_if(caused_by::<std::io::Error, ParseIntError>)
///     .call();
/// assert_eq!(fatal.unwrap_err().attempts().count(), 1);
/// ```
pub fn caused_by<C: Error + 'static, E: Error + 'static>(error: &E) -> bool {
    let mut next = Some(error as &(dyn Error + 'static));
    while let Some(error) = next {
        if error.is::<C>() {
            return true;
        }
        next = error.source();
    }
    false
}
