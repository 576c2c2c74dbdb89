//! Calls that run at the call, on the caller's thread: what a plain method costs.

use std::hint::black_box;

use concurry_benches::harness::{Case, Measurement, Stopwatch, Unit};
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
}

/// All results are kept, then collected.
pub(crate) fn kept(name: &'static str) -> Case {
    Case::new(name, Unit::NanosecondsPerCall)
        .floor("plain")
        .subject("plain", CALLS, |calls| keep(calls, Counter::add))
        .subject("boxed-closure", CALLS, |calls| keep(calls, |counter, x| boxed(x)(counter)))
}

fn keep(calls: u64, mut call: impl FnMut(&mut Counter, u64) -> u64) -> Measurement {
    let mut counter = Counter::default();
    let watch = Stopwatch::start();
    let results: Vec<u64> = (0..calls).map(|x| call(&mut counter, x)).collect();
    let sum = black_box(results).into_iter().sum();
    watch.stop().per_call(calls, sum)
}

/// A call as a boxed closure: one allocation and one indirect jump.
fn boxed(x: u64) -> Box<dyn FnOnce(&mut Counter) -> u64> {
    black_box(Box::new(move |counter| counter.add(x)))
}
