//! The call that is measured: it sleeps, and the last one to begin counts the memory.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::Duration;

use concurry_benches::harness::{Measurement, Stopwatch};

use super::ALLOCATOR;

/// Calls that must begin before the memory is counted. Static, so that a call does not carry it.
static AWAITED: AtomicU64 = AtomicU64::new(0);
static BEGUN: AtomicU64 = AtomicU64::new(0);
static ENDED: AtomicU64 = AtomicU64::new(0);
static BYTES_AT_LAST: AtomicUsize = AtomicUsize::new(0);

/// Sleeps and returns `x`.
pub(crate) async fn sleep_then_return(x: u64, length: Duration) -> u64 {
    // AcqRel: the last one to begin is ordered after all others, so it sees what they allocated.
    if BEGUN.fetch_add(1, AcqRel) + 1 == AWAITED.load(Acquire) {
        assert_eq!(ENDED.load(Acquire), 0, "the first calls ended before the last began");
        BYTES_AT_LAST.store(ALLOCATOR.live(), Release);
    }
    tokio::time::sleep(length).await;
    ENDED.fetch_add(1, AcqRel);
    x
}

/// How long calls sleep so that all of them begin before the first ends.
fn length(calls: u64) -> Duration {
    Duration::from_millis(500) + Duration::from_micros(4) * u32::try_from(calls).unwrap_or(u32::MAX)
}

/// Counts the memory of the calls that `run` makes; `run` returns the sum of their results.
///
/// What a pool needs apart from its calls must be alive before this starts.
pub(crate) fn count(calls: u64, run: impl FnOnce(Duration) -> u64) -> Measurement {
    BEGUN.store(0, Release);
    ENDED.store(0, Release);
    AWAITED.store(calls, Release);
    let before = ALLOCATOR.live();
    let watch = Stopwatch::start();
    let sum = run(length(calls));
    let bytes = BYTES_AT_LAST.load(Acquire).saturating_sub(before);
    watch.stop().with_value(bytes as f64 / calls as f64, sum)
}
