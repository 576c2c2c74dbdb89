//! Calls from one thread that blocks for the results.

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::pool::Pool;

/// Calls in flight at a time when calls are made in windows.
pub(crate) const WINDOW: u64 = 1_024;

/// In which order calls are submitted and collected.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pattern {
    /// Everything is submitted, then everything is collected.
    AllThenCollect,
    /// A window is submitted and collected, then the next.
    Windows,
}

impl Pattern {
    /// How many calls are submitted before they are collected.
    pub(crate) fn window(self, calls: u64) -> u64 {
        match self {
            Self::AllThenCollect => calls,
            Self::Windows => WINDOW.min(calls),
        }
    }
}

/// Measures a pool in the given pattern.
pub(crate) fn measure<P: Pool>(calls: u64, workers: usize, pattern: Pattern) -> Measurement {
    let pool = P::start(workers);
    pool.settle(workers);
    let window = pattern.window(calls);
    let watch = Stopwatch::start();
    let mut replies = Vec::with_capacity(usize::try_from(window).expect("a window fits in memory"));
    let mut sum = 0;
    for first in (0..calls).step_by(usize::try_from(window).expect("a window fits in memory")) {
        replies.extend((first..calls.min(first + window)).map(|x| pool.submit(x)));
        sum += replies.drain(..).map(|reply| pool.collect(reply)).sum::<u64>();
    }
    watch.stop().per_call(calls, sum)
}
