//! Calls to a thread over a queue, each with a reply channel that can be awaited.

use std::thread;

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::pool::Counter;
use crossbeam_channel::unbounded;
use futures::StreamExt;
use futures::executor::block_on;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use oneshot::AsyncReceiver;

/// Submits the calls and lets `collect` sum their results.
fn measure(calls: u64, collect: impl AsyncFnOnce(Vec<AsyncReceiver<u64>>) -> u64) -> Measurement {
    let (queue, messages) = unbounded::<(u64, oneshot::Sender<u64>)>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut counter = Counter::default();
            for (x, reply) in messages {
                reply.send(counter.add(x)).expect("every reply is collected");
            }
        });
        let watch = Stopwatch::start();
        let submit = |x| {
            let (sender, receiver) = oneshot::async_channel();
            queue.send((x, sender)).expect("the worker lives");
            receiver
        };
        let replies: Vec<_> = (0..calls).map(submit).collect();
        drop(queue);
        let sum = block_on(collect(replies));
        watch.stop().per_call(calls, sum)
    })
}

/// Each reply is awaited in turn: the calls alone.
pub(crate) fn one_by_one(calls: u64) -> Measurement {
    measure(calls, async |replies| {
        let mut sum = 0;
        for reply in replies {
            sum += reply.await.expect("the worker answers");
        }
        sum
    })
}

/// Results in order of completion.
pub(crate) fn as_completed(calls: u64) -> Measurement {
    measure(calls, async |replies| {
        let replies: FuturesUnordered<_> = replies.into_iter().collect();
        replies.fold(0, async |sum, x| sum + x.expect("the worker answers")).await
    })
}

/// All results in order, gathered into a vector.
pub(crate) fn in_order(calls: u64) -> Measurement {
    measure(calls, async |replies| {
        join_all(replies).await.into_iter().map(|x| x.expect("the worker answers")).sum()
    })
}
