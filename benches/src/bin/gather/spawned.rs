//! Calls as tokio tasks, collected by a `JoinSet` or by their handles.

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::peers::multi_thread_runtime;
use tokio::task::JoinSet;

const THREADS: usize = 2;

/// Each handle is awaited in turn: the calls alone.
pub(crate) fn one_by_one(calls: u64) -> Measurement {
    multi_thread_runtime(THREADS).block_on(async {
        let watch = Stopwatch::start();
        let tasks: Vec<_> = (0..calls).map(|x| tokio::spawn(async move { x })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("the task does not panic");
        }
        watch.stop().per_call(calls, sum)
    })
}

/// Results in order of completion.
pub(crate) fn as_completed(calls: u64) -> Measurement {
    multi_thread_runtime(THREADS).block_on(async {
        let watch = Stopwatch::start();
        let mut tasks: JoinSet<_> = (0..calls).map(|x| async move { x }).collect();
        let mut sum = 0;
        while let Some(joined) = tasks.join_next().await {
            sum += joined.expect("the task does not panic");
        }
        watch.stop().per_call(calls, sum)
    })
}
