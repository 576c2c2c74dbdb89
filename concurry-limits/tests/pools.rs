//! Several sets used as one, keyed sets, adaptive limits and headers.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::collections::HashSet;
use std::time::Duration;

use concurry_limits::{
    AdaptiveLimit, KeyedLimits, LimitError, LimitPool, LimitSet, Limits, LoadBalance,
    RateAlgorithm, RateLimit, ResourceLimit,
};
use concurry_time::FakeClock;
use support::Request;

fn region(fake: &FakeClock, name: &str) -> LimitSet {
    LimitSet::builder()
        .with(RateLimit::per_minute("tokens", 100).algorithm(RateAlgorithm::TokenBucket))
        .with(ResourceLimit::new(name, 1))
        .config([("region", name)])
        .clock(fake.clock())
        .build()
        .expect("legal limits")
}

fn pool(fake: &FakeClock, balance: LoadBalance) -> LimitPool {
    let sets = ["a", "b", "c"].map(|name| region(fake, name));
    LimitPool::new(sets).expect("not empty").load_balance(balance)
}

fn chosen(pool: &Limits, amount: u32) -> String {
    let permit = pool.try_acquire([("tokens", amount)]).expect("free");
    permit.config("region").expect("set").to_owned()
}

#[test]
fn each_order_picks_its_set() {
    let fake = FakeClock::new();
    let order = |balance, amounts: [u32; 4]| {
        let pool = Limits::from(pool(&fake, balance)).exact();
        amounts.map(|amount| chosen(&pool, amount)).concat()
    };
    assert_eq!(order(LoadBalance::RoundRobin, [1; 4]), "abca");
    assert_eq!(order(LoadBalance::FirstFree, [60, 60, 30, 30]), "abab");
    assert_eq!(order(LoadBalance::LeastLoaded, [50, 10, 1, 1]).get(..3), Some("abc"));
    let random = Limits::from(pool(&fake, LoadBalance::Random)).exact();
    let seen: HashSet<String> = (0..50).map(|_| chosen(&random, 1)).collect();
    assert_eq!(seen.len(), 3);
}

#[test]
fn who_waits_gets_the_set_that_is_free_first() {
    let fake = FakeClock::new();
    let pool = pool(&fake, LoadBalance::FirstFree);
    let limits = Limits::from(&pool).exact();
    let _held: Vec<_> =
        [100, 70, 90].map(|amount| limits.try_acquire([("tokens", amount)]).unwrap()).into();
    let mut waiter = Request::queued(limits.acquire([("tokens", 50)]));
    let refused = limits.try_acquire([("tokens", 50)]).unwrap_err();
    assert!(refused.retry_after().is_some());
    fake.advance(Duration::from_secs(12));
    let permit = waiter.poll_if_woken().expect("12 s bring 20 tokens").expect("granted");
    assert_eq!(permit.config("region"), Some("b"));
    for set in pool.sets() {
        assert_eq!(set.stats().waiting, 0, "the other places were given back");
    }
    assert_eq!(fake.sleepers(), 0);
}

#[test]
fn sets_without_a_key_are_left_out() {
    let fake = FakeClock::new();
    let limits = Limits::from(pool(&fake, LoadBalance::RoundRobin)).exact();
    for _ in 0..3 {
        let permit = limits.try_acquire([("b", 1)]).expect("only one set has it");
        assert_eq!(permit.config("region"), Some("b"));
    }
    let unknown = limits.try_acquire([("d", 1)]).unwrap_err();
    assert!(matches!(unknown, LimitError::UnknownKey { .. }));
}

#[test]
fn without_limits_everything_succeeds_at_once() {
    let nothing: [(&str, u32); 0] = [];
    let limits = Limits::unlimited();
    assert!(limits.inside_call().acquire(nothing).wait().is_ok());
    assert!(limits.call_request().is_none());
    assert!(LimitSet::unlimited().stats().limits.is_empty());
}

