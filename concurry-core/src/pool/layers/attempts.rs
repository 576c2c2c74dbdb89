//! Attempts, one after the other, with a wait in between that holds neither worker nor permit.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use concurry_retry::{
    AttemptRecord, Bounds, GaveUp, RetryBudget, RetryError, RetryPolicy, Retrying, Verdict,
};

use super::arguments::{Arguments, Spare};
use super::drive::{Drive, Ended};
use super::failure::{Ending, Failure, Kind};
use super::waiting::Counted;
use crate::call::CallEnvironment;
use crate::error::Timeout;
use crate::progress::Tally;

impl Drive {
    /// Makes attempts until one succeeds or none is left.
    pub(super) async fn attempts(
        &mut self,
        first: &mut dyn Arguments,
        spare: &mut Option<Spare>,
    ) -> Ending {
        let mut next: Option<Box<dyn Arguments>> = None;
        loop {
            let args = match &mut next {
                Some(args) => &mut **args,
                None => &mut *first,
            };
            self.attempt += 1;
            let started = self.start_of_attempt();
            self.tell_attempt_started();
            let ended = self.guarded(args, spare.as_ref()).await;
            match self.settle(ended, started) {
                Settled::Done(outcome) => return outcome,
                Settled::Again(retry) => next = Some(self.next_attempt(retry, spare).await?),
            }
        }
    }

    /// The call after a first attempt that failed, with the wait before the next.
    pub(super) async fn go_on(mut self, retry: Retry, mut spare: Option<Spare>) -> Ending {
        let outcome = match self.next_attempt(retry, &mut spare).await {
            Ok(mut args) => self.attempts(&mut *args, &mut spare).await,
            Err(error) => Err(error),
        };
        self.finish(outcome, spare).await
    }

    /// What an attempt leads to.
    pub(super) fn settle(&mut self, ended: Ended, started: Option<Instant>) -> Settled {
        self.tell_attempt_done(&ended);
        let Ended { copy, outcome, environment, too_late, others, .. } = ended;
        let worker = environment.as_deref().and_then(CallEnvironment::begun_on);
        let verdict = match &outcome {
            Ok(_) => None,
            Err(error) => Some(self.verdict(error)),
        };
        // That the service asks to be left alone is true also if it says so too late.
        let asked = too_late.as_ref().map(|error| self.verdict(error)).or(verdict);
        self.heed_throttle(asked, environment.as_deref());
        // What it reserved is settled and given back before anything waits.
        drop(environment);
        let (error, verdict) = match (outcome, verdict) {
            (Ok(output), _) => {
                self.deposit();
                return Settled::Done(Ok(output));
            }
            (Err(error), verdict) => (error, verdict.unwrap_or(Verdict::Fatal)),
        };
        let mut record = AttemptRecord::new(self.attempt, error).of_copy(copy);
        record.worker = worker;
        match self.after_failure(FailedAttempt { record, verdict, too_late }, started, others) {
            Ok(wait) => Settled::Again(Retry { wait, budget: self.layers().budget.clone() }),
            Err(error) => Settled::Done(Err(error)),
        }
    }

    fn deposit(&self) {
        if let Some(budget) = &self.layers().budget {
            budget.deposit();
        }
    }

    /// The only attempt has succeeded, and nobody watches.
    pub(super) fn succeeded(&mut self) {
        self.deposit();
        self.told = true;
    }

    /// Waits, and gives the arguments of the next attempt.
    async fn next_attempt(
        &mut self,
        retry: Retry,
        spare: &mut Option<Spare>,
    ) -> Result<Box<dyn Arguments>, Failure> {
        let layers = self.layers();
        self.back_off(retry.wait).await?;
        retry.make();
        let last = self.attempt >= layers.max_retries() && !layers.keeps_arguments;
        let next =
            if last { spare.take().map(Spare::into_last) } else { spare.as_ref().map(Spare::copy) };
        next.ok_or_else(|| self.give_up(GaveUp::RetriesExhausted))
    }

    /// The time, if anything wants to know when the attempt began.
    fn start_of_attempt(&self) -> Option<Instant> {
        let started = self.started?;
        Some(if self.attempt == 1 { started } else { self.shared().clock.now() })
    }

