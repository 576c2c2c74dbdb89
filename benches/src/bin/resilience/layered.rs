//! Calls through a pool with one layer, several or all of them, none of which has to do anything.

use std::hint::black_box;
use std::time::Duration;

use concurry::prelude::*;
use concurry_benches::harness::{Measurement, Stopwatch};

/// Calls on their way at a time.
const WINDOW: u64 = 1_024;
const LONG: Duration = Duration::from_secs(600);

/// The worker: does nothing.
#[derive(Worker)]
struct Echo;

#[derive(Debug)]
struct Down;

#[worker]
impl Echo {
    fn new() -> Self {
        Self
    }

    #[idempotent]
    pub(crate) fn echo(&self, x: u64) -> Result<u64, Down> {
        Ok(black_box(x))
    }
}

/// Which layers there are.
#[derive(Clone, Copy)]
pub(crate) struct Layers {
    pub(crate) name: &'static str,
    add: fn(EchoOptions) -> EchoOptions,
}

impl Layers {
    pub(crate) const ALL: [Self; 9] = [
        Self { name: "plain", add: |options| options },
        Self { name: "retry", add: retry },
        Self { name: "retry-budget", add: |options| budget(retry(options)) },
        Self { name: "breaker", add: breaker },
        Self { name: "hedge", add: hedge },
        Self { name: "timeout", add: |options| options.timeout(LONG) },
        Self { name: "deadline", add: |options| options.deadline(LONG) },
        Self { name: "limits", add: limits },
        Self { name: "all", add: all },
    ];
}

fn retry(options: EchoOptions) -> EchoOptions {
    options.retry(RetryPolicy::exponential(Duration::from_secs(1)))
}

fn budget(options: EchoOptions) -> EchoOptions {
    options.retry_budget(RetryBudget::ratio(0.1).expect("the ratio is legal"))
}

fn breaker(options: EchoOptions) -> EchoOptions {
    options.breaker(CircuitBreaker::builder("echo").build().expect("the options are legal"))
}

fn hedge(options: EchoOptions) -> EchoOptions {
    options.hedge(Hedge::after_percentile(0.99).first_delay(LONG).min_samples(u32::MAX))
}

fn limits(options: EchoOptions) -> EchoOptions {
    let limit = CallLimit::per_second(1_000_000_000).algorithm(RateAlgorithm::TokenBucket);
    let limits = LimitSet::builder().with(limit).build().expect("the limit is legal");
    options.limits(&limits)
}

fn all(options: EchoOptions) -> EchoOptions {
    let options = limits(hedge(breaker(budget(retry(options)))));
    options
        .timeout(LONG)
        .deadline(LONG)
        .on_echo(|echo| echo.until(|x| *x != u64::MAX).fallback(|_| 0))
}

pub(crate) fn measure(calls: u64, layers: Layers) -> Measurement {
    let echo = (layers.add)(Echo::options(Mode::Thread, 1)).init().expect("the pool starts");
    let mut window = Vec::with_capacity(usize::try_from(WINDOW).expect("it is small"));
    let watch = Stopwatch::start();
    let mut sum = 0;
    let mut next = 0;
    while next < calls {
        let end = calls.min(next + WINDOW);
        window.extend((next..end).map(|x| echo.echo(x)));
        sum += window.drain(..).map(|future| future.result().expect("it succeeds")).sum::<u64>();
        next = end;
    }
    watch.stop().per_call(calls, sum)
}
