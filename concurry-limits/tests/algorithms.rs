//! Each rule against what it promises, on random histories.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::time::Duration;

use concurry_limits::algorithm::{
    Algorithm, FixedWindow, Gcra, LeakyBucket, Quota, SlidingWindow, TokenBucket,
};
use proptest::prelude::*;

const NANOSECOND: Duration = Duration::from_nanos(1);

/// Wait so long, then ask for so much.
type History = Vec<(u64, u32)>;

fn histories() -> impl Strategy<Value = (u32, u64, History)> {
    let steps = prop::collection::vec((0_u64..700_000_000, 1_u32..40), 1..60);
    (1_u32..40, 1_000_u64..2_000_000_000, steps)
}

fn rules(quota: Quota) -> Vec<(&'static str, Box<dyn Algorithm>)> {
    vec![
        ("token bucket", Box::new(TokenBucket::new(quota))),
        ("gcra", Box::new(Gcra::new(quota))),
        ("leaky bucket", Box::new(LeakyBucket::new(quota))),
        ("sliding window", Box::new(SlidingWindow::new(quota))),
        ("fixed window", Box::new(FixedWindow::new(quota))),
    ]
}

/// Runs a history and says what was taken when.
fn admitted(rule: &mut dyn Algorithm, history: &History) -> Vec<(Duration, f64)> {
    let mut now = Duration::ZERO;
    let mut taken = Vec::new();
    for (wait, amount) in history {
        now += Duration::from_nanos(*wait);
        let amount = f64::from(*amount);
        if rule.fits_at(now, amount) == Some(now) {
            rule.take(now, amount);
            taken.push((now, amount));
        }
    }
    taken
}

