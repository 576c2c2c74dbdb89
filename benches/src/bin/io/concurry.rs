//! Subject `concurry`: the same worker on a hundred threads, and as one async worker.

#![expect(unreachable_pub, reason = "the public methods of a worker are those that can be called")]

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use concurry::prelude::*;
use concurry_benches::harness::{Measurement, Stopwatch};

use super::asynchronous::{self, AT_A_TIME};
use super::threads::{self, THREADS};
use super::times_ideal;

#[derive(Worker)]
struct Requester;

#[worker]
impl Requester {
    /// Adds how many workers there were before it to the sum.
    pub fn new(started: Arc<AtomicU64>, sum: Arc<AtomicU64>) -> Self {
        sum.fetch_add(started.fetch_add(1, Relaxed), Relaxed);
        Self
    }

    pub fn block(&self, x: u64) -> u64 {
        threads::request(x)
    }

    pub async fn sleep(&self, x: u64) -> u64 {
        asynchronous::request(x).await
    }
}

/// Calls that block, on threads that are there.
pub(crate) fn threads(calls: u64) -> Measurement {
    let requester = Requester::options(Mode::Thread, THREADS).init(Arc::default(), Arc::default());
    let requester = requester.expect("the pool starts");
    let watch = Stopwatch::start();
    let futures: Vec<_> = (0..calls).map(|x| requester.block(x)).collect();
    let sum = futures.into_iter().map(|future| future.result().expect("the call succeeds")).sum();
    times_ideal(watch.stop(), calls, THREADS as u64, sum)
}

/// Time until every worker was built on its thread.
pub(crate) fn ready(threads: u64) -> Measurement {
    let threads = usize::try_from(threads).expect("a number of threads is small");
    let sum = Arc::new(AtomicU64::new(0));
    let watch = Stopwatch::start();
    let options = Requester::options(Mode::Thread, threads);
    let requester = options.init(Arc::default(), Arc::clone(&sum)).expect("the pool starts");
    let lap = watch.stop();
    drop(requester);
    lap.with_value(lap.wall().as_secs_f64() * 1e3, sum.load(Relaxed))
}

/// Calls that await, ten thousand at a time.
pub(crate) fn asynchronous(calls: u64) -> Measurement {
    let window = usize::try_from(AT_A_TIME).expect("the window fits in memory");
    let options = Requester::options(Mode::Async, 1).concurrency(window);
    let requester = options.init(Arc::default(), Arc::default()).expect("the pool starts");
    let watch = Stopwatch::start();
    let futures: Vec<_> = (0..calls).map(|x| requester.sleep(x)).collect();
    let sum = futures.into_iter().map(|future| future.result().expect("the call succeeds")).sum();
    times_ideal(watch.stop(), calls, AT_A_TIME, sum)
}
