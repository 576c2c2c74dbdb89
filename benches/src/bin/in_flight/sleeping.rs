//! The call that is measured: it sleeps, and the last one to begin counts the memory.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::time::Duration;

use super::resident;

// Static, so that a call carries nothing but its argument; a process takes one sample.
/// How long a call sleeps at a time, in milliseconds.
static LENGTH: AtomicU64 = AtomicU64::new(0);
/// Calls that must begin before the memory is counted.
static AWAITED: AtomicU64 = AtomicU64::new(0);
static BEGUN: AtomicU64 = AtomicU64::new(0);
static RESIDENT_AT_LAST: AtomicU64 = AtomicU64::new(0);

/// What a sample found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// Bytes that all calls together hold.
    pub(crate) bytes: u64,
    /// Sum of their results.
    pub(crate) sum: u64,
}

/// Sleeps until all calls are in flight, at least once, and returns `x`.
pub(crate) async fn sleep_then_return(x: u64) -> u64 {
    // AcqRel: the last one to begin is ordered after all others, so it sees what they hold.
    if BEGUN.fetch_add(1, AcqRel) + 1 == AWAITED.load(Acquire) {
        RESIDENT_AT_LAST.store(resident::bytes(), Release);
    }
    loop {
        tokio::time::sleep(Duration::from_millis(LENGTH.load(Acquire))).await;
        // On a busy machine calls may wake before the last has begun: none may end before.
        if RESIDENT_AT_LAST.load(Acquire) != 0 {
            return x;
        }
    }
}

/// Counts the memory of the calls that `run` makes; `run` returns the sum of their results.
///
/// What a pool needs apart from its calls must be alive before this starts.
pub(crate) fn count(calls: u64, run: impl FnOnce() -> u64) -> Counted {
    // Long enough for a million calls to begin, as a rule.
    LENGTH.store(500 + calls * 3 / 2_000, Release);
    AWAITED.store(calls, Release);
    let before = resident::bytes();
    let sum = run();
    Counted { bytes: RESIDENT_AT_LAST.load(Acquire).saturating_sub(before), sum }
}
