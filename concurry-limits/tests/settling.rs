//! Reserve and settle: refunds, debt, and what a dropped permit means.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::time::Duration;

use concurry_limits::{
    CallLimit, LimitSet, Limits, RateAlgorithm, RateLimit, ResourceLimit, UsageEstimates,
};
use concurry_time::FakeClock;
use support::{RULES, Request};

fn tokens(fake: &FakeClock, rule: RateAlgorithm) -> LimitSet {
    LimitSet::builder()
        .with(RateLimit::per_minute("tokens", 100).algorithm(rule))
        .clock(fake.clock())
        .build()
        .expect("legal limits")
}

fn available(limits: &LimitSet) -> f64 {
    limits.stats().limits[0].available
}

#[test]
fn what_was_not_used_comes_back_in_every_rule() {
    for rule in RULES {
        let fake = FakeClock::new();
        let limits = tokens(&fake, rule);
        let mut permit = limits.try_acquire([("tokens", 80)]).unwrap();
        let mut waiter = Request::queued(limits.acquire([("tokens", 60)]));
        permit.update([("tokens", 40)]).unwrap();
        assert!(waiter.poll_if_woken().is_some(), "{rule:?}: the refund wakes who can go");
        assert_eq!(available(&limits), 0.0, "{rule:?}");
        // A later update replaces the earlier.
        permit.update([("tokens", 30)]).unwrap();
        assert_eq!(available(&limits), 10.0, "{rule:?}");
        permit.update([("tokens", 80)]).unwrap();
        assert_eq!(available(&limits), -40.0, "{rule:?}");
    }
}

#[test]
fn what_was_used_beyond_the_reservation_is_debt_in_every_rule() {
    for rule in RULES {
        let fake = FakeClock::new();
        let limits = tokens(&fake, rule);
        let mut permit = limits.try_acquire([("tokens", 10)]).unwrap();
        permit.update([("tokens", 190)]).unwrap();
        drop(permit);
        assert_eq!(available(&limits), -90.0, "{rule:?}");
        let mut waiter = Request::queued(limits.acquire([("tokens", 10)]));
        fake.advance(Duration::from_secs(59));
        assert!(waiter.poll_if_woken().is_none(), "{rule:?}: the debt comes first");
        fake.advance(Duration::from_secs(61));
        assert!(waiter.poll().is_some(), "{rule:?}");
    }
}

#[test]
fn a_dropped_permit_settles_as_all_that_was_reserved() {
    for rule in RULES {
        let fake = FakeClock::new();
        let limits = tokens(&fake, rule);
        let failed = std::panic::catch_unwind(|| {
            let _permit = limits.try_acquire([("tokens", 70)]).unwrap();
            std::panic::resume_unwind(Box::new("the work failed"));
        });
        assert_eq!(*failed.unwrap_err().downcast::<&str>().unwrap(), "the work failed");
        assert_eq!(available(&limits), 30.0, "{rule:?}");
    }
}

#[test]
fn work_that_was_never_sent_is_refunded_whole() {
    for rule in RULES {
        let fake = FakeClock::new();
        let limits = LimitSet::builder()
            .with(RateLimit::per_minute("tokens", 100).algorithm(rule))
            .with(CallLimit::per_minute(5).algorithm(rule))
            .with(ResourceLimit::new("slots", 1))
            .clock(fake.clock())
            .build()
            .expect("legal limits");
        let before = limits.stats();
        let mut permit = limits.try_acquire([("tokens", 70)]).unwrap();
        permit.refund().unwrap();
        assert_eq!(limits.stats(), before, "{rule:?}");
        drop(permit);
        assert_eq!(limits.stats(), before, "{rule:?}: not twice");
    }
}

#[test]
fn a_batch_of_calls_that_failed_half_way_gives_the_rest_back() {
    let limits = LimitSet::builder().with(CallLimit::per_minute(5)).build().expect("legal limits");
    let mut permit = limits.try_acquire([(CallLimit::KEY, 5)]).unwrap();
    permit.update([(CallLimit::KEY, 2)]).unwrap();
    assert!(permit.update([(CallLimit::KEY, 6)]).is_err());
    assert_eq!(limits.stats().limits[0].available, 3.0);
}

#[test]
fn a_refund_after_the_window_gives_nothing_twice() {
    for rule in [RateAlgorithm::SlidingWindow, RateAlgorithm::FixedWindow] {
        let fake = FakeClock::new();
        let limits = tokens(&fake, rule);
        let mut early = limits.try_acquire([("tokens", 80)]).unwrap();
        fake.advance(Duration::from_secs(60));
        let _late = limits.try_acquire([("tokens", 80)]).unwrap();
        early.update([("tokens", 1)]).unwrap();
        assert_eq!(available(&limits), 20.0, "{rule:?}");
    }
}

#[test]
fn estimates_learn_from_permits_what_was_told_in_the_end() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, RateAlgorithm::TokenBucket);
    let usual = UsageEstimates::from([("tokens", 40), ("requests", 1)]);
    let take = |amount: u32| limits.acquire([("tokens", amount)]).learning(&usual).wait().unwrap();
    drop(take(10));
    assert_eq!(usual.amount("tokens"), Some(40.0), "nothing was told");
    let mut permit = take(10);
    permit.update([("tokens", 5)]).unwrap();
    permit.update([("tokens", 7)]).unwrap();
    assert_eq!(usual.amount("tokens"), Some(40.0), "it may still change");
    drop(permit.into_owned());
    assert_eq!(usual.amount("tokens"), Some(7.0));
    let mut unsent = take(10);
    unsent.refund().unwrap();
    drop(unsent);
    assert_eq!(usual.amount("tokens"), Some(7.0), "what was never sent used nothing");
    let mut idle = take(10);
    idle.update([("tokens", 0)]).unwrap();
    drop(idle);
    usual.record("tokens", 0);
    assert_eq!(UsageEstimates::from([("tokens", 0)]).amounts(), [("tokens", 1.0)], "one at least");
    assert_eq!(usual.amount("requests"), Some(1.0));
    assert_eq!(usual.amount("other"), None);
}

#[test]
fn an_estimate_never_asks_for_more_than_can_fit() {
    let fake = FakeClock::new();
    let limits = tokens(&fake, RateAlgorithm::TokenBucket);
    let usual = UsageEstimates::from([("tokens", 5_000)]);
    let permit = Limits::from(&limits).learned_request(&usual).wait().unwrap();
    assert_eq!(permit.amount("tokens"), Some(100.0));
}

#[test]
fn an_owned_permit_holds_what_the_borrowed_one_held() {
    let limits = LimitSet::builder()
        .with(ResourceLimit::new("slots", 2))
        .with(RateLimit::per_minute("tokens", 100).algorithm(RateAlgorithm::TokenBucket))
        .build()
        .expect("legal limits");
    let mut borrowed = limits.try_acquire([("tokens", 60)]).unwrap();
    borrowed.update([("tokens", 50)]).unwrap();
    let mut owned = borrowed.into_owned();
    assert_eq!(limits.stats().limits[0].available, 1.0, "still held");
    owned.update([("tokens", 100)]).unwrap();
    assert!(limits.stats().limits[1].available < 1.0, "50 more than was told before");
    drop(owned);
    assert_eq!(limits.stats().limits[0].available, 2.0, "given back once");
}
