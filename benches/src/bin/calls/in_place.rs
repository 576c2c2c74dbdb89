//! Calls that run at the call, on the caller's thread: what a plain method costs.

use std::hint::black_box;

use concurry::prelude::*;
use concurry_benches::harness::{Case, Measurement, Stopwatch, Unit};
use concurry_benches::peers::Adder;
use concurry_benches::pool::Counter;

const CALLS: u64 = 1_000_000;

/// Each result is taken before the next call.
pub(crate) fn at_once(name: &'static str) -> Case {
    Case::new(name, Unit::NanosecondsPerCall)
        .floor("plain")
        .subject("plain", CALLS, |calls| {
            let mut counter = Counter::default();
            let watch = Stopwatch::start();
            let sum = (0..calls).map(|x| counter.add(x)).sum();
            watch.stop().per_call(calls, sum)
        })
        .subject("boxed-closure", CALLS, |calls| {
            let mut counter = Counter::default();
            let watch = Stopwatch::start();
            let sum = (0..calls).map(|x| boxed(x)(&mut counter)).sum();
            watch.stop().per_call(calls, sum)
        })
        .subject("concurry", CALLS, |calls| {
            let adder = Adder::options(Mode::Sync, 1).init().expect("the pool starts");
            let watch = Stopwatch::start();
            let sum = (0..calls).map(|x| adder.add(x).result().expect("the call succeeds")).sum();
            watch.stop().per_call(calls, sum)
        })
}

/// All results are kept, then collected.
pub(crate) fn kept(name: &'static str) -> Case {
    Case::new(name, Unit::NanosecondsPerCall)
        .floor("plain")
        .subject("plain", CALLS, |calls| {
            let mut counter = Counter::default();
            keep(calls, |x| counter.add(x), |result| result)
        })
        .subject("boxed-closure", CALLS, |calls| {
            let mut counter = Counter::default();
            keep(calls, |x| boxed(x)(&mut counter), |result| result)
        })
        .subject("concurry", CALLS, |calls| {
            let adder = Adder::options(Mode::Sync, 1).init().expect("the pool starts");
            keep(calls, |x| adder.add(x), |future| future.result().expect("the call succeeds"))
        })
}

fn keep<R>(calls: u64, call: impl FnMut(u64) -> R, result: impl FnMut(R) -> u64) -> Measurement {
    let watch = Stopwatch::start();
    let results: Vec<R> = (0..calls).map(call).collect();
    let sum = black_box(results).into_iter().map(result).sum();
    watch.stop().per_call(calls, sum)
}

/// A call as a boxed closure: one allocation and one indirect jump.
fn boxed(x: u64) -> Box<dyn FnOnce(&mut Counter) -> u64> {
    black_box(Box::new(move |counter| counter.add(x)))
}
