//! This library.

use std::time::Instant;

use concurry::prelude::*;
use concurry_benches::harness::{Measurement, Stopwatch};

const BLOCK: usize = 64 << 20;

#[derive(Worker)]
struct Echo {
    calls: u64,
}

#[worker]
impl Echo {
    fn new() -> Self {
        Self { calls: 0 }
    }

    /// Does nothing.
    pub(crate) fn same(&mut self, x: u64) -> u64 {
        self.calls += 1;
        x
    }

    /// Gives the bytes back.
    pub(crate) fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    /// Takes so many permits, one after the other, and says how long that took.
    pub(crate) fn take(&self, ctx: &CallContext, permits: u64) -> u64 {
        let start = Instant::now();
        for _ in 0..permits {
            let permit = ctx.limits().acquire([("slots", 1)]).wait();
            drop(permit.expect("there are enough"));
        }
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

fn pool(workers: usize) -> EchoHandle {
    let pool = Echo::options(Mode::Process, workers).init().expect("the pool starts");
    assert_eq!(pool.same(3).result().expect("it answers"), 3);
    pool
}

pub(super) fn calls(calls: u64, workers: usize) -> Measurement {
    let pool = pool(workers);
    let warm: Vec<_> = (0..10_000).map(|x| pool.same(x)).collect();
    gather(warm).results().expect("no call fails");
    let watch = Stopwatch::start();
    let futures: Vec<_> = (0..calls).map(|x| pool.same(x)).collect();
    let sum = gather(futures).results().expect("no call fails").into_iter().sum();
    watch.stop().per_call(calls, sum)
}

/// A map of that many items, none of which is grouped by hand.
pub(super) fn map(calls: u64, workers: usize) -> Measurement {
    let pool = pool(workers);
    let warm = pool.map(0..10_000, |pool, x| pool.same(x)).results();
    assert_eq!(warm.expect("no call fails").len(), 10_000);
    let watch = Stopwatch::start();
    let results = pool.map(0..calls, |pool, x| pool.same(x)).results();
    let sum = results.expect("no call fails").into_iter().sum();
    watch.stop().per_call(calls, sum)
}

pub(super) fn roundtrip(calls: u64) -> Measurement {
    let pool = pool(1);
    for x in 0..1_000 {
        assert_eq!(pool.same(x).result().expect("it answers"), x);
    }
    let (mut trips, mut sum) = (Vec::new(), 0);
    let watch = Stopwatch::start();
    for x in 0..calls {
        let start = Instant::now();
        sum += pool.same(x).result().expect("it answers");
        trips.push(start.elapsed());
    }
    watch.stop().with_value(super::median(trips), sum)
}

pub(super) fn bytes(calls: u64) -> Measurement {
    let pool = pool(1);
    let (mut times, mut sum) = (Vec::new(), 0);
    let watch = Stopwatch::start();
    for x in 0..calls {
        let block = vec![7; BLOCK];
        let start = Instant::now();
        let back = pool.echo(block).result().expect("it answers");
        times.push(start.elapsed());
        assert_eq!((back.len(), back[BLOCK - 1]), (BLOCK, 7));
        sum += x;
    }
    watch.stop().with_value(super::median(times) / 1e3, sum)
}

pub(super) fn start(_: u64) -> Measurement {
    let watch = Stopwatch::start();
    let start = Instant::now();
    let pool = Echo::options(Mode::Process, 2).init().expect("the pool starts");
    let ready = start.elapsed();
    drop(pool);
    watch.stop().with_value(ready.as_secs_f64() * 1e3, 0)
}

pub(super) fn permit(calls: u64) -> Measurement {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 2)).build();
    let limits = limits.expect("a set of one resource");
    let options = Echo::options(Mode::Process, 1).limits(&limits);
    let pool = options.init().expect("the pool starts");
    pool.take(100).result().expect("it answers");
    let watch = Stopwatch::start();
    let nanos = pool.take(calls).result().expect("it answers");
    let sum = calls * calls.saturating_sub(1) / 2;
    watch.stop().with_value(nanos as f64 / 1e3 / calls as f64, sum)
}
