//! A set decides as its rules do, whatever the mix of keys.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod support;

use std::time::Duration;

use concurry_limits::algorithm::{
    Algorithm, FixedWindow, Gcra, LeakyBucket, Quota, SlidingWindow, TokenBucket,
};
use concurry_limits::{LimitSet, RateAlgorithm, RateLimit, ResourceLimit};
use concurry_time::FakeClock;
use proptest::prelude::*;
use support::RULES;

const WINDOW: Duration = Duration::from_millis(100);

fn rule(algorithm: RateAlgorithm, quota: Quota) -> Box<dyn Algorithm> {
    match algorithm {
        RateAlgorithm::TokenBucket => Box::new(TokenBucket::new(quota)),
        RateAlgorithm::LeakyBucket => Box::new(LeakyBucket::new(quota)),
        RateAlgorithm::FixedWindow => Box::new(FixedWindow::new(quota)),
        RateAlgorithm::Gcra => Box::new(Gcra::new(quota)),
        _ => Box::new(SlidingWindow::new(quota)),
    }
}

fn algorithms() -> impl Strategy<Value = RateAlgorithm> {
    prop::sample::select(RULES.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn several_keys_are_granted_when_each_rule_grants(
        kinds in prop::collection::vec((algorithms(), 1_u32..2_000), 1..5),
        history in prop::collection::vec((0_u64..40, 1_u32..400, 1_usize..32), 1..60),
    ) {
        let fake = FakeClock::new();
        let names = ["a", "b", "c", "d"];
        let mut builder = LimitSet::builder().clock(fake.clock());
        let mut rules = Vec::new();
        for (name, (algorithm, capacity)) in names.iter().zip(&kinds) {
            let limit = RateLimit::new(*name, *capacity, WINDOW).algorithm(*algorithm);
            builder = builder.with(limit);
            rules.push(rule(*algorithm, Quota::new(f64::from(*capacity), WINDOW)));
        }
        let limits = builder.build().expect("legal limits");
        let mut now = Duration::ZERO;
        for (wait, amount, keys) in history {
            let wait = Duration::from_millis(wait);
            fake.advance(wait);
            now += wait;
            let chosen: Vec<usize> = (0..rules.len()).filter(|i| keys >> i & 1 == 1).collect();
            if chosen.is_empty() {
                continue;
            }
            let fits = chosen.iter().map(|i| rules[*i].fits_at(now, f64::from(amount)));
            let longest = fits.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
            let result = limits.try_acquire(chosen.iter().map(|i| (names[*i], amount)));
            match (longest, result) {
                (Some(moment), Ok(_)) => {
                    prop_assert_eq!(moment, now);
                    chosen.iter().for_each(|i| rules[*i].take(now, f64::from(amount)));
                }
                (Some(moment), Err(refused)) => {
                    prop_assert!(moment > now);
                    prop_assert_eq!(refused.retry_after(), Some(moment - now));
                }
                (None, result) => {
                    let error = result.expect_err("it can never fit");
                    prop_assert!(error.refusal().is_none());
                }
            }
            for (rule, stats) in rules.iter().zip(limits.stats().limits) {
                prop_assert!((rule.available(now) - stats.available).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn what_is_prepaid_is_never_more_than_the_rule_allows(
        waits in prop::collection::vec(0_u64..20, 1..30),
        gcra in any::<bool>(),
    ) {
        const CAPACITY: f64 = 100_000.0;
        let algorithm = if gcra { RateAlgorithm::Gcra } else { RateAlgorithm::TokenBucket };
        let fake = FakeClock::new();
        let limits = LimitSet::builder()
            .with(RateLimit::new("tokens", CAPACITY, WINDOW).algorithm(algorithm))
            .with(ResourceLimit::new("slots", 1))
            .clock(fake.clock())
            .build()
            .expect("legal limits");
        let mut exact = rule(algorithm, Quota::new(CAPACITY, WINDOW));
        let mut now = Duration::ZERO;
        for wait in waits {
            let wait = Duration::from_millis(wait);
            fake.advance(wait);
            now += wait;
            // Small ones, most of which read no clock, then all that a large one can get.
            for _ in 0..50 {
                if limits.try_spend("tokens", 1).is_ok() {
                    exact.take(now, 1.0);
                }
            }
            let all = limits.stats().limits[0].available.floor();
            if all > 0.0 {
                limits.try_spend("tokens", all).expect("it is available");
                exact.take(now, all);
            }
            let left = exact.available(now);
            prop_assert!(left > -1e-6, "more was given than there was: {left}");
            prop_assert!(left < 1.0 + CAPACITY / 4096.0, "too much was held back: {left}");
        }
    }
}
