//! Runs on virtual time: what is tried again, after which waits, and what comes out.

use std::cell::{Cell, RefCell};
use std::future::{Future, IntoFuture, pending};
use std::task::{Context, Waker};

use concurry_time::{Clock, FakeClock};

use super::*;
use crate::virtual_time::{SECOND, drive};
use crate::{Jitter, RetryBudget, Retryable, Verdict};

fn policy() -> RetryPolicy {
    RetryPolicy::exponential(SECOND).max_retries(3).jitter(Jitter::None)
}

fn run_scripted<'r>(
    fake: &FakeClock,
    policy: &'r RetryPolicy,
    script: &'r RefCell<Vec<Result<u32, &'static str>>>,
) -> Run<'r, impl FnMut(Attempt) -> std::future::Ready<Result<u32, &'static str>>, u32, &'static str>
{
    policy.run(|_| std::future::ready(script.borrow_mut().remove(0))).clock(&fake.clock())
}

#[test]
fn a_success_after_failures_comes_out_after_the_waits_between_them() {
    let (fake, policy) = (FakeClock::new(), policy());
    let script = RefCell::new(vec![Err("a"), Err("b"), Err("c"), Ok(7)]);
    let (result, waits) = drive(&fake, run_scripted(&fake, &policy, &script).into_future());
    assert_eq!((result.unwrap(), waits), (7, vec![1, 2, 4]));
}

#[test]
fn the_final_error_holds_every_attempt_and_names_the_last() {
    let (fake, policy) = (FakeClock::new(), policy().max_retries(2));
    let script = RefCell::new(vec![Err("a"), Err("b"), Err("c")]);
    let (result, _) = drive(&fake, run_scripted(&fake, &policy, &script).into_future());
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), "failed after 3 attempts (no retries left): c");
    let records = error.attempts().records();
    let waits: Vec<_> = records.iter().map(|record| record.wait).collect();
    assert_eq!(waits, [Some(SECOND), Some(2 * SECOND), None]);
    assert_eq!(records[1].started.unwrap() + 2 * SECOND, records[2].started.unwrap());
    assert_eq!(error.into_last_error(), Some("c"));
}

#[test]
fn an_error_that_no_predicate_picks_comes_out_at_once() {
    let (fake, policy) = (FakeClock::new(), policy());
    let script = RefCell::new(vec![Err("reset"), Err("timeout"), Err("denied"), Ok(1)]);
    let run = run_scripted(&fake, &policy, &script)
        .retry_if(|error| *error == "timeout")
        .or_if(|error| *error == "reset")
        .or_if(|_| false);
    let (result, waits) = drive(&fake, run.into_future());
    let error = result.unwrap_err();
    assert_eq!((error.gave_up(), waits.len()), (GaveUp::Fatal, 2));
    assert_eq!(error.last_error(), Some(&"denied"));
}

#[test]
fn rejected_values_and_errors_share_the_retries() {
    let (fake, policy) = (FakeClock::new(), policy());
    let script = RefCell::new(vec![Err("a"), Ok(1), Ok(12), Ok(20)]);
    let run = run_scripted(&fake, &policy, &script)
        .retry_if(|error| *error == "a")
        .until(|value| *value > 10)
        .until(|value| value % 10 == 0);
    assert_eq!(drive(&fake, run.into_future()).0.unwrap(), 20);

    let script = RefCell::new(vec![Ok(1), Ok(12)]);
    let policy = policy.max_retries(1);
    let run = run_scripted(&fake, &policy, &script)
        .until(|value| *value > 10)
        .until(|value| value % 10 == 0);
    let error = drive(&fake, run.into_future()).0.unwrap_err();
    assert_eq!(error.rejected().collect::<Vec<_>>(), [&1, &12]);
    assert!(error.to_string().ends_with("the result failed check 2"), "{error}");
}

#[test]
fn a_result_is_checked_even_without_retries() {
    let result = RetryPolicy::none().run_blocking(|_| Ok::<_, ()>(0)).until(|n| *n > 0).call();
    assert_eq!(result.unwrap_err().gave_up(), GaveUp::RetriesExhausted);
}

#[derive(Debug)]
struct Busy(Verdict);

