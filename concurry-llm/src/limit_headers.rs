//! What a service says about its own limits, held against ours.
//!
//! Only towards caution, since a header does not tell which window it means, and is as old as the
//! answer took: a capacity is lowered, never raised; what the service has left counts with what comes
//! back meanwhile; and where nothing is left, the limits pause until the service's reset.

use std::time::Duration;

use concurry_core::CallContext;
use concurry_limits::{CallLimit, LimitSet, LimitStats, parse_wait};
use reqwest::header::HeaderMap;

use crate::usage::{REQUESTS, TOKENS};

/// The names of the headers, and the keys of our limits.
const LIMITS: [(&str, &str); 3] =
    [("requests", REQUESTS), ("requests", CallLimit::KEY), ("tokens", TOKENS)];

/// Tells the limits of a call what an answer's headers say. `age` is the time since the request.
///
/// `Retry-After` is not read here: it is in the error, by which the pool pauses its limits.
pub(crate) fn follow(context: &CallContext, headers: &HeaderMap, age: Duration) {
    if !headers.keys().any(|name| name.as_str().starts_with("x-ratelimit-")) {
        return;
    }
    let Some(set) = set_of(context) else { return };
    for limit in set.stats().limits {
        let name = LIMITS.iter().find(|(_, key)| *key == limit.key);
        if let Some((name, key)) = name
            && let Some(said) = Said::read(headers, name)
        {
            said.apply(&set, key, &limit, age);
        }
    }
}

/// The set that the call's permit came from, or else the only one there is.
pub(crate) fn set_of(context: &CallContext) -> Option<LimitSet> {
    context.permit().limit_set().or_else(|| {
        let limits = context.limits();
        let mut sets = limits.sets();
        let first = sets.next()?.clone();
        sets.next().is_none().then_some(first)
    })
}

/// What the headers say of one limit.
#[derive(Clone, Copy, Debug)]
struct Said {
    capacity: Option<f64>,
    remaining: Option<f64>,
    reset: Option<Duration>,
}

impl Said {
    fn read(headers: &HeaderMap, name: &str) -> Option<Self> {
        let text = |what: &str| {
            headers.get(format!("x-ratelimit-{what}-{name}"))?.to_str().ok().map(str::trim)
        };
        let number = |what: &str| {
            let number: f64 = text(what)?.parse().ok()?;
            (number.is_finite() && number >= 0.0).then_some(number)
        };
        let said = Self {
            capacity: number("limit").filter(|capacity| *capacity >= 1.0),
            remaining: number("remaining"),
            // Some services give a date in seconds since 1970.
            reset: text("reset").and_then(parse_wait).filter(|reset| *reset < LONGEST_RESET),
        };
        (said.capacity.is_some() || said.remaining.is_some()).then_some(said)
    }

    fn apply(self, set: &LimitSet, key: &str, ours: &LimitStats, age: Duration) {
        if let Some(capacity) = self.capacity.filter(|capacity| *capacity < ours.capacity) {
            let _ = set.set_capacity(key, capacity.floor()); // at least one: legal for every limit
        }
        let reset = self.reset.map(|reset| reset.saturating_sub(age));
        let exhausted = self.remaining == Some(0.0);
        if let Some(reset) = reset.filter(|reset| exhausted && !reset.is_zero()) {
            return set.pause_for(reset);
        }
        let Some(left) = self.left(ours, age) else { return };
        if left < ours.available {
            let header = format!("x-ratelimit-remaining-{key}");
            let left = left.floor().to_string();
            let _ = set.follow_headers([(header.as_str(), left.as_str())], [(key, key)]);
        }
    }

    /// What the service lets us use in a window that begins now: what it had left, and what has come
    /// back since and comes back when it resets.
    fn left(self, ours: &LimitStats, age: Duration) -> Option<f64> {
        let window = ours.window?;
        let until_reset = self.reset.map_or(window, |reset| reset.saturating_sub(age));
        let returning = age + window.saturating_sub(until_reset);
        let capacity = self.capacity.map_or(ours.capacity, |capacity| capacity.min(ours.capacity));
        Some(self.remaining? + capacity * (returning.as_secs_f64() / window.as_secs_f64()))
    }
}

/// A month. No window is longer.
const LONGEST_RESET: Duration = Duration::from_secs(31 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;
    use concurry_limits::{RateLimit, Window};
    use concurry_time::FakeClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn set() -> (LimitSet, FakeClock) {
        let clock = FakeClock::new();
        let tokens = RateLimit::new(TOKENS, 1_000, Window::MINUTE);
        (LimitSet::builder().with(tokens).clock(clock.clock()).build().unwrap(), clock)
    }

    fn apply(set: &LimitSet, headers: &[(&'static str, &str)], age: Duration) {
        let headers: HeaderMap = headers
            .iter()
            .map(|(what, value)| {
                let name = format!("x-ratelimit-{what}-tokens").parse().unwrap();
                (name, value.parse().unwrap())
            })
            .collect::<Vec<(reqwest::header::HeaderName, reqwest::header::HeaderValue)>>()
            .into_iter()
            .collect();
        let limit = &set.stats().limits[0];
        if let Some(said) = Said::read(&headers, "tokens") {
            said.apply(set, TOKENS, limit, age);
        }
    }

    fn level(set: &LimitSet) -> (f64, f64) {
        let limit = &set.stats().limits[0];
        (limit.capacity, limit.available)
    }

    #[test]
    fn a_capacity_is_lowered_and_never_raised() {
        let (set, _clock) = set();
        apply(&set, &[("limit", "5000")], SECOND);
        assert_eq!(level(&set), (1_000.0, 1_000.0));
        apply(&set, &[("limit", "400")], SECOND);
        assert_eq!(level(&set), (400.0, 400.0));
    }

    #[test]
    fn what_others_have_used_counts_as_used() {
        let (set, _clock) = set();
        apply(&set, &[("limit", "1000"), ("remaining", "300")], Duration::ZERO);
        assert_eq!(level(&set).1, 300.0);
    }

    #[test]
    fn an_old_header_and_a_near_reset_count_less() {
        let (first, _clock) = set();
        apply(&first, &[("remaining", "300")], 30 * SECOND); // half a window ago
        assert_eq!(level(&first).1, 800.0);
        let (second, _clock) = set();
        apply(&second, &[("remaining", "300"), ("reset", "30s")], Duration::ZERO);
        assert_eq!(level(&second).1, 800.0);
    }

    #[test]
    fn nothing_left_pauses_until_the_reset() {
        let (set, _clock) = set();
        apply(&set, &[("remaining", "0"), ("reset", "20s")], 2 * SECOND);
        assert_eq!(set.stats().paused_for, Some(18 * SECOND));
    }

    #[test]
    fn what_can_not_be_read_changes_nothing() {
        let (set, _clock) = set();
        for value in ["", "many", "-1", "NaN", "inf", "0x10"] {
            apply(&set, &[("limit", value), ("remaining", value), ("reset", value)], SECOND);
        }
        apply(&set, &[("remaining", "0"), ("reset", "1767225600")], Duration::ZERO); // a date
        assert_eq!(set.stats().paused_for, None);
    }
}
