//! Changing a set while it is in use.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::time::Duration;

use concurry_limits::{LimitError, LimitSet, RateAlgorithm, RateLimit, ResourceLimit};
use concurry_time::FakeClock;
use support::Request;

fn tokens(fake: &FakeClock, capacity: u32) -> LimitSet {
    LimitSet::builder()
        .with(RateLimit::per_minute("tokens", capacity).algorithm(RateAlgorithm::TokenBucket))
        .clock(fake.clock())
        .build()
        .expect("legal limits")
}

#[test]
fn a_higher_capacity_serves_who_waits() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 60);
    let _first = limits.try_acquire([("tokens", 60)]).unwrap();
    let mut waiter = Request::queued(limits.acquire([("tokens", 30)]));
    limits.set_capacity("tokens", 120).unwrap();
    assert!(waiter.poll_if_woken().is_some(), "60 more fit at once");
    let _rest = limits.try_acquire([("tokens", 30)]).unwrap();
    let mut waiter = Request::queued(limits.acquire([("tokens", 2)]));
    fake.advance(Duration::from_secs(1));
    assert!(waiter.poll_if_woken().is_some(), "and it refills by the new rate");
}

#[test]
fn a_lower_capacity_ends_what_can_never_fit_and_replans_the_rest() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 60);
    let _first = limits.try_acquire([("tokens", 60)]).unwrap();
    let mut large = Request::queued(limits.acquire([("tokens", 40)]));
    let mut small = Request::queued(limits.acquire([("tokens", 3)]));
    limits.set_capacity("tokens", 30).unwrap();
    let ended = large.poll_if_woken().expect("it can never fit");
    assert!(matches!(ended, Err(LimitError::NeverFits { most: 30.0, .. })));
    // 60 were spent of 30, so 33 have to come back, at one in two seconds.
    assert!(small.poll_if_woken().is_none());
    fake.advance(Duration::from_millis(65_999));
    assert!(small.poll().is_none());
    fake.advance(Duration::from_millis(1));
    assert!(small.poll_if_woken().is_some());
}

#[test]
fn a_resource_that_shrinks_is_not_given_out_again() {
    let limits =
        LimitSet::builder().with(ResourceLimit::new("slots", 3)).build().expect("legal limits");
    let permits: Vec<_> = (0..3).map(|_| limits.try_acquire([("slots", 1)]).unwrap()).collect();
    limits.set_capacity("slots", 1).unwrap();
    assert_eq!(limits.stats().limits[0].available, -2.0);
    for permit in permits {
        assert!(limits.try_acquire([("slots", 1)]).is_err());
        drop(permit);
    }
    assert!(limits.try_acquire([("slots", 1)]).is_ok());
}

#[test]
fn a_pause_holds_everybody_until_its_end() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 60);
    limits.pause_for(Duration::from_secs(10));
    limits.pause_for(Duration::from_secs(3));
    let refused = limits.try_acquire([("tokens", 1)]).unwrap_err();
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(10)), "the longest pause holds");
    let mut waiter = Request::queued(limits.acquire([("tokens", 1)]));
    let stats = limits.stats();
    assert_eq!(stats.paused_for, Some(Duration::from_secs(10)));
    assert_eq!(stats.throttled.unwrap().next_in, Some(Duration::from_secs(10)));
    fake.advance(Duration::from_millis(9_999));
    assert!(waiter.poll().is_none());
    fake.advance(Duration::from_millis(1));
    assert!(waiter.poll_if_woken().is_some());
    assert!(limits.try_acquire([("tokens", 1)]).is_ok());
}

#[test]
fn a_pause_that_comes_while_somebody_waits_holds_it_too() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 60);
    let _first = limits.try_acquire([("tokens", 60)]).unwrap();
    let mut waiter = Request::queued(limits.acquire([("tokens", 1)]));
    limits.pause_for(Duration::from_secs(10));
    fake.advance(Duration::from_secs(5));
    assert!(waiter.poll().is_none());
    limits.resume();
    assert!(waiter.poll_if_woken().is_some());
}

#[test]
fn a_paused_set_that_is_dropped_leaves_nothing_behind() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 60);
    limits.pause_for(Duration::from_secs(10));
    let mut waiter = Request::queued(limits.acquire([("tokens", 1)]));
    drop(limits);
    fake.advance(Duration::from_secs(10));
    assert!(waiter.poll_if_woken().is_some(), "who waits keeps the set alive");
    drop(waiter);
    assert_eq!(fake.sleepers(), 0);
}

#[test]
fn a_prepaid_allowance_ends_with_a_pause() {
    let limits = LimitSet::builder()
        .with(RateLimit::per_second("tokens", 1e9).algorithm(RateAlgorithm::Gcra))
        .build()
        .expect("legal limits");
    limits.try_spend("tokens", 1).unwrap();
    limits.try_spend("tokens", 1).unwrap();
    limits.pause_for(Duration::from_secs(3600));
    assert!(limits.try_spend("tokens", 1).is_err());
    limits.resume();
    assert!(limits.try_spend("tokens", 1).is_ok());
}
