//! The pieces inside one another, in the order the crate prescribes, on virtual time.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::cell::Cell;
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use concurry_retry::{
    BreakerError, BreakerState, CircuitBreaker, Deadline, GaveUp, Hedge, Jitter, RetryBudget,
    RetryPolicy, fallback,
};
use concurry_time::FakeClock;

const SECOND: Duration = Duration::from_secs(1);

fn drive<F: Future>(fake: &FakeClock, future: F) -> (F::Output, u64) {
    let start = fake.clock().now();
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return (output, (fake.clock().now() - start).as_secs());
        }
        fake.advance_to_next().expect("a pending future has a timer");
    }
}

fn policy() -> RetryPolicy {
    RetryPolicy::constant(SECOND).max_retries(4).jitter(Jitter::None)
}

fn breaker(fake: &FakeClock) -> CircuitBreaker {
    let builder = CircuitBreaker::builder("service").minimum_calls(2).count_window(4);
    let builder = builder.open_for(10 * SECOND).open_jitter(0.0).clock(&fake.clock());
    builder.build().expect("the options are legal")
}

#[test]
fn each_attempt_asks_the_breaker_anew_and_waits_until_it_lets_probes_through() {
    let fake = FakeClock::new();
    let (breaker, policy, ran) = (breaker(&fake), policy(), Cell::new(0));
    let run = policy
        .run(|_| {
            breaker.call(|| {
                ran.set(ran.get() + 1);
                let up = ran.get() > 2;
                async move { if up { Ok("answer") } else { Err("down") } }
            })
        })
        .verdict_by(|error| match error {
            BreakerError::Open(open) => concurry_retry::Retryable::verdict(open),
            _ => concurry_retry::Verdict::Retry,
        })
        .clock(&fake.clock());
    let (answer, seconds) = drive(&fake, run.into_future());
    // Two failures a second apart open it; a wait of one second finds it open for nine more, and
    // that is exactly how long the third attempt is put off.
    assert_eq!((answer.unwrap(), seconds, ran.get()), ("answer", 11, 3));
}

#[test]
fn a_retry_inside_a_breaker_would_hide_failures_from_it() {
    let fake = FakeClock::new();
    let policy = policy();
    let (right, wrong) = (breaker(&fake), breaker(&fake));
    let down = || async { Err::<(), _>("down") };
    let inside = wrong.call(|| policy.run(|_| down()).clock(&fake.clock()));
    assert!(drive(&fake, inside.into_future()).0.is_err());
    assert_eq!(wrong.state(), BreakerState::Closed, "five failures looked like one");
    let outside = policy.run(|_| right.call(down)).clock(&fake.clock());
    assert!(drive(&fake, outside.into_future()).0.is_err());
    assert_ne!(right.state(), BreakerState::Closed);
}

#[test]
fn all_layers_together_answer_within_the_deadline() {
    let fake = FakeClock::new();
    let clock = fake.clock();
    let (breaker, policy) = (breaker(&fake), policy());
    let hedger = Hedge::after(2 * SECOND).build().unwrap().clock(&clock);
    let budget = RetryBudget::ratio(0.1).unwrap();
    let deadline = Deadline::after(&clock, 60 * SECOND);
    let started = Cell::new(0);
    let hangs_once = || {
        started.set(started.get() + 1);
        let (number, clock) = (started.get(), clock.clone());
        async move {
            match number {
                1 | 2 => return Err("reset"),
                3 => clock.sleep(100 * SECOND).await,
                _ => clock.sleep(SECOND).await,
            }
            Ok(())
        }
    };
    let attempt = || breaker.call(|| hedger.run(hangs_once));
    let retried = policy.run(|_| attempt()).budget(&budget).clock(&clock);
    let answered = fallback(retried).or_value(|_| ());
    let (answer, seconds) = drive(&fake, deadline.bound(&clock, answered));
    assert_eq!(answer, Ok(()));
    // The first copy fails, and so does the one that follows at once; a second later the third
    // hangs, is hedged after two more, and the fourth answers in one.
    assert_eq!((seconds, started.get()), (4, 4));
    assert_eq!(fake.sleepers(), 0, "the losing copy is gone");
}

#[test]
fn ten_thousand_callers_of_a_dead_service_add_no_more_than_the_budget() {
    let fake = FakeClock::new();
    let budget = RetryBudget::builder().ratio(0.1).capacity(100).min_per_second(1.0).build();
    let (budget, policy, attempts) = (budget.unwrap(), policy(), Cell::new(0_u32));
    let mut runs: Vec<_> = (0..10_000)
        .map(|_| {
            let run = policy.run(|_| {
                attempts.set(attempts.get() + 1);
                async { Err::<(), _>("down") }
            });
            Box::pin(run.budget(&budget).clock(&fake.clock()).into_future())
        })
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    let mut refused = 0;
    while !runs.is_empty() {
        runs.retain_mut(|run| match run.as_mut().poll(&mut context) {
            Poll::Ready(result) => {
                let error = result.expect_err("the service is dead");
                refused += u32::from(error.gave_up() == GaveUp::Budget);
                false
            }
            Poll::Pending => true,
        });
        fake.advance_to_next();
    }
    // One hundred were saved up. After that one trickles in each second, and goes to the one caller
    // that is still there, until the policy stops that one as well.
    assert_eq!((attempts.get(), refused), (10_000 + 100 + 3, 9_999));
}
