//! Who is served when: in turn, at the promised moment, without holding up others.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::time::Duration;

use concurry_limits::{CallLimit, LimitError, LimitSet, RateAlgorithm, RateLimit, ResourceLimit};
use concurry_time::FakeClock;
use support::{RULES, Request};

fn tokens(fake: &FakeClock, per_second: u32, algorithm: RateAlgorithm) -> LimitSet {
    LimitSet::builder()
        .with(RateLimit::per_second("tokens", per_second).algorithm(algorithm))
        .clock(fake.clock())
        .build()
        .expect("legal limits")
}

#[test]
fn a_large_request_is_served_in_its_turn_behind_small_loops() {
    for rule in RULES {
        let fake = FakeClock::new();
        let limits = tokens(&fake, 10, rule);
        let _first = limits.try_acquire([("tokens", 10)]).unwrap();
        let mut loops: Vec<Request> =
            (0..4).map(|_| Request::queued(limits.acquire([("tokens", 1)]))).collect();
        let mut large = Request::queued(limits.acquire([("tokens", 8)]));
        let mut small_before = 0;
        let start = fake.clock().now();
        while large.poll_if_woken().is_none() {
            for small in &mut loops {
                if small.poll_if_woken().is_some() {
                    small_before += 1;
                    *small = Request::queued(limits.acquire([("tokens", 1)]));
                }
            }
            let moved = fake.advance_to_next().is_some();
            let woken = large.wakes() + loops.iter().map(Request::wakes).sum::<usize>();
            assert!(moved || woken > 0, "{rule:?}: somebody must wait for time or have been woken");
        }
        assert!(small_before <= 4, "{rule:?}: {small_before} small ones went first");
        assert!(fake.clock().now() - start <= Duration::from_secs(2), "{rule:?}");
    }
}

#[test]
fn waiters_are_served_in_the_order_in_which_they_came() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 1, RateAlgorithm::TokenBucket);
    let _first = limits.try_acquire([("tokens", 1)]).unwrap();
    let mut waiters: Vec<Request> =
        (0..20).map(|_| Request::queued(limits.acquire([("tokens", 1)]))).collect();
    for turn in 0..20 {
        let others = waiters.iter_mut().skip(turn + 1);
        assert!(others.map(Request::poll).all(|served| served.is_none()));
        fake.advance(Duration::from_millis(999));
        assert!(waiters[turn].poll().is_none(), "before the promised moment");
        fake.advance(Duration::from_millis(1));
        assert!(waiters[turn].poll_if_woken().is_some(), "at the promised moment");
    }
    assert_eq!(fake.sleepers(), 0);
}

#[test]
fn only_the_head_of_a_line_holds_a_timer() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 1, RateAlgorithm::Gcra);
    let _first = limits.try_acquire([("tokens", 1)]).unwrap();
    let waiters: Vec<Request> =
        (0..1_000).map(|_| Request::queued(limits.acquire([("tokens", 1)]))).collect();
    assert_eq!(fake.sleepers(), 1);
    fake.advance(Duration::from_secs(1));
    let woken = waiters.iter().filter(|waiter| waiter.wakes() > 0).count();
    assert_eq!(woken, 1, "no herd");
}

#[test]
fn a_call_that_needs_another_limit_is_not_held_up() {
    let fake = FakeClock::new();
    let limits = LimitSet::builder()
        .with(CallLimit::per_minute(3))
        .with(RateLimit::per_minute("tokens", 100))
        .clock(fake.clock())
        .build()
        .expect("legal limits");
    let _first = limits.try_acquire([("tokens", 100)]).unwrap();
    let mut large = Request::queued(limits.acquire([("tokens", 80)]));
    let calls = limits.exact();
    // One call may go on. The last one is kept for the request that came earlier.
    let _second = calls.try_acquire([(CallLimit::KEY, 1)]).expect("does not need tokens");
    let third = calls.try_acquire([(CallLimit::KEY, 2)]);
    assert!(third.is_err(), "would delay the earlier request");
    fake.advance(Duration::from_secs(60));
    assert!(large.poll_if_woken().is_some());
}

#[test]
fn a_dropped_waiter_gives_its_place_back_at_once() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 10, RateAlgorithm::TokenBucket);
    let _first = limits.try_acquire([("tokens", 10)]).unwrap();
    let large = Request::queued(limits.acquire([("tokens", 10)]));
    let mut small = Request::queued(limits.acquire([("tokens", 1)]));
    fake.advance(Duration::from_millis(500));
    assert!(small.poll_if_woken().is_none());
    drop(large);
    assert!(small.poll_if_woken().is_some());
}

