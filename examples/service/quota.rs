//! The service's own quota: so many requests and tokens in each window.

use std::time::{Duration, Instant};

/// What a window allows.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    pub requests: u32,
    pub tokens: u32,
    pub window: Duration,
}

/// Counts requests and tokens in windows that follow each other.
#[derive(Debug)]
pub struct Quota {
    allowance: Allowance,
    window_began: Instant,
    requests: u32,
    tokens: u32,
}

/// How the quota stands after a request: the content of the `x-ratelimit-*` headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub admitted: bool,
    pub remaining_requests: u32,
    pub remaining_tokens: u32,
    /// When the next window begins.
    pub reset: Duration,
}

impl Quota {
    pub fn new(allowance: Allowance, now: Instant) -> Self {
        Self { allowance, window_began: now, requests: 0, tokens: 0 }
    }

    /// Charges a request, unless it does not fit any more.
    pub fn admit(&mut self, tokens: u32, now: Instant) -> Standing {
        let Allowance { requests: most_requests, tokens: most_tokens, window } = self.allowance;
        let age = now.saturating_duration_since(self.window_began);
        if age >= window {
            let windows = age.as_nanos() / window.as_nanos();
            self.window_began += window * u32::try_from(windows).unwrap_or(u32::MAX);
            (self.requests, self.tokens) = (0, 0);
        }
        let admitted = self.requests < most_requests && self.tokens + tokens <= most_tokens;
        if admitted {
            self.requests += 1;
            self.tokens += tokens;
        }
        Standing {
            admitted,
            remaining_requests: most_requests - self.requests,
            remaining_tokens: most_tokens - self.tokens,
            reset: (self.window_began + window).saturating_duration_since(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_over_the_quota_is_refused_until_the_next_window() {
        let start = Instant::now();
        let allowance = Allowance { requests: 2, tokens: 100, window: SECOND };
        let mut quota = Quota::new(allowance, start);
        assert!(quota.admit(40, start).admitted);
        assert!(!quota.admit(61, start).admitted, "too many tokens");
        assert!(quota.admit(60, start).admitted);
        let over = quota.admit(0, start + SECOND / 4);
        assert!(!over.admitted, "too many requests");
        assert_eq!(over.reset, SECOND * 3 / 4);
        assert!(quota.admit(100, start + SECOND).admitted);
        assert!(quota.admit(100, start + SECOND * 7).admitted, "idle windows are skipped");
    }
}
