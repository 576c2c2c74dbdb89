//! What cannot be is refused by a typed error that names the key and the legal range.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::time::Duration;

use concurry_limits::{
    CallLimit, LimitBuildError, LimitError, LimitPool, LimitSet, PermitError, RateAlgorithm,
    RateLimit, ResourceLimit, Window,
};

fn limits() -> LimitSet {
    LimitSet::builder()
        .with(CallLimit::per_minute(10))
        .with(RateLimit::per_minute("tokens", 100))
        .with(ResourceLimit::new("slots", 2))
        .build()
        .expect("legal limits")
}

#[test]
fn capacities_that_cannot_be_are_refused_by_build() {
    for capacity in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
        let rate = LimitSet::builder().with(RateLimit::per_second("tokens", capacity)).build();
        let error = rate.expect_err("an illegal capacity");
        assert!(error.to_string().contains("`tokens`"), "{error}");
        assert!(error.to_string().contains("above zero"), "{error}");
        assert!(LimitSet::builder().with(CallLimit::per_second(capacity)).build().is_err());
    }
    for capacity in [0.0, 0.5, 1.5, f64::INFINITY, f64::NAN] {
        let error = LimitSet::builder().with(ResourceLimit::new("slots", capacity)).build();
        assert!(matches!(error, Err(LimitBuildError::Capacity { .. })), "{capacity}");
    }
}

#[test]
fn any_real_capacity_above_zero_works() {
    for capacity in [f64::from_bits(1), f64::MIN_POSITIVE, 0.3, 1e15, 1e290, f64::INFINITY] {
        for rule in [RateAlgorithm::TokenBucket, RateAlgorithm::Gcra] {
            let rate = RateLimit::per_second("tokens", capacity).algorithm(rule);
            let limits = LimitSet::builder().with(rate).build().expect("legal limits");
            let amount = capacity.min(1e300);
            assert!(limits.try_acquire([("tokens", amount)]).is_ok(), "{capacity} {rule:?}");
            let again = limits.try_acquire([("tokens", amount)]);
            assert_eq!(again.is_ok(), capacity == f64::INFINITY, "{capacity} {rule:?}");
        }
    }
}

#[test]
fn windows_and_bursts_that_cannot_be_are_refused_by_build() {
    for window in [Duration::ZERO, Duration::MAX] {
        let error = LimitSet::builder().with(RateLimit::new("tokens", 1, window)).build();
        assert!(matches!(error, Err(LimitBuildError::Window { .. })));
    }
    let burst = RateLimit::per_second("tokens", 1).burst(5);
    assert!(matches!(
        LimitSet::builder().with(burst.clone()).build(),
        Err(LimitBuildError::Burst { .. })
    ));
    let bucket = burst.algorithm(RateAlgorithm::TokenBucket);
    assert!(LimitSet::builder().with(bucket.clone()).build().is_ok());
    assert!(LimitSet::builder().with(bucket.burst(-1)).build().is_err());
}

