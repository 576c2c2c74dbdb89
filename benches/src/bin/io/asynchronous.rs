//! Calls that await a timer, ten thousand at a time.

use std::sync::Arc;

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::peers::multi_thread_runtime;
use futures::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::{REQUEST, times_ideal};

pub(crate) const AT_A_TIME: u64 = 10_000;
const THREADS: usize = 2;

/// The awaited call.
pub(crate) async fn request(x: u64) -> u64 {
    sleep(REQUEST).await;
    x
}

/// Runs the calls on a runtime and measures them.
pub(crate) fn measure(calls: u64, run: impl Future<Output = u64>) -> Measurement {
    let runtime = multi_thread_runtime(THREADS);
    let watch = Stopwatch::start();
    let sum = runtime.block_on(run);
    times_ideal(watch.stop(), calls, AT_A_TIME, sum)
}

/// Futures polled in one place: no task at all.
pub(crate) fn buffer_unordered(calls: u64) -> Measurement {
    let window = usize::try_from(AT_A_TIME).expect("the window fits in memory");
    let requests = stream::iter(0..calls).map(request).buffer_unordered(window);
    measure(calls, requests.fold(0, async |sum, x| sum + x))
}

/// A task for each call; a semaphore admits them.
pub(crate) fn tokio_spawn(calls: u64) -> Measurement {
    let permits = usize::try_from(AT_A_TIME).expect("the window fits in memory");
    let admitted = Arc::new(Semaphore::new(permits));
    measure(calls, async {
        let mut tasks = Vec::new();
        for x in 0..calls {
            let permit = Arc::clone(&admitted).acquire_owned().await.expect("it is never closed");
            tasks.push(tokio::spawn(async move {
                let result = request(x).await;
                drop(permit);
                result
            }));
        }
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("the call does not panic");
        }
        sum
    })
}

/// A `JoinSet` that is refilled as its tasks end.
pub(crate) fn join_set(calls: u64) -> Measurement {
    measure(calls, async {
        let mut waiting = 0..calls;
        let first = waiting.by_ref().take(usize::try_from(AT_A_TIME).expect("it fits"));
        let mut tasks: JoinSet<u64> = first.map(request).collect();
        let mut sum = 0;
        while let Some(joined) = tasks.join_next().await {
            sum += joined.expect("the call does not panic");
            if let Some(x) = waiting.next() {
                tasks.spawn(request(x));
            }
        }
        sum
    })
}
