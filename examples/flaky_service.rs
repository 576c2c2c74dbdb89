//! Survive a flaky service: 600 calls at a steady pace, and in the middle the service goes down.
//!
//! ```text
//! cargo run --release --example flaky_service
//! ```
//!
//! Retries hide single errors. When everything fails, the breaker stops asking, so that the service is
//! left alone and callers get the last known price at once; when it is back, that is found out by itself.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use concurry::prelude::*;

const CALLS: u32 = 600;
const PACE: Duration = Duration::from_millis(5);
/// A row of the table.
const SLICE: Duration = Duration::from_millis(250);
const DOWN: std::ops::Range<Duration> = Duration::from_millis(1000)..Duration::from_millis(2000);

fn main() -> Result<(), Box<dyn Error>> {
    let service = Arc::new(Service::start());
    let breaker = CircuitBreaker::builder("prices")
        .count_window(50)
        .minimum_calls(10)
        .open_for(Duration::from_millis(200))
        .ramp_up(20)
        .build()?;
    let prices = Prices::options(Mode::Async, 1)
        .timeout(Duration::from_millis(100))
        .retry(RetryPolicy::exponential(Duration::from_millis(10)).max_retries(2))
        .retry_budget(RetryBudget::ratio(0.2)?)
        .breaker(breaker.clone())
        .on_price(|price| price.fallback_with(|_error, (sku,)| Price::last_known(sku)))
        .init(Arc::clone(&service))?;

    let rows = Arc::new(Mutex::new(vec![Row::default(); 14]));
    let mut calls = Vec::new();
    for number in 0..CALLS {
        let slice = service.slice();
        let mut call = prices.price(number % 50);
        let seen = Arc::clone(&rows);
        call.on_done(move |outcome| {
            let mut rows = seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            match outcome {
                Ok(price) if price.fresh => rows[slice].fresh += 1,
                Ok(_) => rows[slice].last_known += 1,
                Err(_) => rows[slice].failed += 1,
            }
        });
        calls.push(call);
        thread::sleep(PACE);
    }
    let (answered, failed): (Vec<_>, Vec<_>) =
        gather(calls).outcomes().into_iter().partition(Result::is_ok);
    let cents: u32 = answered.iter().flatten().map(|price| price.cents).sum();

    println!("  from     fresh  last known  failed  requests");
    let rows = rows.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.calls() > 0) {
        let from = SLICE * u32::try_from(index)?;
        let requests = service.requests[index].load(Ordering::Relaxed);
        let note = if DOWN.contains(&from) { "  the service is down" } else { "" };
        let Row { fresh, last_known, failed } = row;
        println!(
            "{:>5.2} s {fresh:>8} {last_known:>11} {failed:>7} {requests:>9}{note}",
            from.as_secs_f64()
        );
    }
    let stats = prices.stats();
    println!("{} retries, {} calls refused by the breaker", stats.retries, stats.refused);
    println!(
        "the breaker is {}; {} of {CALLS} callers got an error",
        breaker.state(),
        failed.len()
    );
    let average = f64::from(cents) / 100.0 / f64::from(CALLS - u32::try_from(failed.len())?);
    println!("an average price of {average:.2}");
    Ok(())
}

/// How the calls of a slice of time ended.
#[derive(Clone, Debug, Default)]
struct Row {
    fresh: u32,
    last_known: u32,
    failed: u32,
}

impl Row {
    fn calls(&self) -> u32 {
        self.fresh + self.last_known + self.failed
    }
}

/// A worker that asks the service.
#[derive(Worker)]
struct Prices {
    service: Arc<Service>,
}

#[worker]
impl Prices {
    pub fn new(service: Arc<Service>) -> Self {
        Self { service }
    }

    #[idempotent]
    pub async fn price(&self, sku: u32) -> Result<Price, Unavailable> {
        self.service.price(sku).await
    }
}

/// A price, and whether it is more than the last one known.
#[derive(Clone, Debug)]
pub struct Price {
    cents: u32,
    fresh: bool,
}

impl Price {
    fn last_known(sku: u32) -> Self {
        Self { cents: sku * 100, fresh: false }
    }
}

/// The service has no answer now. It may have one later, so it is worth a retry.
#[derive(Debug)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service is not available")
    }
}

impl Retryable for Unavailable {
    fn verdict(&self) -> Verdict {
        Verdict::Retry
    }
}

/// A stand-in: 5 ms an answer, one error in twenty, and down for a second.
#[derive(Debug)]
pub struct Service {
    started: Instant,
    requests: [AtomicU32; 14],
}

impl Service {
    fn start() -> Self {
        Self { started: Instant::now(), requests: Default::default() }
    }

    fn slice(&self) -> usize {
        let slice = self.started.elapsed().as_millis() / SLICE.as_millis();
        usize::try_from(slice).unwrap_or(usize::MAX).min(self.requests.len() - 1)
    }

    async fn price(&self, sku: u32) -> Result<Price, Unavailable> {
        let number = self.requests[self.slice()].fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
        if DOWN.contains(&self.started.elapsed()) || number % 20 == 7 {
            return Err(Unavailable);
        }
        Ok(Price { cents: sku * 100, fresh: true })
    }
}
