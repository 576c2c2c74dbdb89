//! Subject `concurry`: calls of one worker on a thread.

use concurry::prelude::*;
use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::peers::Concurry;
use concurry_benches::pool::Pool;

type Future = TaskFuture<u64, std::convert::Infallible>;

/// Submits the calls and lets `collect` sum their results.
fn measure(calls: u64, collect: impl FnOnce(Vec<Future>) -> u64) -> Measurement {
    let pool = Concurry::start(1);
    pool.settle(1);
    let watch = Stopwatch::start();
    let futures = (0..calls).map(|x| pool.submit(x)).collect();
    let sum = collect(futures);
    watch.stop().per_call(calls, sum)
}

/// Each future is waited for in turn: the calls alone.
pub(crate) fn one_by_one(calls: u64) -> Measurement {
    measure(calls, |futures| futures.into_iter().map(|future| value(future.result())).sum())
}

/// Results in order of completion.
pub(crate) fn as_completed(calls: u64) -> Measurement {
    measure(calls, |futures| {
        gather(futures).as_completed().map(|(_, outcome)| value(outcome)).sum()
    })
}

/// All results in order, gathered into a vector.
pub(crate) fn in_order(calls: u64) -> Measurement {
    measure(calls, |futures| value(gather(futures).results()).into_iter().sum())
}

fn value<T>(outcome: Result<T, CallError<std::convert::Infallible>>) -> T {
    outcome.expect("the call succeeds")
}
