//! Moments far ahead.

use std::time::{Duration, Instant};

/// Further than anybody waits, and within what an instant can hold.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The moment `duration` after another one. A duration beyond what an instant can hold gives one about
/// thirty years ahead instead of a panic.
///
/// ```
/// use concurry_time::after;
/// use std::time::{Duration, Instant};
///
/// let now = Instant::now();
/// assert_eq!(after(now, Duration::from_secs(1)), now + Duration::from_secs(1));
/// assert!(after(now, Duration::MAX) > now + Duration::from_secs(1_000_000));
/// ```
#[must_use]
pub fn after(moment: Instant, duration: Duration) -> Instant {
    moment.checked_add(duration.min(FAR)).unwrap_or(moment)
}
