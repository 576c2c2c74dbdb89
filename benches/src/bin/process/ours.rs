//! This library.

use std::time::Instant;

use concurry::prelude::*;
use concurry_benches::echo::{self, Echo, EchoHandle, EchoOptions, median};
use concurry_benches::harness::{Measurement, Stopwatch};

const BLOCK: usize = 64 << 20;

fn options(workers: usize) -> EchoOptions {
    Echo::options(Mode::Process, workers)
}

fn pool(workers: usize) -> EchoHandle {
    echo::started(options(workers))
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
    echo::roundtrip(&pool(1), 1_000, calls)
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
    watch.stop().with_value(median(times) / 1e3, sum)
}

pub(super) fn start(_: u64) -> Measurement {
    echo::start(options(2))
}

pub(super) fn permit(calls: u64) -> Measurement {
    echo::permit(options(1), calls)
}

pub(super) fn permit_alone(calls: u64) -> Measurement {
    echo::permit_alone(options(1), calls)
}