    /// How long to wait before the next attempt, or the final error.
    fn after_failure(
        &mut self,
        failure: FailedAttempt,
        started: Option<Instant>,
        others: Vec<AttemptRecord<Failure>>,
    ) -> Result<Duration, Failure> {
        let FailedAttempt { record, verdict, too_late } = failure;
        let ends = !verdict.is_retryable() || self.layers().max_retries() == 0;
        let has_history = self.rest().is_some_and(|rest| rest.history.is_some());
        if ends && !has_history && others.is_empty() {
            // One attempt needs no history: its error is the call's.
            return Err(record.error);
        }
        let rest = self.rest.get_mut().unwrap_or_else(PoisonError::into_inner);
        let history = &mut rest.get_or_insert_default().history;
        let now = self.pool.shared().clock.now();
        let mut record = record.timed(started, now);
        let layers = self.layers.get();
        let history = history.get_or_insert_with(|| {
            Box::new(match &layers.retry {
                Some(policy) => Retrying::new(policy),
                None => Retrying::new(&RetryPolicy::none()),
            })
        });
        others.into_iter().for_each(|record| history.note(record));
        let budget = layers.budget.as_ref();
        let bounds = Bounds { deadline: self.deadline, budget };
        let reason = match record.error.kind() {
            Kind::TimedOut(Timeout::Deadline) => {
                // Beside others there is room for what the attempt said itself: that the deadline has
                // passed is why no more follow.
                if let Some(own) = too_late
                    && history.attempts().count() > 0
                {
                    record.error = own;
                }
                history.note(record);
                GaveUp::Deadline
            }
            _ => match history.after(record, verdict, now, bounds) {
                Ok(wait) => return Ok(wait),
                Err(reason) => reason,
            },
        };
        Err(self.give_up(reason))
    }

    fn give_up(&mut self, reason: GaveUp) -> Failure {
        let history = self.rest_mut().history.take();
        let error = match history {
            Some(history) => history.give_up(reason),
            None => RetryError::new(reason, concurry_retry::Attempts::new()),
        };
        if error.attempts().count() != 1 {
            return Failure::exhausted(error);
        }
        match error.into_attempts().into_last() {
            Some(record) => record.error,
            None => unreachable!("counted above"),
        }
    }

    /// The service has throttled us: the shared limits pause for everybody, not just for this call. Of
    /// several sets, that of the call, since the others stand for other accounts.
    fn heed_throttle(&self, verdict: Option<Verdict>, environment: Option<&CallEnvironment>) {
        let Some(Verdict::Throttle(Some(wait))) = verdict else { return };
        // One that was only counted has no permit, and is of the only set.
        match environment.and_then(|environment| environment.permit.limit_set()) {
            Some(set) => set.pause_for(wait),
            None => self.shared().limits.sets().for_each(|set| set.pause_for(wait)),
        }
    }

    async fn back_off(&self, wait: Duration) -> Result<(), Failure> {
        let shared = self.shared();
        shared.layer_counters.retries.fetch_add(1, Ordering::Relaxed);
        self.tell_retrying(wait);
        let _counted = Counted::new(&shared.layer_counters.backing_off);
        let _shown = shared.tallies.each(Tally::retrying);
        Ok(self.unless_stopped(shared.clock.sleep(wait)).await?)
    }
}

/// How an attempt has failed.
struct FailedAttempt {
    record: AttemptRecord<Failure>,
    verdict: Verdict,
    /// What it ended with itself, if the record has a timeout instead.
    too_late: Option<Failure>,
}

/// What an attempt led to.
pub(super) enum Settled {
    /// The outcome of all attempts.
    Done(Ending),
    /// Another attempt.
    Again(Retry),
}

/// An attempt that is to follow after a wait. If it is never made, what was paid for it is given back.
pub(super) struct Retry {
    wait: Duration,
    budget: Option<RetryBudget>,
}

impl Retry {
    fn make(mut self) {
        self.budget = None;
    }
}

impl Drop for Retry {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.refund();
        }
    }
}
