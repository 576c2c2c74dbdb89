//! Sleeping calls as plain futures and as tokio's tasks.

use concurry_benches::peers::multi_thread_runtime;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::task::JoinSet;

use super::sleeping::{Counted, count, sleep_then_return};

const THREADS: usize = 2;

/// Futures polled in one place: no task at all.
pub(crate) fn futures_unordered(calls: u64) -> Counted {
    let runtime = multi_thread_runtime(THREADS);
    count(calls, || {
        runtime.block_on(async {
            let sleeping: FuturesUnordered<_> = (0..calls).map(sleep_then_return).collect();
            sleeping.fold(0, async |sum, x| sum + x).await
        })
    })
}

/// A task for each call, its handle kept in a vector.
pub(crate) fn tokio_spawn(calls: u64) -> Counted {
    let runtime = multi_thread_runtime(THREADS);
    count(calls, || {
        runtime.block_on(async {
            let spawn = |x| tokio::spawn(sleep_then_return(x));
            let tasks: Vec<_> = (0..calls).map(spawn).collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.expect("the call does not panic");
            }
            sum
        })
    })
}

/// A task for each call in a `JoinSet`.
pub(crate) fn join_set(calls: u64) -> Counted {
    let runtime = multi_thread_runtime(THREADS);
    count(calls, || {
        runtime.block_on(async {
            let mut tasks: JoinSet<_> = (0..calls).map(sleep_then_return).collect();
            let mut sum = 0;
            while let Some(joined) = tasks.join_next().await {
                sum += joined.expect("the call does not panic");
            }
            sum
        })
    })
}
