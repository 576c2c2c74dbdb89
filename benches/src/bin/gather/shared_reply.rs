//! Subject `shared-reply`: every call answers into one channel, so nothing is kept for each call.

use std::thread;

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_benches::pool::Counter;
use crossbeam_channel::unbounded;

pub(crate) fn as_completed(calls: u64) -> Measurement {
    let (queue, messages) = unbounded::<(u64, u64)>();
    let (reply, replies) = unbounded::<(u64, u64)>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut counter = Counter::default();
            for (index, x) in messages {
                reply.send((index, counter.add(x))).expect("every reply is collected");
            }
        });
        let watch = Stopwatch::start();
        for x in 0..calls {
            queue.send((x, x)).expect("the worker lives");
        }
        drop(queue);
        let sum = replies.iter().map(|(_, x)| x).sum();
        watch.stop().per_call(calls, sum)
    })
}
