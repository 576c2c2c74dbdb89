//! Retries around a call that succeeds at once, polled by hand: no runtime is measured.

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ::backon::{ExponentialBuilder, Retryable};
use ::tower::retry::{Policy, Retry};
use ::tower::{Service, ServiceExt, service_fn};
use concurry::retry::{RetryBudget, RetryPolicy};
use concurry_benches::harness::{Measurement, Stopwatch};

#[derive(Debug)]
pub(crate) struct Down;

/// The call: ready at once.
pub(crate) async fn answer(x: u64) -> Result<u64, Down> {
    Ok(black_box(x))
}

/// Polls a future that is ready.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("every call is ready"),
    }
}

fn measure(calls: u64, mut call: impl FnMut(u64) -> u64) -> Measurement {
    let watch = Stopwatch::start();
    let sum = (0..calls).map(|x| call(black_box(x))).sum();
    watch.stop().per_call(calls, sum)
}

pub(crate) fn plain(calls: u64) -> Measurement {
    measure(calls, |x| ready(answer(x)).expect("it succeeds"))
}

/// What one would write: a loop that counts.
pub(crate) fn hand_written(calls: u64) -> Measurement {
    let retries = black_box(3);
    measure(calls, |x| {
        ready(async {
            let mut left = retries;
            loop {
                match answer(x).await {
                    Ok(value) => break value,
                    Err(_) if left > 0 => left -= 1,
                    Err(_) => unreachable!("it succeeds"),
                }
            }
        })
    })
}

pub(crate) fn concurry(calls: u64) -> Measurement {
    let policy = black_box(RetryPolicy::exponential(Duration::from_secs(1)));
    measure(calls, |x| ready(async { policy.run(|_| answer(x)).await }).expect("it succeeds"))
}

pub(crate) fn concurry_blocking(calls: u64) -> Measurement {
    let policy = black_box(RetryPolicy::exponential(Duration::from_secs(1)));
    measure(calls, |x| {
        policy.run_blocking(|_| Ok::<_, Down>(black_box(x))).call().expect("it succeeds")
    })
}

pub(crate) fn concurry_budget(calls: u64) -> Measurement {
    let policy = black_box(RetryPolicy::exponential(Duration::from_secs(1)));
    let budget = RetryBudget::ratio(0.1).expect("the ratio is legal");
    measure(calls, |x| {
        ready(async { policy.run(|_| answer(x)).budget(&budget).await }).expect("it succeeds")
    })
}

pub(crate) fn backon(calls: u64) -> Measurement {
    let builder = black_box(ExponentialBuilder::default());
    measure(calls, |x| ready((|| answer(x)).retry(builder)).expect("it succeeds"))
}

/// Three attempts, as a policy of tower is written.
#[derive(Clone)]
struct Attempts(u32);

impl Policy<u64, u64, Down> for Attempts {
    type Future = std::future::Ready<()>;

    fn retry(&mut self, _: &mut u64, result: &mut Result<u64, Down>) -> Option<Self::Future> {
        if result.is_ok() || self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        Some(std::future::ready(()))
    }

    fn clone_request(&mut self, request: &u64) -> Option<u64> {
        Some(*request)
    }
}

pub(crate) fn tower(calls: u64) -> Measurement {
    let mut service = Retry::new(black_box(Attempts(3)), service_fn(answer));
    measure(calls, |x| {
        ready(async { service.ready().await.expect("it is ready").call(x).await })
            .expect("it succeeds")
    })
}
