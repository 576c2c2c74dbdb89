//! The worker of the benches whose calls run in other processes, and what is measured of it in each mode.

use std::time::Instant;

use concurry::prelude::*;

use crate::harness::{Measurement, Stopwatch};

/// Gives back what it gets.
#[derive(Worker)]
pub struct Echo {
    calls: u64,
}

#[worker]
impl Echo {
    /// Without calls.
    fn new() -> Self {
        Self { calls: 0 }
    }

    /// Does nothing.
    pub fn same(&mut self, x: u64) -> u64 {
        self.calls += 1;
        x
    }

    /// Gives the bytes back.
    pub fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    /// Takes so many permits, one after the other, and says how long that took, in nanoseconds.
    pub fn take(&self, ctx: &CallContext, permits: u64) -> u64 {
        let start = Instant::now();
        for _ in 0..permits {
            let permit = ctx.limits().acquire([("slots", 1)]).wait();
            drop(permit.expect("there are enough"));
        }
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// The same, each of another amount than the last ones, so that none is lent.
    pub fn take_apart(&self, ctx: &CallContext, permits: u64) -> u64 {
        let start = Instant::now();
        for number in 0..permits {
            let permit = ctx.limits().acquire([("slots", number % APART + 1)]).wait();
            drop(permit.expect("there are enough"));
        }
        u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// More amounts than the pool knows of a worker.
const APART: u64 = 16;

/// A pool that has answered.
///
/// # Panics
///
/// If it does not start.
#[must_use]
pub fn started(options: EchoOptions) -> EchoHandle {
    let pool = options.init().expect("the pool starts");
    assert_eq!(pool.same(3).result().expect("it answers"), 3);
    pool
}

/// The median of so many trips, in microseconds, after some that do not count.
///
/// # Panics
///
/// If a call fails.
pub fn roundtrip(pool: &EchoHandle, warm: u64, calls: u64) -> Measurement {
    for x in 0..warm {
        assert_eq!(pool.same(x).result().expect("it answers"), x);
    }
    let (mut trips, mut sum) = (Vec::new(), 0);
    let watch = Stopwatch::start();
    for x in 0..calls {
        let start = Instant::now();
        sum += pool.same(x).result().expect("it answers");
        trips.push(start.elapsed());
    }
    watch.stop().with_value(median(trips), sum)
}

/// How long a pool needs until it is ready, in milliseconds.
///
/// # Panics
///
/// If it does not start.
pub fn start(options: EchoOptions) -> Measurement {
    let watch = Stopwatch::start();
    let start = Instant::now();
    let pool = options.init().expect("the pool starts");
    let ready = start.elapsed();
    drop(pool);
    watch.stop().with_value(ready.as_secs_f64() * 1e3, 0)
}

/// What a permit costs that a call takes from its pool's limits, in microseconds: of many like it.
///
/// # Panics
///
/// If the pool does not start.
pub fn permit(options: EchoOptions, calls: u64) -> Measurement {
    let pool = options.limits(&slots(2)).init().expect("the pool starts");
    permits(calls, |permits| pool.take(permits).result().expect("it answers"))
}

/// The same, of one that is asked for by itself.
///
/// # Panics
///
/// If the pool does not start.
pub fn permit_alone(options: EchoOptions, calls: u64) -> Measurement {
    let pool = options.limits(&slots(2 * APART as u32)).init().expect("the pool starts");
    permits(calls, |permits| pool.take_apart(permits).result().expect("it answers"))
}

fn permits(calls: u64, take: impl Fn(u64) -> u64) -> Measurement {
    take(100);
    let watch = Stopwatch::start();
    let nanos = take(calls);
    let sum = calls * calls.saturating_sub(1) / 2;
    watch.stop().with_value(nanos as f64 / 1e3 / calls as f64, sum)
}

/// A set of so many slots.
///
/// # Panics
///
/// Not for a number above zero.
#[must_use]
pub fn slots(most: u32) -> LimitSet {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", most)).build();
    limits.expect("a set of one resource")
}

/// The median of so many times, in microseconds.
#[must_use]
pub fn median(mut times: Vec<std::time::Duration>) -> f64 {
    let middle = times.len() / 2;
    times.select_nth_unstable(middle).1.as_secs_f64() * 1e6
}
