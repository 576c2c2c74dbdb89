//! Requests that are dropped, moved between threads and estimated; many of them.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::thread;
use std::time::Duration;

use concurry_limits::{
    Acquire, CallLimit, LimitPool, LimitSet, Limits, Permit, RateAlgorithm, RateLimit,
    ResourceLimit,
};
use concurry_time::FakeClock;
use support::Request;

#[test]
fn everything_can_be_sent_and_shared() {
    fn is_static_and_shared<T: Send + Sync + 'static>() {}
    is_static_and_shared::<Permit<'static>>();
    is_static_and_shared::<LimitSet>();
    is_static_and_shared::<LimitPool>();
    is_static_and_shared::<Limits>();
    fn is_sent<T: Send + 'static>() {}
    is_sent::<Acquire>();
}

#[test]
fn a_permit_of_another_thread_comes_back_too() {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 1)).build().expect("legal");
    let permit = limits.acquire([("slots", 1)]).wait().unwrap();
    thread::spawn(move || drop(permit)).join().unwrap();
    assert!(limits.try_acquire([("slots", 1)]).is_ok());
}

/// A mix of limits, all used up, and a request of each shape that waits for them.
fn crowded(fake: &FakeClock) -> (LimitSet, Permit<'static>, Vec<Request>) {
    let limits = LimitSet::builder()
        .with(CallLimit::per_second(10))
        .with(RateLimit::per_second("tokens", 20).algorithm(RateAlgorithm::Gcra))
        .with(ResourceLimit::new("slots", 2))
        .clock(fake.clock())
        .build()
        .expect("legal limits");
    let all =
        limits.try_acquire_owned([("call_count", 10), ("tokens", 20), ("slots", 2)]).expect("free");
    let exact = limits.exact();
    let mut requests = Vec::new();
    for turn in 0..12 {
        let acquire = match turn % 4 {
            0 => limits.acquire([("tokens", 5 + turn)]),
            1 => exact.acquire([("slots", 1 + turn % 2)]),
            2 => exact.acquire([("tokens", turn)]).timeout(Duration::from_millis(150 * turn)),
            _ => exact.acquire([("call_count", 3), ("slots", 1)]),
        };
        requests.push(Request::queued(acquire));
    }
    (limits, all, requests)
}

/// Lets everything happen that can happen without the clock.
fn settle(requests: &mut [Option<Request>], permits: &mut Vec<Permit<'static>>) {
    let mut moved = true;
    while moved {
        moved = false;
        for slot in requests.iter_mut() {
            let woken = slot.as_ref().is_some_and(|request| request.wakes() > 0);
            let Some(result) = slot.as_mut().and_then(Request::poll_if_woken) else {
                moved |= woken;
                continue;
            };
            *slot = None;
            permits.extend(result.ok());
            moved = true;
        }
        permits.clear();
    }
}

#[test]
fn nothing_is_lost_whichever_request_is_dropped_at_whichever_step() {
    for dropped in 0..12 {
        for step in 0..8 {
            let fake = FakeClock::new();
            let (limits, all, requests) = crowded(&fake);
            let mut requests: Vec<Option<Request>> = requests.into_iter().map(Some).collect();
            let mut permits = Vec::new();
            drop(all);
            for now in 0.. {
                if now == step {
                    requests[dropped] = None;
                }
                settle(&mut requests, &mut permits);
                if requests.iter().all(Option::is_none) {
                    break;
                }
                let moved = fake.advance_to_next().is_some();
                let woken = requests.iter().flatten().any(|request| request.wakes() > 0);
                assert!(moved || woken, "stuck: dropped {dropped} at {step}");
            }
            drop(permits);
            fake.advance(Duration::from_secs(10));
            let stats = limits.stats();
            let free: Vec<f64> = stats.limits.iter().map(|limit| limit.available).collect();
            assert_eq!(free, [10.0, 20.0, 2.0], "request {dropped} dropped at step {step}");
            assert_eq!((stats.waiting, fake.sleepers()), (0, 0));
        }
    }
}

#[test]
fn the_estimate_counts_those_who_wait_already() {
    let fake = FakeClock::new();
    let limits = LimitSet::builder()
        .with(RateLimit::per_second("tokens", 10).algorithm(RateAlgorithm::TokenBucket))
        .clock(fake.clock())
        .build()
        .expect("legal limits");
    let wait = |amount: u32| limits.estimated_wait([("tokens", amount)]).unwrap();
    assert_eq!(wait(10), Some(Duration::ZERO));
    let _first = limits.try_acquire([("tokens", 10)]).unwrap();
    let mut waiters: Vec<Request> =
        (0..5).map(|_| Request::queued(limits.acquire([("tokens", 4)]))).collect();
    assert_eq!(wait(1), Some(Duration::from_millis(2_100)));
    let throttled = limits.throttled().unwrap();
    assert_eq!(throttled.to_string(), "throttled by tokens, next in 400.0ms");
    waiters.pop();
    assert_eq!(wait(1), Some(Duration::from_millis(1_700)));
    limits.pause_for(Duration::from_secs(60));
    assert_eq!(wait(1), Some(Duration::from_secs(60)));
}

#[test]
fn ten_thousand_waiters_are_served_at_the_rate_of_the_limit() {
    let fake = FakeClock::new();
    let limits = LimitSet::builder()
        .with(RateLimit::per_second("tokens", 1_000).burst(1).algorithm(RateAlgorithm::Gcra))
        .clock(fake.clock())
        .build()
        .expect("legal limits");
    let _first = limits.try_acquire([("tokens", 1)]).unwrap();
    let mut requests: Vec<Option<Request>> =
        (0..10_000).map(|_| Some(Request::queued(limits.acquire([("tokens", 1)])))).collect();
    let mut served = 0;
    // The head serves itself and wakes the next, which sets its timer.
    let mut pass_a_millisecond = || {
        fake.advance(Duration::from_millis(1));
        while let Some(request) = requests.get_mut(served)
            && request.as_mut().is_some_and(|head| head.poll_if_woken().is_some())
        {
            *request = None;
            served += 1;
        }
        served
    };
    for second in 1..=10 {
        let served = (0..1_000).map(|_| pass_a_millisecond()).last().unwrap();
        // A busy line is served every third millisecond, as of the moments that were promised.
        let due = second * 1_000;
        assert!((due - 2..=due).contains(&served), "{served} after {second} s");
    }
    let served = (0..3).map(|_| pass_a_millisecond()).last();
    assert_eq!(served, Some(10_000));
    assert_eq!(limits.stats().waiting, 0);
}
