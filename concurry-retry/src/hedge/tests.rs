//! Hedging on virtual time: when copies start, who pays, and when there are none.

use std::cell::Cell;
use std::future::IntoFuture;
use std::time::Duration;

use concurry_time::FakeClock;

use super::*;
use crate::virtual_time::{SECOND, drive};
use crate::{RetryBudget, Retryable, Verdict};

/// Runs one call whose copies take these seconds; a copy of 0 seconds fails at once. Returns what
/// won, how long it took and how many copies there were.
fn call(fake: &FakeClock, hedger: &Hedger, seconds: &[u32]) -> (Option<usize>, u64, usize) {
    let (clock, started) = (fake.clock(), Cell::new(0));
    let run = hedger.run(|| {
        let (number, clock) = (started.get(), clock.clone());
        started.set(number + 1);
        let length = SECOND * seconds[number];
        async move {
            clock.sleep(length).await;
            if length.is_zero() { Err("failed") } else { Ok(number) }
        }
    });
    let (result, waits) = drive(fake, run.into_future());
    (result.ok(), waits.iter().sum(), started.get())
}

fn hedger(fake: &FakeClock, hedge: Hedge) -> Hedger {
    hedge.build().unwrap().clock(&fake.clock())
}

#[test]
fn a_copy_starts_only_when_the_first_is_slow() {
    let fake = FakeClock::new();
    let hedger = hedger(&fake, Hedge::after(3 * SECOND));
    assert_eq!(call(&fake, &hedger, &[2, 1]), (Some(0), 2, 1));
    assert_eq!(call(&fake, &hedger, &[9, 1]), (Some(1), 4, 2));
    assert_eq!(call(&fake, &hedger, &[4, 9]), (Some(0), 4, 2));
}

#[test]
fn an_error_that_may_pass_starts_the_next_copy_at_once() {
    let fake = FakeClock::new();
    let hedger = hedger(&fake, Hedge::after(3 * SECOND).max_hedges(2));
    assert_eq!(call(&fake, &hedger, &[0, 0, 2]), (Some(2), 2, 3));
    assert_eq!(call(&fake, &hedger, &[0, 0, 0]), (None, 0, 3));
}

#[test]
fn the_extra_load_stays_within_its_share_of_the_successes() {
    let fake = FakeClock::new();
    let hedger = hedger(&fake, Hedge::after(SECOND).max_extra_load(0.05));
    let copies: usize = (0..1000).map(|_| call(&fake, &hedger, &[5, 5]).2).sum();
    assert_eq!(copies, 1000 + 10 + 49, "ten saved up, then one for every twenty before it");
}

#[test]
fn a_spent_budget_suppresses_the_copy_and_leaves_the_first_alone() {
    let fake = FakeClock::new();
    let budget = RetryBudget::builder().capacity(1).min_per_second(0.0).build().unwrap();
    let hedger = hedger(&fake, Hedge::after(SECOND)).budget(&budget);
    assert_eq!(call(&fake, &hedger, &[5, 1]), (Some(1), 2, 2));
    assert_eq!(call(&fake, &hedger, &[5, 1]), (Some(0), 5, 1));
    budget.refund();
    assert_eq!(call(&fake, &hedger, &[5, 1]), (Some(1), 2, 2));
}

#[test]
fn a_copy_that_the_shared_budget_refuses_costs_no_extra_load() {
    let fake = FakeClock::new();
    let budget = RetryBudget::builder().capacity(1).min_per_second(0.0).build().unwrap();
    let hedger = hedger(&fake, Hedge::after(SECOND)).budget(&budget);
    let now = fake.clock().now();
    assert!(hedger.permit(now));
    assert!((0..100).all(|_| !hedger.permit(now)));
    budget.refund();
    assert!(hedger.permit(now));
}

#[test]
fn copies_follow_one_another_a_delay_apart() {
    let fake = FakeClock::new();
    let hedger = hedger(&fake, Hedge::after(3 * SECOND).max_hedges(2));
    assert_eq!(call(&fake, &hedger, &[60, 60, 1]), (Some(2), 7, 3));
    assert_eq!(call(&fake, &hedger, &[60, 6, 6]), (Some(1), 9, 3));
}

#[test]
fn the_delay_follows_the_latencies_once_there_are_enough() {
    let fake = FakeClock::new();
    let hedge = Hedge::after_percentile(0.5).first_delay(60 * SECOND).min_samples(20);
    let hedger = hedger(&fake, hedge);
    for _ in 0..19 {
        assert_eq!(call(&fake, &hedger, &[10, 1]).2, 1);
    }
    assert_eq!(hedger.delay(), 60 * SECOND);
    call(&fake, &hedger, &[10, 1]);
    let delay = hedger.delay().as_secs_f64();
    assert!((9.5..=10.5).contains(&delay), "{delay}");
    assert_eq!(call(&fake, &hedger, &[30, 1]).2, 2);
}

#[derive(Debug)]
struct Busy;

impl Retryable for Busy {
    fn verdict(&self) -> Verdict {
        Verdict::Throttle(Some(10 * SECOND))
    }
}

#[test]
fn there_are_no_copies_while_the_service_throttles() {
    let fake = FakeClock::new();
    let hedger = hedger(&fake, Hedge::after(SECOND));
    let started = Cell::new(0);
    let busy = hedger.run(|| {
        started.set(started.get() + 1);
        async { Err::<(), _>(Busy) }
    });
    assert!(drive(&fake, busy.by_verdict().into_future()).0.is_err());
    assert_eq!(started.get(), 1, "nor is the throttled call itself copied");
    assert_eq!(call(&fake, &hedger, &[5, 1]).2, 1);
    fake.advance(10 * SECOND);
    assert_eq!(call(&fake, &hedger, &[5, 1]).2, 2);
}

#[test]
fn the_longest_pause_that_a_service_asks_for_is_kept() {
    let fake = FakeClock::new();
    let hedger = hedger(&fake, Hedge::redundant(2));
    hedger.heed(Verdict::Throttle(Some(Duration::MAX)), fake.clock().now());
    assert!(!hedger.permit(fake.clock().now()));
}

#[test]
fn options_out_of_range_are_named() {
    for (hedge, name) in [
        (Hedge::after(Duration::ZERO), "delay"),
        (Hedge::after_percentile(1.0), "percentile"),
        (Hedge::after_percentile(f64::NAN), "percentile"),
        (Hedge::redundant(1), "redundant(2)"),
        (Hedge::after(SECOND).max_extra_load(0.0), "max_extra_load"),
    ] {
        let message = hedge.build().unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    assert_eq!(Hedge::redundant(3).build().unwrap().copies(), 3);
}
