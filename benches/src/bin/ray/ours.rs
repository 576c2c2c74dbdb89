//! This library.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::Instant;

use concurry::prelude::*;
use concurry_benches::echo::{self, Echo, EchoHandle, EchoOptions};
use concurry_benches::harness::{Measurement, Stopwatch};

use super::session;

const BLOCK: usize = 1 << 20;
/// What is shipped beside the executable where a new version is started.
const LOAD: usize = 20 << 20;

/// Its calls overlap.
#[derive(Worker)]
struct Taker;

#[worker]
impl Taker {
    fn new() -> Self {
        Self
    }

    /// Takes so many permits at once, and says how long that took, in nanoseconds.
    pub(crate) async fn take(&self, ctx: &CallContext, permits: u64) -> u64 {
        let start = Instant::now();
        let wanted: Vec<_> = (0..permits).map(|_| ctx.limits().acquire([("slots", 1)])).collect();
        for permit in futures::future::join_all(wanted).await {
            drop(permit.expect("there are enough"));
        }
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

fn options(workers: usize) -> EchoOptions {
    let options = session::with(|session| session.options());
    Echo::options(Mode::Ray, workers).ray(options)
}

fn pool(workers: usize) -> EchoHandle {
    echo::started(options(workers))
}

pub(super) fn roundtrip(calls: u64) -> Measurement {
    echo::roundtrip(&pool(1), 100, calls)
}

/// Keeps so many calls outstanding.
pub(super) fn calls(calls: u64, outstanding: usize) -> Measurement {
    let pool = pool(2);
    flow(&pool, 20_000, outstanding);
    let watch = Stopwatch::start();
    let sum = flow(&pool, calls, outstanding);
    watch.stop().per_call(calls, sum)
}

fn flow(pool: &EchoHandle, calls: u64, outstanding: usize) -> u64 {
    let mut waiting = VecDeque::with_capacity(outstanding);
    let mut sum = 0;
    for x in 0..calls {
        if waiting.len() == outstanding {
            let oldest: Option<TaskFuture<u64, _>> = waiting.pop_front();
            sum += oldest.expect("there are some").result().expect("it answers");
        }
        waiting.push_back(pool.same(x));
    }
    waiting.into_iter().fold(sum, |sum, call| sum + call.result().expect("it answers"))
}

/// Keeps so many blocks outstanding: for each, the time in milliseconds.
pub(super) fn blocks(calls: u64, outstanding: usize) -> Measurement {
    let pool = pool(2);
    send_blocks(&pool, 20, outstanding);
    let watch = Stopwatch::start();
    let start = Instant::now();
    let sum = send_blocks(&pool, calls, outstanding);
    let each = start.elapsed().as_secs_f64() * 1e3 / calls as f64;
    watch.stop().with_value(each, sum)
}

fn send_blocks(pool: &EchoHandle, calls: u64, outstanding: usize) -> u64 {
    let mut sum = 0;
    let mut next = 0;
    while next < calls {
        let end = (next + outstanding as u64).min(calls);
        let futures: Vec<_> = (next..end).map(|_| pool.echo(vec![7; BLOCK])).collect();
        for back in gather(futures).results().expect("no call fails") {
            assert_eq!((back.len(), back[BLOCK - 1]), (BLOCK, 7));
        }
        sum += (next..end).sum::<u64>();
        next = end;
    }
    sum
}

/// From `init` to the first answers of two workers, in a program that joins the cluster with it.
pub(super) fn start() -> Measurement {
    start_with(session::with(|session| session.options()))
}

/// The same, where the cluster does not have what is shipped: 20 MiB and the executable.
pub(super) fn start_new_version() -> Measurement {
    let path = std::env::temp_dir().join(format!("concurry-bench-{}", std::process::id()));
    let mut content = vec![0; LOAD];
    content[..8].copy_from_slice(&RandomState::new().hash_one(0).to_le_bytes());
    std::fs::write(&path, content).expect("a temporary file");
    let measured = start_with(session::with(|session| session.options()).file("load", &path));
    let _ = std::fs::remove_file(&path);
    measured
}

fn start_with(options: RayOptions) -> Measurement {
    // A namespace of its own is a connection of its own.
    let namespace = format!("start-{:x}", RandomState::new().hash_one(1));
    echo::start(Echo::options(Mode::Ray, 2).ray(options.namespace(namespace)))
}

pub(super) fn permit(calls: u64) -> Measurement {
    echo::permit(options(1), calls)
}

pub(super) fn permit_alone(calls: u64) -> Measurement {
    echo::permit_alone(options(1), calls)
}

/// So many permits at once, half of them by each of two workers: the slower one counts.
pub(super) fn permits_at_once(calls: u64) -> Measurement {
    let options = session::with(|session| session.options());
    let options =
        Taker::options(Mode::Ray, 2).ray(options).concurrency(1).limits(&echo::slots(2_000));
    let pool = options.init().expect("the pool starts");
    let take = |permits: u64| {
        let calls: Vec<_> = (0..2).map(|_| pool.take(permits)).collect();
        let times = gather(calls).results().expect("no call fails");
        times.into_iter().max().unwrap_or_default()
    };
    take(10);
    let watch = Stopwatch::start();
    let nanos = take(calls / 2);
    let sum = calls * calls.saturating_sub(1) / 2;
    watch.stop().with_value(nanos as f64 / 1e6, sum)
}
