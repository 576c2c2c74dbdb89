//! A closed breaker around a call that succeeds, by one thread or several.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use ::failsafe::{CircuitBreaker as _, Config};
use concurry::retry::{CircuitBreaker, CircuitBreakerBuilder, Outcome};
use concurry_benches::harness::{Measurement, Stopwatch};

use super::retrying::{Down, answer, ready};

/// Measures calls spread over some threads; the sum is the number of those that succeeded.
fn measure(calls: u64, threads: usize, call: impl Fn(u64) -> bool + Sync) -> Measurement {
    let each = calls / threads as u64;
    let succeeded = |number: u64| (0..number).filter(|x| call(black_box(*x))).count() as u64;
    let start = Barrier::new(threads + 1);
    thread::scope(|scope| {
        let calls_of = |index: usize| {
            // The first thread takes what does not divide evenly.
            let number = if index == 0 { calls - each * (threads as u64 - 1) } else { each };
            let (start, succeeded) = (&start, &succeeded);
            scope.spawn(move || {
                start.wait();
                succeeded(number)
            })
        };
        let running: Vec<_> = (0..threads).map(calls_of).collect();
        // Before the barrier: afterwards the threads may be done before this one runs again.
        let watch = Stopwatch::start();
        start.wait();
        let sum = running.into_iter().map(|t| t.join().expect("it does not panic")).sum();
        watch.stop().per_call(calls, sum)
    })
}

pub(crate) fn plain(calls: u64, threads: usize) -> Measurement {
    measure(calls, threads, |x| ready(answer(x)).is_ok())
}

fn breaker(change: fn(CircuitBreakerBuilder) -> CircuitBreakerBuilder) -> CircuitBreaker {
    change(CircuitBreaker::builder("service")).build().expect("the options are legal")
}

pub(crate) fn concurry(calls: u64, threads: usize) -> Measurement {
    let breaker = breaker(|builder| builder);
    measure(calls, threads, |x| ready(async { breaker.call(|| answer(x)).await }).is_ok())
}

pub(crate) fn concurry_blocking(calls: u64, threads: usize) -> Measurement {
    let breaker = breaker(|builder| builder);
    measure(calls, threads, |x| {
        breaker.call_blocking(|| Ok::<_, Down>(black_box(x))).wait().is_ok()
    })
}

pub(crate) fn concurry_permit(calls: u64, threads: usize) -> Measurement {
    let breaker = breaker(|builder| builder);
    measure(calls, threads, |x| {
        let Ok(permit) = breaker.try_acquire() else { return false };
        let answer = ready(answer(x)).is_ok();
        permit.record(if answer { Outcome::Success } else { Outcome::Failure });
        answer
    })
}

/// A window of time reads the clock once a call.
pub(crate) fn concurry_time_window(calls: u64, threads: usize) -> Measurement {
    let breaker = breaker(|builder| builder.time_window(Duration::from_secs(60)));
    measure(calls, threads, |x| ready(async { breaker.call(|| answer(x)).await }).is_ok())
}

pub(crate) fn failsafe(calls: u64, threads: usize) -> Measurement {
    let breaker = Config::new().build();
    measure(calls, threads, |x| breaker.call(|| Ok::<_, Down>(black_box(x))).is_ok())
}