impl Retryable for Busy {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

#[test]
fn the_errors_own_verdict_sets_the_wait() {
    let (fake, policy) = (FakeClock::new(), policy());
    let verdicts = [Verdict::RetryAfter(50 * SECOND), Verdict::Throttle(None), Verdict::Poison];
    let run = policy
        .run(|attempt| async move { Err::<(), _>(Busy(verdicts[attempt.number as usize - 1])) })
        .by_verdict()
        .clock(&fake.clock());
    let (result, waits) = drive(&fake, run.into_future());
    assert_eq!((result.unwrap_err().gave_up(), waits), (GaveUp::Poison, vec![50, 1]));
}

#[test]
fn a_slow_attempt_is_dropped_and_tried_again() {
    let (fake, policy) = (FakeClock::new(), policy());
    let run = policy
        .run(|attempt| async move {
            if attempt.number == 1 {
                pending::<Result<u32, &str>>().await
            } else {
                Ok(attempt.number)
            }
        })
        .timeout(5 * SECOND)
        .clock(&fake.clock());
    let (result, waits) = drive(&fake, run.into_future());
    assert_eq!((result.unwrap(), waits), (2, vec![5, 1]));
}

#[test]
fn the_deadline_bounds_attempts_and_waits_together() {
    let fake = FakeClock::new();
    // 5 s for the first attempt, 1 s of waiting; of the second attempt's 5 s only 2 are left.
    let policy = policy().deadline(8 * SECOND);
    let hang = |_| pending::<Result<(), &str>>();
    let run = policy.run(hang).timeout(5 * SECOND).clock(&fake.clock());
    let (result, waits) = drive(&fake, run.into_future());
    let error = result.unwrap_err();
    assert_eq!((error.gave_up(), waits), (GaveUp::Deadline, vec![5, 1, 2]));
    assert_eq!(error.attempts().count(), 2);
}

#[test]
fn a_run_that_comes_too_late_is_not_started() {
    let clock = Clock::system();
    let policy = policy();
    let calls = Cell::new(0);
    let result = policy
        .run_blocking(|_| {
            calls.set(calls.get() + 1);
            Ok::<_, ()>(())
        })
        .deadline_at(clock.now())
        .call();
    let error = result.unwrap_err();
    assert_eq!((error.gave_up(), calls.get(), error.last().is_none()), (GaveUp::Deadline, 0, true));
}

#[test]
fn an_attempt_learns_its_number_what_is_left_and_the_deadline() {
    let fake = FakeClock::new();
    let policy = policy().max_retries(1).deadline(60 * SECOND);
    let end = fake.clock().now() + 60 * SECOND;
    let seen = RefCell::new(Vec::new());
    let run = policy.run(|attempt| {
        seen.borrow_mut().push((attempt.number, attempt.retries_left, attempt.deadline));
        std::future::ready(Err::<(), _>("no"))
    });
    let _ = drive(&fake, run.clock(&fake.clock()).into_future());
    assert_eq!(*seen.borrow(), [(1, 1, Some(end)), (2, 0, Some(end))]);
}

#[test]
fn a_spent_budget_lets_the_failure_out_at_once() {
    let fake = FakeClock::new();
    let policy = policy();
    let budget = RetryBudget::builder().capacity(1).min_per_second(0.0).build().unwrap();
    let fails = |_| std::future::ready(Err::<(), _>("down"));
    let run = policy.run(fails).budget(&budget).clock(&fake.clock());
    let (result, waits) = drive(&fake, run.into_future());
    let error = result.unwrap_err();
    assert_eq!((error.gave_up(), error.attempts().count(), waits), (GaveUp::Budget, 2, vec![1]));
    assert!(error.attempts().last().unwrap().wait.is_none());
}

#[test]
fn dropping_a_run_at_any_await_drops_the_attempt_and_takes_the_timer_back() {
    struct Permit<'c>(&'c Cell<i32>);
    impl Drop for Permit<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let (fake, policy, held) = (FakeClock::new(), policy(), Cell::new(0));
    for polls in 1..=4 {
        let run = policy.run(|attempt| {
            held.set(held.get() + 1);
            let permit = Permit(&held);
            async move {
                let _permit = permit;
                if attempt.number == 2 {
                    pending::<()>().await
                }
                Err::<(), _>("down")
            }
        });
        let mut future = Box::pin(run.timeout(9 * SECOND).clock(&fake.clock()).into_future());
        let mut context = Context::from_waker(Waker::noop());
        for poll in 1..=polls {
            assert!(future.as_mut().poll(&mut context).is_pending());
            // While it waits between attempts it holds nothing of the attempt before.
            assert_eq!(held.get(), i32::from(poll == 2), "poll {poll}");
            if poll < polls {
                fake.advance_to_next();
            }
        }
        drop(future);
        assert_eq!((held.get(), fake.sleepers()), (0, 0), "after {polls} polls");
    }
}

#[test]
fn the_error_needs_no_bounds_to_be_carried_and_only_text_to_be_an_error() {
    struct Opaque;
    let carried = RetryPolicy::none().run_blocking(|_| Err::<(), _>(Opaque)).call();
    assert!(carried.unwrap_err().into_last_error().is_some());

    fn boxed() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let failing = |_| Err::<(), Box<dyn std::error::Error + Send + Sync>>("no".into());
        Ok(RetryPolicy::none().run_blocking(failing).call()?)
    }
    assert_eq!(boxed().unwrap_err().to_string(), "failed after 1 attempt (no retries left): no");
}

#[test]
fn a_retry_that_was_paid_for_and_not_begun_goes_back_to_the_budget() {
    let (fake, policy) = (FakeClock::new(), policy());
    let budget = RetryBudget::builder().capacity(9).min_per_second(0.0).build().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    for (polls, left) in [(1, 9), (2, 8)] {
        let run = policy.run(|attempt| async move {
            if attempt.number == 2 {
                pending::<()>().await
            }
            Err::<(), _>("down")
        });
        let run = run.budget(&budget).clock(&fake.clock());
        let mut future = Box::pin(run.into_future());
        for _ in 0..polls {
            assert!(future.as_mut().poll(&mut context).is_pending());
            assert_eq!(budget.balance(), 8);
            fake.advance(SECOND);
        }
        drop(future);
        assert_eq!(budget.balance(), left);
    }
}

#[test]
fn a_success_pays_into_the_budget() {
    let policy = policy();
    let budget = RetryBudget::builder().ratio(1.0).capacity(5).min_per_second(0.0).build().unwrap();
    assert!(budget.withdraw(Clock::system().now()));
    let failed = policy.run_blocking(|_| Err::<(), _>("no")).retry_if(|_| false).budget(&budget);
    assert!(failed.call().is_err());
    assert_eq!(budget.balance(), 4);
    assert!(policy.run_blocking(|_| Ok::<_, &str>(())).budget(&budget).call().is_ok());
    assert_eq!(budget.balance(), 5);
}