#[test]
fn idle_keys_are_forgotten_and_used_ones_are_not() {
    let fake = FakeClock::new();
    let clock = fake.clock();
    let users = KeyedLimits::new(move |_: &u32| {
        let calls = RateLimit::per_minute("calls", 2).algorithm(RateAlgorithm::TokenBucket);
        LimitSet::builder().with(calls).clock(clock.clone())
    });
    for user in 0..10_000 {
        drop(users.get(user).unwrap().try_acquire([("calls", 1)]));
        fake.advance(Duration::from_millis(100));
    }
    assert!(users.len() < 5_000, "{} keys", users.len());
    let held = users.get(1).unwrap();
    let _spent = users.get(2).unwrap().try_acquire_owned([("calls", 2)]).unwrap();
    fake.advance(Duration::from_secs(30));
    users.forget_idle();
    assert!(users.get(2).unwrap().try_acquire([("calls", 2)]).is_err(), "still owes");
    drop(held.try_acquire([("calls", 2)]).unwrap());
    assert!(users.get(1).unwrap().try_acquire([("calls", 1)]).is_err(), "the same set");
    drop((held, _spent));
    fake.advance(Duration::from_secs(60));
    assert_eq!(users.forget_idle(), 0);
}

#[test]
fn an_adaptive_limit_lowers_once_a_window_and_rises_gently() {
    let fake = FakeClock::new();
    let limits = LimitSet::builder()
        .with(ResourceLimit::new("calls", 100))
        .clock(fake.clock())
        .build()
        .expect("legal limits");
    let adaptive =
        AdaptiveLimit::new(&limits, "calls", 20, 100).unwrap().decrease(0.5).increase(10);
    for _ in 0..7 {
        adaptive.on_overload();
    }
    assert_eq!(limits.stats().limits[0].capacity, 50.0);
    adaptive.on_success();
    assert_eq!(adaptive.capacity(), 50.0, "not in the window of a decrease");
    fake.advance(Duration::from_secs(10));
    adaptive.on_success();
    adaptive.on_success();
    assert_eq!(adaptive.capacity(), 60.0);
    for _ in 0..5 {
        fake.advance(Duration::from_secs(10));
        adaptive.on_overload();
    }
    assert_eq!(adaptive.capacity(), 20.0, "the floor");
    for _ in 0..20 {
        fake.advance(Duration::from_secs(10));
        adaptive.on_success();
    }
    assert_eq!(limits.stats().limits[0].capacity, 100.0, "the ceiling");
    assert!(AdaptiveLimit::new(&limits, "calls", 101, 100).is_err());
    assert!(AdaptiveLimit::new(&limits, "calls", 0, 100).is_err());
    assert!(AdaptiveLimit::new(&limits, "other", 1, 100).is_err());
}

#[test]
fn headers_set_the_capacity_charge_what_others_used_and_pause() {
    let fake = FakeClock::new();
    let limits = region(&fake, "a");
    let names = [("tokens", "tokens")];
    let headers = [
        ("X-RateLimit-Limit-Tokens", "200"),
        ("x-ratelimit-remaining-tokens", "30"),
        ("x-ratelimit-remaining-requests", "soon"),
    ];
    limits.follow_headers(headers, names).unwrap();
    let tokens = &limits.stats().limits[0];
    assert_eq!((tokens.capacity, tokens.available), (200.0, 30.0));
    limits.follow_headers([("x-ratelimit-remaining-tokens", "150")], names).unwrap();
    assert_eq!(limits.stats().limits[0].available, 30.0, "more is not believed");
    let empty = [("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "1m30s")];
    limits.follow_headers(empty, names).unwrap();
    assert_eq!(limits.stats().paused_for, Some(Duration::from_secs(90)));
    limits.follow_headers([("Retry-After", "120")], []).unwrap();
    assert_eq!(limits.stats().paused_for, Some(Duration::from_secs(120)));
    let unknown = limits.follow_headers([], [("tokens", "other")]);
    assert!(matches!(unknown, Err(LimitError::UnknownKey { .. })));
}