#[test]
fn windows_are_parsed_from_words_and_numbers() {
    let seconds = |text: &str| text.parse::<Window>().map(|window| window.duration().as_secs_f64());
    for (texts, expected) in [
        (["second", "per_second", "SECS", "1"], 1.0),
        (["Minutes", "per_min", "mins", "60"], 60.0),
        (["hour", "per_hour", "hrs", "3600"], 3600.0),
        (["day", "per_day", "days", "86400"], 86_400.0),
        (["week", "per_week", "wks", "604800"], 604_800.0),
    ] {
        for text in texts {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
    }
    for text in ["", "month", "true", "0", "-1", "nan", "inf", "1e400", "per_"] {
        assert!(matches!(seconds(text), Err(LimitBuildError::UnknownWindow { .. })), "{text:?}");
    }
}

#[test]
fn keys_are_unique_and_known() {
    let twice = LimitSet::builder()
        .with(RateLimit::per_second("tokens", 1))
        .with(ResourceLimit::new("tokens", 1))
        .build();
    assert_eq!(twice.err(), Some(LimitBuildError::DuplicateKey { key: "tokens".to_owned() }));
    assert_eq!(
        LimitSet::builder().with(ResourceLimit::new("", 1)).build().err(),
        Some(LimitBuildError::EmptyKey)
    );
    let unknown = limits().try_acquire([("token", 1)]).unwrap_err();
    assert!(unknown.to_string().contains("`call_count`, `tokens`, `slots`"), "{unknown}");
    let twice = limits().try_acquire([("tokens", 1), ("tokens", 2)]).unwrap_err();
    assert_eq!(twice, LimitError::DuplicateKey { key: "tokens".to_owned() });
    assert!(LimitPool::new([]).is_err());
}

#[test]
fn amounts_that_cannot_be_take_nothing() {
    let limits = limits();
    let before = limits.stats();
    for amount in [0.0, -1.0, 0.5, f64::NAN, f64::INFINITY] {
        for key in ["call_count", "tokens", "slots"] {
            let error = limits.try_acquire([(key, amount)]).unwrap_err();
            assert!(matches!(error, LimitError::BadAmount { .. }), "{key} {amount}: {error}");
            assert!(error.to_string().contains(key), "{error}");
            assert!(limits.acquire([(key, amount)]).wait().is_err());
        }
    }
    for (key, amount) in [("call_count", 11), ("tokens", 101), ("slots", 3)] {
        let error = limits.acquire([(key, amount)]).wait().unwrap_err();
        assert!(matches!(error, LimitError::NeverFits { .. }), "{key}: {error}");
    }
    let nothing: [(&str, u32); 0] = [];
    let error = limits.try_acquire(nothing).unwrap_err();
    assert_eq!(error, LimitError::NothingRequested { key: "tokens".to_owned() });
    assert_eq!(limits.stats(), before);
}

#[test]
fn a_refusal_owns_nothing_and_takes_nothing() {
    let limits = limits();
    let held = limits.try_acquire([("tokens", 1), ("slots", 2)]).unwrap();
    let before = limits.stats();
    let refused = limits.try_acquire([("tokens", 50)]).unwrap_err();
    assert_eq!(refused.blocked_by(), Some("slots"));
    assert_eq!(refused.retry_after(), None);
    drop(refused);
    assert_eq!(limits.stats().limits[1], before.limits[1]);
    assert!(limits.try_acquire([("tokens", 50)]).is_err());
    drop(held);
    assert!(limits.try_acquire([("tokens", 50)]).is_ok());
}

#[test]
fn usage_that_cannot_be_changes_nothing() {
    let limits = limits();
    let mut permit = limits.try_acquire([("tokens", 40)]).unwrap();
    let before = limits.stats();
    for used in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
        let error = permit.update([("tokens", used)]).unwrap_err();
        assert!(matches!(error, PermitError::BadUsage { .. }), "{error}");
    }
    let both = permit.update([("tokens", 5), ("other", 1)]).unwrap_err();
    assert!(matches!(both, PermitError::NotAcquired { .. }), "all or none: {both}");
    assert!(matches!(permit.update([("slots", 1)]), Err(PermitError::Resource { .. })));
    assert!(matches!(permit.update([("call_count", 0)]), Err(PermitError::BadUsage { .. })));
    assert!(permit.update([("call_count", 1)]).is_ok());
    assert_eq!(limits.stats().limits, before.limits);
    permit.refund().unwrap();
    assert_eq!(permit.update([("tokens", 1)]), Err(PermitError::Settled));
    assert_eq!(permit.refund(), Err(PermitError::Settled));
    drop(permit);
    assert_eq!(limits.stats().limits[1].available, 100.0);
    assert_eq!(limits.stats().limits[2].available, 2.0);
}

#[test]
fn a_resource_cannot_be_spent_for_good() {
    let error = limits().try_spend("slots", 1).unwrap_err();
    assert_eq!(error, LimitError::Resource { key: "slots".to_owned() });
}

#[test]
fn capacities_that_cannot_be_set_leave_the_limit_alone() {
    let limits = limits();
    assert!(matches!(limits.set_capacity("other", 1), Err(LimitError::UnknownKey { .. })));
    for (key, capacity) in [("tokens", 0.0), ("tokens", f64::NAN), ("slots", 1.5)] {
        let error = limits.set_capacity(key, capacity);
        assert!(matches!(error, Err(LimitError::BadCapacity { .. })), "{key} {capacity}");
    }
    assert_eq!(limits.stats().limits[1].capacity, 100.0);
}
