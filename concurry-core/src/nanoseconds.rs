//! Durations as numbers, for atomics.

use std::time::Duration;

/// Its nanoseconds; what is beyond the range is as good as the longest in it, five hundred years.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
