//! Calls that block a thread, on a hundred threads; and how fast those threads are there.

use std::sync::mpsc;
use std::thread;

use concurry_benches::harness::{Measurement, Stopwatch};
use crossbeam_channel::unbounded;
use rayon::ThreadPoolBuilder;

use super::{REQUEST, times_ideal};

pub(crate) const THREADS: usize = 100;

/// The blocking call.
pub(crate) fn request(x: u64) -> u64 {
    thread::sleep(REQUEST);
    x
}

/// Measures calls that `submit` starts; they send their results to the channel.
fn measure(calls: u64, mut submit: impl FnMut(u64, oneshot::Sender<u64>)) -> Measurement {
    let watch = Stopwatch::start();
    let start = |x| {
        let (sender, receiver) = oneshot::channel();
        submit(x, sender);
        receiver
    };
    let replies: Vec<_> = (0..calls).map(start).collect();
    let sum = replies.into_iter().map(|reply| reply.recv().expect("the call answers")).sum();
    times_ideal(watch.stop(), calls, THREADS as u64, sum)
}

pub(crate) fn crossbeam_oneshot(calls: u64) -> Measurement {
    let (queue, messages) = unbounded::<(u64, oneshot::Sender<u64>)>();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let messages = messages.clone();
            scope.spawn(move || {
                for (x, reply) in messages {
                    reply.send(request(x)).expect("every reply is collected");
                }
            });
        }
        let queue = queue; // dropped with this block, so that the threads end
        measure(calls, |x, reply| queue.send((x, reply)).expect("the threads live"))
    })
}

pub(crate) fn rayon_spawn(calls: u64) -> Measurement {
    let pool = ThreadPoolBuilder::new().num_threads(THREADS).build();
    let pool = pool.expect("the system has threads to give");
    measure(calls, |x, reply| {
        pool.spawn(move || reply.send(request(x)).expect("every reply is collected"));
    })
}

pub(crate) fn tokio_blocking(calls: u64) -> Measurement {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(1).max_blocking_threads(THREADS).build();
    let runtime = runtime.expect("the system has threads to give");
    measure(calls, |x, reply| {
        runtime.spawn_blocking(move || reply.send(request(x)).expect("it is collected"));
    })
}

/// Time until every thread has said that it runs.
pub(crate) fn plain_threads_ready(threads: u64) -> Measurement {
    let watch = Stopwatch::start();
    let (ready, begun) = mpsc::channel();
    let (keep, end) = unbounded::<()>();
    let running: Vec<_> = (0..threads)
        .map(|x| {
            let (ready, end) = (ready.clone(), end.clone());
            thread::spawn(move || {
                ready.send(x).expect("the main thread listens");
                end.recv().expect_err("nothing is ever sent");
            })
        })
        .collect();
    let sum = begun.iter().take(running.len()).sum();
    let lap = watch.stop();
    drop(keep);
    for thread in running {
        thread.join().expect("the thread does not panic");
    }
    lap.with_value(lap.wall().as_secs_f64() * 1e3, sum)
}

/// Time until rayon has run something on every thread.
pub(crate) fn rayon_ready(threads: u64) -> Measurement {
    let watch = Stopwatch::start();
    let threads = usize::try_from(threads).expect("a number of threads is small");
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.expect("the system has threads to give");
    let sum = pool.broadcast(|context| context.index() as u64).into_iter().sum();
    let lap = watch.stop();
    lap.with_value(lap.wall().as_secs_f64() * 1e3, sum)
}
