//! Calls from a future that awaits the results.

use std::future::Future;

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::peers::{AsyncPool, multi_thread_runtime};
use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinSet;

use super::blocking_calls::Pattern;

/// Threads of the runtime: as many as a machine of the kind that figures are quoted for.
const THREADS: usize = 2;

/// Where the future runs that makes the calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Caller {
    /// On a thread of its own, outside the runtime.
    Outside,
    /// As a task of the runtime.
    Task,
}

impl Caller {
    /// Runs the future in its place.
    fn run<F>(self, runtime: &Runtime, future: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        match self {
            Self::Outside => futures::executor::block_on(future),
            Self::Task => {
                let task = runtime.spawn(future);
                runtime.block_on(task).expect("the caller does not panic")
            }
        }
    }
}

/// Measures a pool in the given pattern.
pub(crate) fn measure<P: AsyncPool>(calls: u64, caller: Caller, pattern: Pattern) -> Measurement {
    let runtime = multi_thread_runtime(THREADS);
    let pool = P::start(runtime.handle());
    let window = pattern.window(calls);
    caller.run(&runtime, async move {
        for x in 0..64 {
            assert_eq!(pool.submit(x).await, x, "{} answers", P::NAME);
        }
        let watch = Stopwatch::start();
        let mut sum = 0;
        let mut first = 0;
        while first < calls {
            let end = calls.min(first + window);
            let replies: Vec<_> = (first..end).map(|x| pool.submit(x)).collect();
            for reply in replies {
                sum += reply.await;
            }
            first = end;
        }
        watch.stop().per_call(calls, sum)
    })
}

/// Measures tokio's `JoinSet`, which hands results out in order of completion.
pub(crate) fn measure_join_set(calls: u64, caller: Caller, pattern: Pattern) -> Measurement {
    let runtime = multi_thread_runtime(THREADS);
    let handle: Handle = runtime.handle().clone();
    let window = pattern.window(calls);
    caller.run(&runtime, async move {
        let watch = Stopwatch::start();
        let mut sum = 0;
        let mut first = 0;
        let mut set = JoinSet::new();
        while first < calls {
            let end = calls.min(first + window);
            for x in first..end {
                set.spawn_on(async move { x }, &handle);
            }
            while let Some(joined) = set.join_next().await {
                sum += joined.expect("the task does not panic");
            }
            first = end;
        }
        watch.stop().per_call(calls, sum)
    })
}
