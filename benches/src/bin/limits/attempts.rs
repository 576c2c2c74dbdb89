//! Attempts that succeed: what a limiter adds to each call that it lets pass.

use std::num::NonZeroU32;
use std::sync::Barrier;
use std::thread;

use concurry_benches::floor::limiter::{CountedPermits, Reservations};
use concurry_benches::harness::{Measurement, Stopwatch};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;

/// A rate that no machine reaches, so that every attempt is admitted: one permit a nanosecond.
pub(crate) const UNREACHED: u32 = 1_000_000_000;

/// Measures attempts spread over some threads; the sum is the number of those admitted.
pub(crate) fn measure(
    calls: u64,
    threads: usize,
    attempt: impl Fn() -> bool + Sync,
) -> Measurement {
    let each = calls / threads as u64;
    let admitted = |number: u64| (0..number).filter(|_| attempt()).count() as u64;
    if threads == 1 {
        let watch = Stopwatch::start();
        let sum = admitted(calls);
        return watch.stop().per_call(calls, sum);
    }
    let start = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let attempts = |index: usize| {
            // The first thread takes what does not divide evenly.
            let number = if index == 0 { calls - each * (threads as u64 - 1) } else { each };
            let (start, admitted) = (&start, &admitted);
            scope.spawn(move || {
                start.wait();
                admitted(number)
            })
        };
        let running: Vec<_> = (0..threads).map(attempts).collect();
        // Before the barrier: afterwards the threads may be done before this one runs again.
        let watch = Stopwatch::start();
        start.wait();
        let sum = running.into_iter().map(|t| t.join().expect("it does not panic")).sum();
        watch.stop().per_call(calls, sum)
    })
}

pub(crate) fn counter_floor(calls: u64, threads: usize) -> Measurement {
    let permits = CountedPermits::new(u64::MAX);
    measure(calls, threads, || permits.try_acquire())
}

pub(crate) fn reservation(calls: u64, threads: usize) -> Measurement {
    let limiter = Reservations::new(u64::from(UNREACHED), u64::from(UNREACHED));
    measure(calls, threads, || limiter.try_acquire())
}

fn governor_limiter() -> DefaultDirectRateLimiter {
    let rate = NonZeroU32::new(UNREACHED).expect("the rate is positive");
    RateLimiter::direct(Quota::per_second(rate))
}

pub(crate) fn governor(calls: u64, threads: usize) -> Measurement {
    let limiter = governor_limiter();
    measure(calls, threads, || limiter.check().is_ok())
}

/// Three limiters in turn. Not atomic: a refusal of the third leaves two permits spent.
pub(crate) fn governor_three_times(calls: u64) -> Measurement {
    let limiters = [(); 3].map(|()| governor_limiter());
    measure(calls, 1, || limiters.iter().all(|limiter| limiter.check().is_ok()))
}

pub(crate) fn leaky_bucket(calls: u64, threads: usize) -> Measurement {
    let size = usize::try_from(UNREACHED).expect("a billion fits in a word");
    let limiter = leaky_bucket::RateLimiter::builder().max(size).initial(size).build();
    measure(calls, threads, || limiter.try_acquire(1))
}

/// The permit is given back at once.
pub(crate) fn semaphore(calls: u64, threads: usize) -> Measurement {
    let semaphore = Semaphore::new(Semaphore::MAX_PERMITS);
    measure(calls, threads, || semaphore.try_acquire().is_ok())
}
