//! One mission-critical call: what redundant execution buys, beside plain calls, retries and hedges.
//!
//! ```text
//! cargo run --release --example mission_critical             # async mode
//! cargo run --release --example mission_critical -- thread   # the same on threads
//! ```
//!
//! The agent fails one time in five, and one answer in ten takes ten times as long as the others.

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use concurry::prelude::*;

const CALLS: u64 = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mode: Mode = std::env::args().nth(1).as_deref().unwrap_or("async").parse()?;
    let retry = || RetryPolicy::exponential(Duration::from_millis(2));
    let hedge = || Hedge::after_percentile(0.85).max_extra_load(0.5).first_delay(MILLISECOND * 20);
    let plain = || Agent::options(mode, 64);

    println!(
        "{CALLS} calls of an agent that fails in 20 % of them and dawdles in 10 %, {mode} mode\n"
    );
    println!("| the call is made | success | p50 | p95 | p99 | requests a call | wasted a call |");
    println!("|---|---:|---:|---:|---:|---:|---:|");
    row("plain", plain())?;
    row("with retries", plain().retry(retry()))?;
    row("redundantly, 2 copies", plain().hedge(Hedge::redundant(2)))?;
    row("redundantly, 3 copies", plain().hedge(Hedge::redundant(3)))?;
    row("hedged after p85", plain().hedge(hedge()))?;
    row("hedged, with retries", plain().hedge(hedge()).retry(retry()))?;
    Ok(())
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// Makes the calls with these options, and prints what came of them.
fn row(name: &str, options: AgentOptions) -> Result<(), Box<dyn Error>> {
    let requests = Arc::new(AtomicU64::new(0));
    let agent = options.init(Arc::clone(&requests))?;
    let taken = Arc::new(Mutex::new(Vec::new()));
    // Sixteen at a time: with fewer calls than workers, a copy finds a worker at once.
    let calls = agent.map(0..CALLS, {
        let taken = Arc::clone(&taken);
        move |agent, number| {
            let (began, taken) = (Instant::now(), Arc::clone(&taken));
            let mut call = agent.invoke(number);
            call.on_done(move |outcome| {
                if outcome.is_ok() {
                    let mut taken = taken.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    taken.push(began.elapsed());
                }
            });
            call
        }
    });
    let succeeded = calls.in_flight(16).outcomes().into_iter().filter(Result::is_ok).count();
    agent.stop().result()?;
    let stats = agent.stats();
    let mut taken = taken.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    taken.sort_unstable();
    let percentile = |percent: usize| {
        let rank = (taken.len() * percent / 100).min(taken.len().saturating_sub(1));
        taken.get(rank).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!(
        "| {name} | {:.1} % | {:.1} ms | {:.1} ms | {:.1} ms | {:.2} | {:.1} ms |",
        100.0 * succeeded as f64 / CALLS as f64,
        percentile(50),
        percentile(95),
        percentile(99),
        requests.load(Ordering::Relaxed) as f64 / CALLS as f64,
        stats.wasted_time.as_secs_f64() * 1e3 / CALLS as f64,
    );
    Ok(())
}

/// An agent that may be asked twice without harm.
#[derive(Worker)]
struct Agent {
    requests: Arc<AtomicU64>,
}

#[worker]
impl Agent {
    pub fn new(requests: Arc<AtomicU64>) -> Self {
        Self { requests }
    }

    #[idempotent]
    pub async fn invoke(&self, task: u64) -> Result<u64, String> {
        let (kind, spread) = chances(self.requests.fetch_add(1, Ordering::Relaxed));
        let millis =
            if (0.2..0.3).contains(&kind) { 50.0 + 20.0 * spread } else { 5.0 + 5.0 * spread };
        tokio::time::sleep(Duration::from_secs_f64(millis / 1e3)).await;
        if kind < 0.2 { Err(format!("no luck with {task}")) } else { Ok(task) }
    }
}

/// Two numbers from 0 to 1 for a request, by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
fn chances(request: u64) -> (f64, f64) {
    let draw = |number: u64| {
        let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (draw(2 * request), draw(2 * request + 1))
}
