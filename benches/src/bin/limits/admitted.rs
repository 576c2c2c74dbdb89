//! How many permits callers get who always want one, in percent of what the limit allows.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::peers::multi_thread_runtime;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::peers::Waiting;

/// A limit and how many want its permits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Permits a second.
    pub(crate) rate: u64,
    /// Permits at once.
    pub(crate) burst: u64,
    /// Tasks that wait for a permit again and again.
    pub(crate) waiters: u64,
}

impl Load {
    /// What the limit allows while `permits` are refilled.
    const fn ideal(self, permits: u64) -> u64 {
        permits + self.burst
    }

    /// The most that a run may admit: clocks of limiters may differ by a thousandth.
    pub(crate) const fn most(self, permits: u64) -> u64 {
        let ideal = self.ideal(permits);
        ideal + ideal / 1_000 + 1
    }
}

/// Lets the waiters loop while `permits` are refilled.
pub(crate) fn measure<L: Waiting>(load: Load, permits: u64) -> Measurement {
    let runtime = multi_thread_runtime(2);
    let admitted = Arc::new(AtomicU64::new(0));
    let watch = runtime.block_on(async {
        let window = Duration::from_secs_f64(permits as f64 / load.rate as f64);
        let limiter = Arc::new(L::new(load.rate, load.burst));
        let end = Instant::now() + window;
        let mut waiters = JoinSet::new();
        for _ in 0..load.waiters {
            let (limiter, admitted) = (Arc::clone(&limiter), Arc::clone(&admitted));
            waiters.spawn(timeout_at(end, async move {
                loop {
                    limiter.acquire().await;
                    if Instant::now() >= end {
                        break;
                    }
                    admitted.fetch_add(1, Relaxed); // read after all tasks have been joined
                }
            }));
        }
        // What waiting costs: neither starting the tasks nor ending them all at once.
        let watch = Stopwatch::start();
        sleep_until(end).await;
        let watch = watch.stop();
        while let Some(joined) = waiters.join_next().await {
            // A waiter is either cut short at the end or sees by itself that it is over.
            let _cut_short = joined.expect("the waiter does not panic");
        }
        watch
    });
    let admitted = admitted.load(Relaxed);
    let percent = 100.0 * admitted as f64 / load.ideal(permits) as f64;
    watch.with_value(percent, admitted)
}
