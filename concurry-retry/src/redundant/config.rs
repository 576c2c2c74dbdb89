//! Redundant execution around a closure.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use concurry_time::Clock;

use crate::redundant::{AllFailed, Copies, CopiesFuture, CopyPlan};
use crate::retry::{
    Accept, AndUntil, AttemptError, ByVerdict, EveryError, EveryResult, Judge, OnlyIf,
};
use crate::verdict::Retryable;

/// Runs `copies` copies of an operation at once; the first success wins. Await the result.
///
/// The operation must be one that may run several times. All copies run inside the awaiting task;
/// to run them on several threads, let the closure submit to a pool or a runtime.
///
/// # Cancel safety
///
/// Dropping it drops all copies. So does the first success with the others: a future that stops
/// its work when it is dropped is thereby cancelled.
///
/// ```
/// use concurry_retry::redundant;
/// use std::cell::Cell;
///
/// # concurry_time::block_on(async {
/// let copies = Cell::new(0);
/// let answer = redundant(2, || {
///     copies.set(copies.get() + 1);
///     let unlucky = copies.get() == 1;
///     async move { if unlucky { Err("lost") } else { Ok(42) } }
/// })
/// .await;
/// assert_eq!((answer.unwrap(), copies.get()), (42, 2));
/// # });
/// ```
pub fn redundant<'a, Op, I, T, E>(copies: u32, operation: Op) -> Redundant<'a, Op, T, E>
where
    Op: FnMut() -> I,
    I: IntoFuture<Output = Result<T, E>>,
{
    let plan = CopyPlan::new(copies, Duration::ZERO);
    Redundant { operation, copies: Copies::new(plan, Clock::system(), EveryError, EveryResult) }
}

/// Copies of a call, made by [`redundant`] or [`Hedger::run`](crate::Hedger::run). Await it.
#[must_use = "copies do nothing until they are awaited"]
pub struct Redundant<'h, Op, T, E, J = EveryError, A = EveryResult> {
    pub(crate) operation: Op,
    pub(crate) copies: Copies<'h, T, E, J, A>,
}

impl<'h, Op, T, E, A> Redundant<'h, Op, T, E, EveryError, A> {
    /// Lets only the errors that the predicate picks pass by; any other ends the whole call at
    /// once, since the other copies would fail the same way.
    pub fn tolerate_if<P: FnMut(&E) -> bool>(
        self,
        predicate: P,
    ) -> Redundant<'h, Op, T, E, OnlyIf<P>, A> {
        self.judged_by(OnlyIf(predicate))
    }

    /// Lets the error's own [`Retryable`] say so: a fatal one ends the whole call, and a service
    /// that asks to be left alone gets no further copies.
    pub fn by_verdict(self) -> Redundant<'h, Op, T, E, ByVerdict, A>
    where
        E: Retryable,
    {
        self.judged_by(ByVerdict)
    }

    pub(crate) fn judged_by<K>(self, judge: K) -> Redundant<'h, Op, T, E, K, A> {
        let copies = self.copies.rebuild(|_, accept| (judge, accept));
        Redundant { operation: self.operation, copies }
    }
}

impl<'h, Op, T, E, J, A> Redundant<'h, Op, T, E, J, A> {
    /// Lets a value win only if the predicate accepts it. Several checks must all hold.
    pub fn until<P: FnMut(&T) -> bool>(
        self,
        check: P,
    ) -> Redundant<'h, Op, T, E, J, AndUntil<A, P>> {
        let copies = self.copies.rebuild(|judge, accept| (judge, AndUntil(accept, check)));
        Redundant { operation: self.operation, copies }
    }

    /// Reads this clock instead of the machine's.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.copies.clock = clock.clone();
        self
    }
}

impl<'h, Op, I, T, E, J, A> IntoFuture for Redundant<'h, Op, T, E, J, A>
where
    Op: FnMut() -> I,
    I: IntoFuture<Output = Result<T, E>>,
    J: Judge<E>,
    A: Accept<T>,
{
    type Output = Result<T, AllFailed<AttemptError<E, T>>>;
    type IntoFuture = CopiesFuture<'h, Op, I::IntoFuture, T, E, J, A>;

    fn into_future(self) -> Self::IntoFuture {
        CopiesFuture::new(self.operation, self.copies)
    }
}

impl<Op, T, E, J, A> fmt::Debug for Redundant<'_, Op, T, E, J, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redundant").field("plan", &self.copies.plan).finish_non_exhaustive()
    }
}
