//! The builder of a run: an operation, which errors to retry, which results to accept.

use std::fmt;
use std::future::IntoFuture;
use std::time::{Duration, Instant};

use concurry_time::Clock;

use crate::budget::RetryBudget;
use crate::retry::driver::{Attempt, Driver, Settled};
use crate::retry::future::RunFuture;
use crate::retry::judge::{
    Accept, AndUntil, ByVerdict, Either, EveryError, EveryResult, Judge, OnlyIf, VerdictBy,
};
use crate::retry::{AttemptError, RetryError, RetryPolicy};
use crate::verdict::{Retryable, Verdict};

/// An operation to run under a policy, made by [`RetryPolicy::run`] (then await it) or
/// [`RetryPolicy::run_blocking`] (then [`call`](Run::call) it).
///
/// Without [`retry_if`](Run::retry_if), [`by_verdict`](Run::by_verdict) or
/// [`verdict_by`](Run::verdict_by) every error is retried: a library cannot see whether a type
/// that it does not know implements [`Retryable`], so reading it is asked for by name. Without
/// [`until`](Run::until) every value is a success.
#[must_use = "a run does nothing until it is awaited or called"]
pub struct Run<'p, Op, T, E, J = EveryError, A = EveryResult> {
    operation: Op,
    driver: Driver<'p, T, E, J, A>,
}

impl RetryPolicy {
    /// Runs an async operation, and again after a failure. Await the result.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the attempt that runs, or the wait; a retry that was paid for and not
    /// begun goes back to the budget.
    ///
    /// ```
    /// use concurry_retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// # concurry_time::block_on(async {
    /// let policy = RetryPolicy::exponential(Duration::from_millis(1));
    /// let page = policy
    ///     .run(|attempt| async move { if attempt.number < 3 { Err("busy") } else { Ok("page") } })
    ///     .retry_if(|error| *error == "busy")
    ///     .await;
    /// assert_eq!(page.unwrap(), "page");
    /// # });
    /// ```
    #[inline]
    pub fn run<Op, I, T, E>(&self, operation: Op) -> Run<'_, Op, T, E>
    where
        Op: FnMut(Attempt) -> I,
        I: IntoFuture<Output = Result<T, E>>,
    {
        Run { operation, driver: Driver::new(self, EveryError, EveryResult) }
    }

    /// Runs a blocking operation, and again after a failure. Ends with [`call`](Run::call).
    ///
    /// ```
    /// use concurry_retry::RetryPolicy;
    /// use std::time::Duration;
    ///
    /// let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(2);
    /// let empty = policy.run_blocking(|_| Ok::<_, ()>(String::new()));
    /// let error = empty.until(|page| !page.is_empty()).call().unwrap_err();
    /// assert_eq!(error.rejected().count(), 3);
    /// ```
    #[inline]
    pub fn run_blocking<Op, T, E>(&self, operation: Op) -> Run<'_, Op, T, E>
    where
        Op: FnMut(Attempt) -> Result<T, E>,
    {
        Run { operation, driver: Driver::new(self, EveryError, EveryResult) }
    }
}

impl<'p, Op, T, E, A> Run<'p, Op, T, E, EveryError, A> {
    /// Retries only the errors that the predicate picks; any other comes out at once. A panic in
    /// the predicate goes through to the caller. For more, see [`or_if`](Run::or_if).
    #[inline]
    pub fn retry_if<P: FnMut(&E) -> bool>(self, predicate: P) -> Run<'p, Op, T, E, OnlyIf<P>, A> {
        self.judged_by(OnlyIf(predicate))
    }

    /// Does what the error's own [`Retryable`] says, its `Retry-After` included.
    #[inline]
    pub fn by_verdict(self) -> Run<'p, Op, T, E, ByVerdict, A>
    where
        E: Retryable,
    {
        self.judged_by(ByVerdict)
    }

    /// Does what the closure says about the error.
    #[inline]
    pub fn verdict_by<P>(self, verdict: P) -> Run<'p, Op, T, E, VerdictBy<P>, A>
    where
        P: FnMut(&E) -> Verdict,
    {
        self.judged_by(VerdictBy(verdict))
    }

    #[inline]
    pub(crate) fn judged_by<K>(self, judge: K) -> Run<'p, Op, T, E, K, A> {
        Run { operation: self.operation, driver: self.driver.with_judge(judge) }
    }
}

