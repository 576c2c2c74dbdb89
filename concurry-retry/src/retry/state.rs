//! The running state of a call that has failed at least once. Pure: no clock, no waiting.

use std::time::{Duration, Instant};

use crate::budget::RetryBudget;
use crate::retry::{
    AttemptRecord, Attempts, GaveUp, PolicyError, RetryError, RetryPolicy, Schedule,
};
use crate::verdict::Verdict;

/// What bounds the retries of a call besides its policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds<'b> {
    /// The moment by which the call must have ended.
    pub deadline: Option<Instant>,
    /// The shared allowance that every retry is paid from.
    pub budget: Option<&'b RetryBudget>,
}

/// A call that has failed at least once: its waits, and the record of its attempts.
///
/// This is the rule that every driver shares, blocking, async or a pool: it says what comes next,
/// and the driver waits and calls.
///
/// ```
/// use concurry_retry::{AttemptRecord, Bounds, GaveUp, RetryPolicy, Retrying, Verdict};
/// use std::time::{Duration, Instant};
///
/// let policy = RetryPolicy::constant(Duration::from_secs(1)).max_retries(1);
/// let mut retrying = Retrying::new(&policy);
/// let now = Instant::now();
/// let pushback = Verdict::RetryAfter(Duration::from_secs(7));
/// let next = retrying.after(AttemptRecord::new(1, "busy"), pushback, now, Bounds::default());
/// assert_eq!(next, Ok(Duration::from_secs(7)));
/// let next = retrying.after(AttemptRecord::new(2, "busy"), Verdict::Retry, now, Bounds::default());
/// assert_eq!(next, Err(GaveUp::RetriesExhausted));
/// let error = retrying.give_up(GaveUp::RetriesExhausted);
/// assert_eq!(error.to_string(), "failed after 2 attempts (no retries left): busy");
/// ```
#[derive(Debug)]
pub struct Retrying<F> {
    schedule: Schedule,
    max_retry_after: Duration,
    invalid: Option<PolicyError>,
    attempts: Attempts<F>,
}

impl<F> Retrying<F> {
    /// Starts with no attempt recorded. A policy that is not legal allows no retry.
    #[must_use]
    pub fn new(policy: &RetryPolicy) -> Self {
        Self {
            schedule: policy.schedule(),
            max_retry_after: policy.max_retry_after,
            invalid: policy.validate().err(),
            attempts: Attempts::new(),
        }
    }

    /// Records a failed attempt and says how long to wait before the next.
    ///
    /// # Errors
    ///
    /// Why there is no next attempt. A wait that would reach the deadline is not begun, and the
    /// budget is asked last, so that only attempts that are made are paid for.
    pub fn after(
        &mut self,
        mut record: AttemptRecord<F>,
        verdict: Verdict,
        now: Instant,
        bounds: Bounds<'_>,
    ) -> Result<Duration, GaveUp> {
        let next = self.decide(verdict, now, bounds);
        record.wait = next.ok();
        self.attempts.push(record);
        next
    }

    /// Records a failure that decides nothing: of one copy of an attempt, while others run.
    pub fn note(&mut self, record: AttemptRecord<F>) {
        self.attempts.push(record);
    }

    /// The attempts so far.
    #[must_use]
    pub fn attempts(&self) -> &Attempts<F> {
        &self.attempts
    }

    /// How many retries are left.
    #[must_use]
    pub fn retries_left(&self) -> u32 {
        self.schedule.retries_left()
    }

    /// Ends the call.
    #[must_use]
    pub fn give_up(self, reason: GaveUp) -> RetryError<F> {
        RetryError::new(reason, self.attempts)
    }

    fn decide(
        &mut self,
        verdict: Verdict,
        now: Instant,
        bounds: Bounds<'_>,
    ) -> Result<Duration, GaveUp> {
        if let Some(error) = self.invalid {
            return Err(GaveUp::Policy(error));
        }
        match verdict {
            Verdict::Fatal => return Err(GaveUp::Fatal),
            Verdict::Poison => return Err(GaveUp::Poison),
            Verdict::Retry | Verdict::RetryAfter(_) | Verdict::Throttle(_) => {}
        }
        let hint = verdict.hint();
        let wait = self.schedule.next_wait(hint).ok_or(GaveUp::RetriesExhausted)?;
        if let Some(hint) = hint.filter(|hint| *hint > self.max_retry_after) {
            return Err(GaveUp::RetryAfterTooLong(hint));
        }
        let in_time = |deadline| now.checked_add(wait).is_some_and(|end| end < deadline);
        if !bounds.deadline.is_none_or(in_time) {
            return Err(GaveUp::Deadline);
        }
        match bounds.budget {
            Some(budget) if !budget.withdraw(now) => Err(GaveUp::Budget),
            _ => Ok(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Jitter;
    use crate::retry::schedule::tests::any_policy;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn before(deadline: Instant) -> Bounds<'static> {
        Bounds { deadline: Some(deadline), budget: None }
    }

    fn first_decision(
        policy: &RetryPolicy,
        verdict: Verdict,
        left: Duration,
    ) -> Result<Duration, GaveUp> {
        let now = Instant::now();
        Retrying::new(policy).after(AttemptRecord::new(1, ()), verdict, now, before(now + left))
    }

    #[test]
    fn each_reason_to_give_up_is_told_apart() {
        let policy = RetryPolicy::constant(SECOND).jitter(Jitter::None).max_retry_after(9 * SECOND);
        let minute = 60 * SECOND;
        let decide = |verdict, left| first_decision(&policy, verdict, left);
        assert_eq!(decide(Verdict::Retry, minute), Ok(SECOND));
        assert_eq!(decide(Verdict::Throttle(None), minute), Ok(SECOND));
        assert_eq!(decide(Verdict::Fatal, minute), Err(GaveUp::Fatal));
        assert_eq!(decide(Verdict::Poison, minute), Err(GaveUp::Poison));
        assert_eq!(decide(Verdict::Retry, SECOND), Err(GaveUp::Deadline));
        assert_eq!(decide(Verdict::RetryAfter(8 * SECOND), 5 * SECOND), Err(GaveUp::Deadline));
        let long = Verdict::Throttle(Some(10 * SECOND));
        assert_eq!(decide(long, minute), Err(GaveUp::RetryAfterTooLong(10 * SECOND)));
        let illegal = RetryPolicy::constant(Duration::ZERO);
        let refused = first_decision(&illegal, Verdict::Retry, minute);
        assert!(matches!(refused, Err(GaveUp::Policy(_))));
    }

    proptest! {
        #[test]
        fn waits_never_reach_past_the_deadline(policy in any_policy(), left in 1_u64..60_000) {
            let start = Instant::now();
            let deadline = start + Duration::from_millis(left);
            let mut retrying = Retrying::new(&policy);
            let mut now = start;
            for attempt in 1.. {
                let record = AttemptRecord::new(attempt, ());
                match retrying.after(record, Verdict::Retry, now, before(deadline)) {
                    Ok(wait) => now += wait,
                    Err(_) => break,
                }
                prop_assert!(now < deadline);
            }
            prop_assert!(retrying.attempts().last().unwrap().wait.is_none());
        }
    }
}
