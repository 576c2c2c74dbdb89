//! Learning from what a service says about its own limits in the headers of its answers.

use std::time::Duration;

use crate::error::LimitError;
use crate::limit_set::LimitSet;

impl LimitSet {
    /// Follows the headers of an answer: `retry-after-ms` or `retry-after` pauses the set, and for each limit of the set
    /// `x-ratelimit-limit-…`, `x-ratelimit-remaining-…` and `x-ratelimit-reset-…` set its capacity
    /// and what is left of it.
    ///
    /// The ends of the names are looked for in `names`, which gives the key of a limit for each, as
    /// `[("requests", "call_count"), ("tokens", "tokens")]`; other headers and values that cannot be
    /// read are passed over. When the service has less left than the set believes, the difference
    /// counts as used; when it has more, nothing changes, since calls of ours may be on their way.
    /// When nothing is left, the set pauses until the reset.
    ///
    /// ```
    /// use concurry_limits::{LimitSet, RateAlgorithm, RateLimit};
    ///
    /// let tokens = RateLimit::per_minute("tokens", 90_000).algorithm(RateAlgorithm::TokenBucket);
    /// let limits = LimitSet::builder().with(tokens).build()?;
    /// limits.follow_headers(
    ///     [("x-ratelimit-limit-tokens", "50000"), ("x-ratelimit-remaining-tokens", "20000")],
    ///     [("tokens", "tokens")],
    /// )?;
    /// let stats = limits.stats();
    /// assert_eq!(stats.limits[0].capacity, 50_000.0);
    /// assert!(stats.limits[0].available < 20_100.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`LimitError::UnknownKey`] when `names` gives a key that the set does not have, and
    /// [`LimitError::BadCapacity`] for a limit of zero.
    pub fn follow_headers<'a>(
        &self,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        names: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), LimitError> {
        let headers: Vec<(String, &str)> =
            headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let find = |name: &str| {
            headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.trim())
        };
        // The finer one first, as everywhere: OpenAI and Azure send both.
        let wait = find("retry-after-ms").and_then(parse_milliseconds);
        if let Some(wait) = wait.or_else(|| find("retry-after").and_then(parse_wait)) {
            self.pause_for(wait);
        }
        for (name, key) in names {
            let key = self.key(key)?;
            let limit = find(&format!("x-ratelimit-limit-{name}"));
            if let Some(limit) = limit.and_then(|limit| limit.parse::<f64>().ok()) {
                self.set_capacity(&key, limit)?;
            }
            let remaining = find(&format!("x-ratelimit-remaining-{name}"));
            if let Some(remaining) = remaining.and_then(parse_remaining) {
                self.believe(key.index, remaining);
                let reset = find(&format!("x-ratelimit-reset-{name}")).and_then(parse_wait);
                if let Some(reset) = reset.filter(|_| remaining == 0.0) {
                    self.pause_for(reset);
                }
            }
        }
        Ok(())
    }

    /// Charges what somebody else must have used.
    fn believe(&self, index: usize, remaining: f64) {
        self.shared.change(index, |ledger, now| {
            let difference = (ledger.store.level(index, now).available - remaining).floor();
            if difference > 0.0 && difference.is_finite() {
                ledger.store.charge(crate::store::Take { index, amount: difference }, now);
            }
        });
    }
}

fn parse_milliseconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse::<f64>().ok()? * 1e-3).ok()
}

fn parse_remaining(text: &str) -> Option<f64> {
    text.parse().ok().filter(|remaining: &f64| remaining.is_finite() && *remaining >= 0.0)
}

/// Reads a wait as rate-limit headers state it: a number of seconds, or numbers with units as
/// `6m0s`, `1.5s`, `20ms`. Dates are not read: they depend on the wall clock of both sides.
///
/// ```
/// use concurry_limits::parse_wait;
/// use std::time::Duration;
///
/// assert_eq!(parse_wait("1m30s"), Some(Duration::from_secs(90)));
/// assert_eq!(parse_wait("soon"), None);
/// ```
#[must_use]
pub fn parse_wait(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit());
        let unit_end = unit_end.map_or(rest.len(), |end| digits + end);
        let seconds = match &rest[digits..unit_end] {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &rest[unit_end..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RateLimit;

    #[test]
    fn milliseconds_come_before_seconds_and_what_they_do_not_say_seconds_do() {
        let paused = |millis: &'static str| {
            let limits = LimitSet::builder().with(RateLimit::per_minute("tokens", 10)).build();
            let limits = limits.unwrap();
            let headers = [("Retry-After", "40"), ("Retry-After-Ms", millis)];
            limits.follow_headers(headers, [("tokens", "tokens")]).unwrap();
            limits.stats().paused_for.unwrap()
        };
        assert!(paused("20000") <= Duration::from_secs(20));
        for unread in ["", "-1", "soon", "inf"] {
            assert!(paused(unread) > Duration::from_secs(20), "{unread}");
        }
    }

    #[test]
    fn waits_are_read_in_seconds_and_in_units() {
        for (text, expected) in
            [("20", 20_000), ("1.5", 1_500), ("6m0s", 360_000), ("20ms", 20), ("1h2m3s", 3_723_000)]
        {
            assert_eq!(parse_wait(text), Some(Duration::from_millis(expected)), "{text}");
        }
        for text in ["", "-1", "soon", "1x", "s", "Wed, 21 Oct 2015 07:28:00 GMT", "1e999"] {
            assert_eq!(parse_wait(text), None, "{text}");
        }
    }
}