#[test]
fn a_permit_that_nobody_took_comes_back() {
    for rule in RULES {
        let fake = FakeClock::new();
        let limits = LimitSet::builder()
            .with(RateLimit::per_second("tokens", 10).algorithm(rule))
            .with(ResourceLimit::new("slots", 1))
            .clock(fake.clock())
            .build()
            .expect("legal limits");
        let first = limits.try_acquire([("tokens", 2)]).unwrap();
        let granted = Request::queued(limits.acquire([("tokens", 5)]));
        drop(first);
        assert_eq!(granted.wakes(), 1, "{rule:?}: granted, not yet polled");
        assert_eq!(limits.stats().limits[0].available, 3.0, "{rule:?}");
        drop(granted);
        assert_eq!(limits.stats().limits[0].available, 8.0, "{rule:?}");
        assert_eq!(limits.stats().limits[1].available, 1.0, "{rule:?}");
    }
}

#[test]
fn a_timeout_holds_nothing_and_says_what_blocked() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 1, RateAlgorithm::SlidingWindow);
    let _first = limits.try_acquire([("tokens", 1)]).unwrap();
    let wait = Duration::from_millis(300);
    let mut waiter = Request::queued(limits.acquire([("tokens", 1)]).timeout(wait));
    fake.advance(wait);
    let Some(Err(error @ LimitError::TimedOut { .. })) = waiter.poll_if_woken() else {
        panic!("it should have timed out");
    };
    assert_eq!(error.blocked_by(), Some("tokens"));
    assert_eq!(error.retry_after(), Some(Duration::from_millis(700)));
    assert_eq!(limits.stats().waiting, 0);
    assert_eq!(fake.sleepers(), 0);
    let tried = Request::new(limits.acquire([("tokens", 1)]).timeout(Duration::ZERO)).poll();
    assert!(matches!(tried, Some(Err(LimitError::TimedOut { .. }))), "zero tries once");
}

#[test]
fn a_late_wake_up_costs_no_capacity() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 1_000, RateAlgorithm::Gcra);
    let _first = limits.try_acquire([("tokens", 1_000)]).unwrap();
    let mut waiters: Vec<Request> =
        (0..8).map(|_| Request::queued(limits.acquire([("tokens", 1)]))).collect();
    // Served after 1, 4 and 7 ms: together, but as many as one by one.
    fake.advance(Duration::from_millis(7));
    let mut served = 0;
    for waiter in &mut waiters {
        served += usize::from(waiter.poll_if_woken().is_some());
    }
    assert_eq!(served, 7);
}

#[test]
fn a_set_has_one_timer_whatever_is_waited_for() {
    let fake = FakeClock::new();
    let limits = LimitSet::builder()
        .with(RateLimit::per_second("tokens", 10).algorithm(RateAlgorithm::Gcra))
        .with(RateLimit::per_second("bytes", 5))
        .with(CallLimit::per_second(20))
        .clock(fake.clock())
        .build()
        .expect("legal limits");
    let exact = limits.exact();
    let _all = exact.try_acquire([("tokens", 10), ("bytes", 5), (CallLimit::KEY, 20)]).unwrap();
    let mut waiters: Vec<Request> = [("tokens", 3), ("bytes", 2), (CallLimit::KEY, 7)]
        .map(|request| Request::queued(exact.acquire([request])))
        .into();
    waiters.push(Request::queued(limits.acquire([("tokens", 1), ("bytes", 1)])));
    assert_eq!(fake.sleepers(), 1);
    fake.advance(Duration::from_secs(1));
    assert!(waiters.iter_mut().all(|waiter| waiter.poll_if_woken().is_some()));
    assert_eq!(fake.sleepers(), 0);
}

#[test]
fn a_waiter_that_does_not_look_holds_up_nobody() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 1, RateAlgorithm::TokenBucket);
    let _first = limits.try_acquire([("tokens", 1)]).unwrap();
    let stalled = Request::queued(limits.acquire([("tokens", 1)]));
    let mut next = Request::queued(limits.acquire([("tokens", 1)]));
    fake.advance(Duration::from_secs(2));
    assert!(next.poll_if_woken().is_some());
    assert_eq!(stalled.wakes(), 1);
}

#[test]
fn sets_built_alike_share_nothing() {
    let fake = FakeClock::new();
    let (mine, yours) =
        (tokens(&fake, 1, RateAlgorithm::Gcra), tokens(&fake, 1, RateAlgorithm::Gcra));
    assert!(mine.try_acquire([("tokens", 1)]).is_ok());
    assert!(yours.try_acquire([("tokens", 1)]).is_ok());
}
