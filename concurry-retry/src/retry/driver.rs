//! The steps that the async and the blocking run share: what happens around one attempt.

use std::fmt;
use std::time::{Duration, Instant};

use concurry_time::Clock;

use crate::budget::RetryBudget;
use crate::retry::judge::{Accept, Judge};
use crate::retry::state::Retrying;
use crate::retry::{
    AttemptError, AttemptRecord, Attempts, Bounds, GaveUp, RetryError, RetryPolicy,
};
use crate::verdict::Verdict;

/// What an attempt is told about itself.
///
/// ```
/// use concurry_retry::RetryPolicy;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(1);
/// let told = policy.run_blocking(|attempt| match attempt.retries_left {
///     0 => Ok(format!("this is the last, number {attempt}")),
///     _ => Err("try again"),
/// });
/// assert_eq!(told.call().unwrap(), "this is the last, number 2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// How many retries are left after it.
    pub retries_left: u32,
    /// When the whole call must have ended, if it has a deadline: pass it on to what you call.
    pub deadline: Option<Instant>,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(f)
    }
}

/// Everything of a run but the operation itself.
pub(crate) struct Driver<'p, T, E, J, A> {
    pub(crate) policy: &'p RetryPolicy,
    pub(crate) judge: J,
    pub(crate) accept: A,
    pub(crate) clock: Clock,
    pub(crate) budget: Option<&'p RetryBudget>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Instant>,
    attempt: u32,
    started: Option<Instant>,
    /// Made by the first failure, so that a call that succeeds allocates nothing.
    failed: Option<Box<Failed<'p, T, E>>>,
}

/// A run that has failed at least once.
struct Failed<'p, T, E> {
    retrying: Retrying<Failure<E, T>>,
    paid: Paid<'p>,
}

/// What was paid to the budget for an attempt not yet begun: refunded if it never is.
struct Paid<'p> {
    budget: Option<&'p RetryBudget>,
}

impl Drop for Paid<'_> {
    fn drop(&mut self) {
        if let Some(budget) = self.budget {
            budget.refund();
        }
    }
}

/// The failure of one attempt.
pub(crate) type Failure<E, T> = AttemptError<E, T>;

/// What an attempt led to.
pub(crate) enum Settled<T, E> {
    Done(T),
    Wait(Duration),
    GaveUp(RetryError<Failure<E, T>>),
}

impl<'p, T, E, J, A> Driver<'p, T, E, J, A> {
    #[inline]
    pub(crate) fn new(policy: &'p RetryPolicy, judge: J, accept: A) -> Self {
        Self {
            policy,
            judge,
            accept,
            clock: Clock::system(),
            budget: None,
            timeout: None,
            deadline: None,
            attempt: 0,
            started: None,
            failed: None,
        }
    }

    #[inline]
    pub(crate) fn with_judge<K>(self, judge: K) -> Driver<'p, T, E, K, A> {
        self.rebuild(|_, accept| (judge, accept))
    }

    /// Exchanges the closures before the first attempt.
    #[inline]
    pub(crate) fn rebuild<K, B>(
        self,
        rules: impl FnOnce(J, A) -> (K, B),
    ) -> Driver<'p, T, E, K, B> {
        let (judge, accept) = rules(self.judge, self.accept);
        Driver {
            policy: self.policy,
            judge,
            accept,
            clock: self.clock,
            budget: self.budget,
            timeout: self.timeout,
            deadline: self.deadline,
            attempt: self.attempt,
            started: self.started,
            failed: self.failed,
        }
    }

    /// Begins the next attempt. The clock is read for the first one only if something is timed.
    ///
    /// # Errors
    ///
    /// When the deadline has passed: an expired call is not started.
    #[inline]
    pub(crate) fn begin(&mut self) -> Result<Attempt, RetryError<Failure<E, T>>> {
        let timed =
            self.timeout.is_some() || self.deadline.is_some() || self.policy.deadline.is_some();
        if timed || self.attempt > 0 {
            self.begin_timed()?;
        }
        self.attempt = self.attempt.saturating_add(1);
        let retries_left = match &self.failed {
            Some(failed) => failed.retrying.retries_left(),
            None => self.policy.max_retries,
        };
        Ok(Attempt { number: self.attempt, retries_left, deadline: self.deadline })
    }

    #[cold]
    fn begin_timed(&mut self) -> Result<(), RetryError<Failure<E, T>>> {
        let now = self.clock.now();
        self.started = Some(now);
        if let (0, Some(total)) = (self.attempt, self.policy.deadline) {
            let end = self.clock.after(total);
            self.deadline = Some(self.deadline.map_or(end, |deadline| deadline.min(end)));
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(self.give_up(GaveUp::Deadline));
        }
        if let Some(failed) = &mut self.failed {
            failed.paid.budget = None;
        }
        Ok(())
    }

    /// The moment at which the attempt that has just begun is to be dropped.
    #[inline]
    pub(crate) fn cutoff(&self) -> Option<Instant> {
        let started = self.started?;
        let end = self.timeout.and_then(|timeout| started.checked_add(timeout));
        match (end, self.deadline) {
            (Some(end), Some(deadline)) => Some(end.min(deadline)),
            (end, deadline) => end.or(deadline),
        }
    }

    #[inline]
    pub(crate) fn settle(&mut self, result: Result<T, E>) -> Settled<T, E>
    where
        J: Judge<E>,
        A: Accept<T>,
    {
        match result {
            Ok(value) => match self.accept.refused_by(&value) {
                None => {
                    if let Some(budget) = self.budget {
                        budget.deposit();
                    }
                    Settled::Done(value)
                }
                Some(check) => self.failed(AttemptError::Rejected { value, check }, Verdict::Retry),
            },
            Err(error) => {
                let verdict = self.judge.judge(&error);
                self.failed(AttemptError::Failed(error), verdict)
            }
        }
    }

    /// Decides what follows a failed attempt.
    #[cold]
    pub(crate) fn failed(&mut self, failure: Failure<E, T>, verdict: Verdict) -> Settled<T, E> {
        let now = self.clock.now();
        let record = AttemptRecord::new(self.attempt, failure).timed(self.started, now);
        let bounds = Bounds { deadline: self.deadline, budget: self.budget };
        let policy = self.policy;
        let failed = self.failed.get_or_insert_with(|| {
            let paid = Paid { budget: None };
            Box::new(Failed { retrying: Retrying::new(policy), paid })
        });
        match failed.retrying.after(record, verdict, now, bounds) {
            Ok(wait) => {
                failed.paid.budget = self.budget;
                Settled::Wait(wait)
            }
            Err(reason) => Settled::GaveUp(self.give_up(reason)),
        }
    }

    fn give_up(&mut self, reason: GaveUp) -> RetryError<Failure<E, T>> {
        match self.failed.take() {
            Some(failed) => failed.retrying.give_up(reason),
            None => RetryError::new(reason, Attempts::new()),
        }
    }
}

impl<T, E, J, A> fmt::Debug for Driver<'_, T, E, J, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("policy", self.policy)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