impl<'p, Op, T, E, J, A> Run<'p, Op, T, E, J, A> {
    /// Retries, beside what the rules so far retry, also the errors that this predicate picks. (A
    /// run without a rule retries every error as it is.)
    pub fn or_if<P: FnMut(&E) -> bool>(
        self,
        predicate: P,
    ) -> Run<'p, Op, T, E, Either<J, OnlyIf<P>>, A> {
        let driver = self.driver.rebuild(|judge, all| (Either(judge, OnlyIf(predicate)), all));
        Run { operation: self.operation, driver }
    }

    /// Accepts a value only if the predicate does; another value counts as a failed attempt and is
    /// retried, whatever `retry_if` says. Several checks must all hold.
    #[inline]
    pub fn until<P: FnMut(&T) -> bool>(self, check: P) -> Run<'p, Op, T, E, J, AndUntil<A, P>> {
        let driver = self.driver.rebuild(|judge, accept| (judge, AndUntil(accept, check)));
        Run { operation: self.operation, driver }
    }

    /// Pays every retry from a shared budget.
    pub fn budget(mut self, budget: &'p RetryBudget) -> Self {
        self.driver.budget = Some(budget);
        self
    }

    /// Sets the moment by which the whole run must have ended, next to the policy's own deadline.
    /// A run that comes too late is not started.
    pub fn deadline_at(mut self, deadline: Instant) -> Self {
        self.driver.deadline = Some(deadline);
        self
    }

    /// Waits on this clock instead of the machine's.
    pub fn clock(mut self, clock: &Clock) -> Self {
        self.driver.clock = clock.clone();
        self
    }

    /// Makes the attempts on this thread, and blocks it for the waits between them.
    ///
    /// The deadline is looked at between attempts: a blocking attempt that runs is not cut off.
    ///
    /// # Errors
    ///
    /// When no further attempt is allowed: why, and how each attempt failed.
    pub fn call(mut self) -> Result<T, RetryError<AttemptError<E, T>>>
    where
        Op: FnMut(Attempt) -> Result<T, E>,
        J: Judge<E>,
        A: Accept<T>,
    {
        loop {
            let attempt = self.driver.begin()?;
            let result = (self.operation)(attempt);
            match self.driver.settle(result) {
                Settled::Done(value) => return Ok(value),
                Settled::Wait(wait) => self.driver.clock.sleep(wait).wait(),
                Settled::GaveUp(error) => return Err(error),
            }
        }
    }
}

impl<Op, I, T, E, J, A> Run<'_, Op, T, E, J, A>
where
    Op: FnMut(Attempt) -> I,
    I: IntoFuture<Output = Result<T, E>>,
{
    /// Drops an attempt that takes longer than this, and counts it as failed; it is retried.
    pub fn timeout(mut self, each: Duration) -> Self {
        self.driver.timeout = Some(each);
        self
    }
}

impl<'p, Op, I, T, E, J, A> IntoFuture for Run<'p, Op, T, E, J, A>
where
    Op: FnMut(Attempt) -> I,
    I: IntoFuture<Output = Result<T, E>>,
    J: Judge<E>,
    A: Accept<T>,
{
    type Output = Result<T, RetryError<AttemptError<E, T>>>;
    type IntoFuture = RunFuture<'p, Op, I::IntoFuture, T, E, J, A>;

    #[inline]
    fn into_future(self) -> Self::IntoFuture {
        RunFuture::new(self.operation, self.driver)
    }
}

impl<Op, T, E, J, A> fmt::Debug for Run<'_, Op, T, E, J, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.driver.fmt(f)
    }
}
