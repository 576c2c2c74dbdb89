//! A smoke test of the shapes others build on.

use std::time::Duration;

use concurry_limits::{CallLimit, LimitPool, LimitSet, Limits, RateLimit, ResourceLimit};
use concurry_time::{FakeClock, block_on};

#[test]
fn a_waiter_goes_on_at_the_promised_moment() {
    let fake = FakeClock::new();
    let limits = LimitSet::builder()
        .with(RateLimit::per_second("tokens", 10))
        .clock(fake.clock())
        .build()
        .unwrap();
    let _first = limits.try_acquire([("tokens", 10)]).unwrap();
    let waiter = std::thread::spawn({
        let limits = limits.clone();
        move || block_on(limits.acquire([("tokens", 5)])).map(|permit| permit.amount("tokens"))
    });
    fake.wait_for_sleepers(1);
    fake.advance(Duration::from_secs(1));
    assert_eq!(waiter.join().unwrap(), Ok(Some(5.0)));
}

#[test]
fn a_released_resource_wakes_the_waiter() {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 1)).build().unwrap();
    let held = limits.try_acquire([("slots", 1)]).unwrap();
    let waiter = std::thread::spawn({
        let limits = limits.clone();
        move || limits.acquire([("slots", 1)]).wait().is_ok()
    });
    while limits.stats().waiting == 0 {
        std::thread::yield_now();
    }
    drop(held);
    assert!(waiter.join().unwrap());
}

#[test]
fn a_call_is_counted_once() {
    let set = LimitSet::builder()
        .with(CallLimit::per_minute(2))
        .with(RateLimit::per_minute("tokens", 100))
        .build()
        .unwrap();
    let limits = Limits::from(&set);
    let call = limits.call_request().unwrap().wait().unwrap();
    assert_eq!(call.amount(CallLimit::KEY), Some(1.0));
    let inside = limits.inside_call().acquire([("tokens", 5)]).wait().unwrap();
    assert_eq!(inside.amount(CallLimit::KEY), None);
    assert!(Limits::unlimited().call_request().is_none());
    let pool = LimitPool::new([set]).unwrap();
    assert!(Limits::from(&pool).reserve_request([("tokens", 95)]).wait().is_ok());
}
