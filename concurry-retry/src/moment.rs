//! Moments far ahead.

use std::time::{Duration, Instant};

/// As good as never: more than an instant can hold is asked for to mean just that.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The moment this long after `now`, or one about thirty years ahead.
pub(crate) fn after(now: Instant, wait: Duration) -> Instant {
    now.checked_add(wait.min(FAR)).unwrap_or(now)
}
