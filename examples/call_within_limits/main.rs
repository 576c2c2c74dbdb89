//! Call an API within its limits, without workers: from plain tasks, each of which takes a permit.
//!
//! The API allows so many requests and tokens a second, refuses what is above, and has five
//! connections. Nobody knows beforehand how many tokens a request will use.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use concurry::limits::UsageEstimates;
use concurry::prelude::*;
use tokio::task::JoinSet;

const REQUESTS_PER_SECOND: u32 = 200;
const TOKENS_PER_SECOND: u32 = 20_000;
const CALLS: u64 = 300;

/// An API as a client sees it. It counts by itself, with a window of its own.
struct Api {
    quota: LimitSet,
    refused: AtomicU64,
}

impl Api {
    /// Answers with the tokens that it charges, or says how long to stay away: the 429 of HTTP.
    async fn ask(&self, question: u64) -> Result<u64, Duration> {
        let tokens = 40 + question * 7 % 90;
        if let Err(refusal) = self.quota.try_acquire([("tokens", tokens)]) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(refusal.retry_after().unwrap_or(Duration::from_millis(100)));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok(tokens)
    }
}

/// Asks until there is an answer. The permit settles what was really used.
async fn ask(
    api: &Api,
    limits: &LimitSet,
    usual: &UsageEstimates,
    question: u64,
) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    loop {
        let mut permit = limits.acquire(usual.amounts()).learning(usual).await?;
        match api.ask(question).await {
            Ok(tokens) => {
                permit.update([("tokens", tokens)])?; // the rest comes back, debt is charged
                return Ok(tokens);
            }
            Err(wait) => {
                permit.refund()?; // it was not served
                limits.pause_for(wait); // everybody stays away, not only this task
            }
        }
    }
}

fn limits(connections: u32) -> Result<LimitSet, concurry::limits::LimitBuildError> {
    LimitSet::builder()
        .with(CallLimit::per_second(REQUESTS_PER_SECOND))
        .with(RateLimit::per_second("tokens", TOKENS_PER_SECOND))
        .with(ResourceLimit::new("connections", connections))
        .build()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let api = Arc::new(Api { quota: limits(CALLS as u32)?, refused: AtomicU64::new(0) });
    let limits = limits(5)?;
    let usual = UsageEstimates::from([("tokens", 1_000)]); // a careful guess, until one is known
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for question in 0..CALLS {
        let (api, limits, usual) = (Arc::clone(&api), limits.clone(), usual.clone());
        tasks.spawn(async move { ask(&api, &limits, &usual, question).await });
    }
    let mut tokens = 0;
    while let Some(answer) = tasks.join_next().await {
        tokens += answer??;
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{CALLS} calls and {tokens} tokens in {seconds:.2} s");
    println!("refused by the API: {}", api.refused.load(Ordering::Relaxed));
    if let Some(tokens) = usual.amount("tokens") {
        println!("a call usually uses {tokens} tokens");
    }
    for limit in limits.stats().limits {
        println!("{}: {} of {} left", limit.key, limit.available, limit.capacity);
    }
    Ok(())
}