/// The most that was taken in any window `[start, start + window)`.
fn most_in_any_window(taken: &[(Duration, f64)], window: Duration) -> f64 {
    let sums = taken.iter().map(|(start, _)| {
        let inside = taken.iter().filter(|(at, _)| at >= start && *at < *start + window);
        inside.map(|(_, amount)| amount).sum()
    });
    sums.fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn a_request_is_denied_until_exactly_the_promised_moment((capacity, window, history) in histories()) {
        let quota = Quota::new(f64::from(capacity), Duration::from_nanos(window));
        for (name, mut rule) in rules(quota) {
            let mut now = Duration::ZERO;
            for (wait, amount) in &history {
                now += Duration::from_nanos(*wait);
                let amount = f64::from(*amount);
                match rule.fits_at(now, amount) {
                    None => prop_assert!(amount > quota.capacity, "{name}"),
                    Some(moment) if moment == now => rule.take(now, amount),
                    Some(moment) => {
                        let before = moment - NANOSECOND;
                        prop_assert_eq!(rule.fits_at(before, amount), Some(moment), "{}", name);
                        prop_assert_eq!(rule.fits_at(moment, amount), Some(moment), "{}", name);
                        // Every other refused request waits for its moment.
                        if moment.as_nanos() % 2 == 0 {
                            now = moment;
                            rule.take(now, amount);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn no_window_ever_holds_more_than_the_rule_allows((capacity, window, history) in histories()) {
        let window = Duration::from_nanos(window);
        let quota = Quota::new(f64::from(capacity), window);
        for (name, mut rule) in rules(quota) {
            let most = most_in_any_window(&admitted(&mut *rule, &history), window);
            let allowed = if name == "sliding window" { 1.0 } else { 2.0 };
            prop_assert!(most <= allowed * quota.capacity, "{name}: {most}");
        }
    }

    #[test]
    fn buckets_follow_exact_arithmetic((capacity, window, history) in histories()) {
        let quota = Quota::new(f64::from(capacity), Duration::from_nanos(window));
        let [mut bucket, mut gcra]: [Box<dyn Algorithm>; 2] =
            [Box::new(TokenBucket::new(quota)), Box::new(Gcra::new(quota))];
        // Tokens are counted in parts of which each nanosecond brings `capacity`.
        let (capacity, full) = (u128::from(capacity), u128::from(capacity) * u128::from(window));
        let (mut parts, mut now) = (full, Duration::ZERO);
        for (wait, amount) in history {
            now += Duration::from_nanos(wait);
            parts = (parts + u128::from(wait) * capacity).min(full);
            let asked = u128::from(amount) * u128::from(window);
            let amount = f64::from(amount);
            for rule in [&mut bucket, &mut gcra] {
                let granted = rule.fits_at(now, amount) == Some(now);
                // A rounding may decide where the level is within a nanosecond of the amount.
                if parts.abs_diff(asked) > capacity {
                    prop_assert_eq!(granted, parts >= asked);
                }
                if parts >= asked {
                    rule.take(now, amount);
                }
            }
            parts = parts.checked_sub(asked).unwrap_or(parts);
        }
    }

    #[test]
    fn the_sliding_window_is_its_definition((capacity, window, history) in histories()) {
        let window = Duration::from_nanos(window);
        let mut rule = SlidingWindow::new(Quota::new(f64::from(capacity), window));
        let mut log: Vec<(Duration, u32)> = Vec::new();
        let mut now = Duration::ZERO;
        for (wait, amount) in history {
            now += Duration::from_nanos(wait);
            let younger = log.iter().filter(|(at, _)| now - *at < window);
            let fits = younger.map(|(_, amount)| amount).sum::<u32>() + amount <= capacity;
            prop_assert_eq!(rule.fits_at(now, f64::from(amount)) == Some(now), fits);
            if fits {
                rule.take(now, f64::from(amount));
                log.push((now, amount));
            }
        }
    }

    #[test]
    fn a_refund_at_once_undoes_the_take((capacity, window, history) in histories()) {
        let quota = Quota::new(f64::from(capacity), Duration::from_nanos(window));
        for (name, mut rule) in rules(quota) {
            admitted(&mut *rule, &history);
            let now = Duration::from_secs(3600);
            rule.take(now, 1.0);
            let before = rule.available(now);
            rule.take(now, quota.capacity);
            rule.give_back(now, now, quota.capacity);
            prop_assert!((rule.available(now) - before).abs() < 1e-9, "{name}");
        }
    }

    #[test]
    fn debt_is_paid_off_before_anything_fits(debt in 1_u32..50, capacity in 1_u32..40) {
        let window = Duration::from_secs(60);
        let quota = Quota::new(f64::from(capacity), window);
        for (name, mut rule) in rules(quota) {
            rule.take(Duration::ZERO, f64::from(capacity));
            let before = rule.fits_at(Duration::ZERO, 1.0);
            rule.take(Duration::ZERO, f64::from(debt));
            prop_assert_eq!(rule.available(Duration::ZERO), -f64::from(debt), "{}", name);
            prop_assert!(rule.fits_at(Duration::ZERO, 1.0) >= before, "{name}");
        }
    }
}

#[test]
fn a_leak_depends_on_elapsed_time_only() {
    let mut rule = LeakyBucket::new(Quota::new(2.0, Duration::from_secs(1)));
    rule.take(Duration::ZERO, 2.0);
    // Many looks and no-op changes, each far shorter than the half second that one unit takes.
    for look in 1..50 {
        let now = Duration::from_millis(look * 10);
        assert_eq!(rule.fits_at(now, 1.0), Some(Duration::from_millis(500)));
        rule.give_back(now, now, 0.0);
    }
    assert_eq!(rule.available(Duration::from_millis(500)), 1.0);
}

#[test]
fn a_burst_of_its_own_is_the_most_at_once() {
    let quota = Quota { burst: 3.0, ..Quota::new(10.0, Duration::from_secs(1)) };
    for (name, rule) in rules(quota).drain(..3) {
        assert_eq!(rule.fits_at(Duration::ZERO, 4.0), None, "{name}");
        assert_eq!(rule.fits_at(Duration::ZERO, 3.0), Some(Duration::ZERO), "{name}");
    }
}

#[test]
fn a_full_burst_of_hundredths_comes_out_exact() {
    for capacity in 1..200_u32 {
        let mut rule = Gcra::new(Quota::new(f64::from(capacity), Duration::from_secs(1)));
        for _ in 0..capacity {
            assert_eq!(rule.fits_at(Duration::ZERO, 1.0), Some(Duration::ZERO));
            rule.take(Duration::ZERO, 1.0);
        }
        let emission = Duration::from_nanos(1_000_000_000_u64.div_ceil(u64::from(capacity)));
        assert_eq!(rule.fits_at(Duration::ZERO, 1.0), Some(emission));
    }
}

#[test]
fn a_new_quota_keeps_what_was_spent() {
    let now = Duration::from_secs(1);
    let quota = Quota::new(10.0, Duration::from_secs(60));
    for (name, mut rule) in rules(quota) {
        rule.take(now, 8.0);
        rule.set_quota(now, Quota::new(20.0, Duration::from_secs(60)));
        assert_eq!(rule.available(now), 12.0, "{name}");
        rule.set_quota(now, Quota::new(5.0, Duration::from_secs(60)));
        assert_eq!(rule.available(now), -3.0, "{name}");
    }
}

#[test]
fn the_fixed_window_begins_with_the_first_acquire_after_the_last() {
    let second = Duration::from_secs(1);
    let mut rule = FixedWindow::new(Quota::new(2.0, second));
    rule.take(second * 10, 2.0);
    assert_eq!(rule.fits_at(second * 10, 1.0), Some(second * 11));
    rule.take(second * 12 + second / 2, 2.0);
    assert_eq!(rule.fits_at(second * 13, 1.0), Some(second * 13 + second / 2));
}
