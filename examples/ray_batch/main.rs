//! A batch of prompts on a cluster of two nodes, one of which dies half-way.
//!
//! ```text
//! cargo run --release --features ray --example ray_batch
//! ```
//!
//! The cluster is started on this machine, on loopback, with a Ray that is installed into the target
//! directory the first time. Against a cluster of yours: `-- --address host:port`.

use std::error::Error;
use std::time::{Duration, Instant};

use clap::Parser;
use concurry::prelude::*;
use concurry_testkit::RayCluster;

/// Runs a batch on a Ray cluster.
#[derive(Parser)]
struct Arguments {
    /// The cluster; without it, one of two nodes is started here, and one of them killed half-way.
    #[arg(long)]
    address: Option<String>,
    /// How many prompts.
    #[arg(long, default_value_t = 2_000)]
    prompts: usize,
    /// How many workers.
    #[arg(long, default_value_t = 8)]
    workers: usize,
}

/// Stands for a client of a language model: a slow service far away.
#[derive(Worker)]
struct Llm {
    model: String,
}

#[worker]
impl Llm {
    fn new(model: String) -> Self {
        Self { model }
    }

    /// Asking twice does no harm, so a call whose node dies may be made again.
    #[idempotent]
    pub async fn ask(&self, prompt: String) -> String {
        tokio::time::sleep(Duration::from_millis(60)).await;
        format!("{} on `{prompt}`, by process {}", self.model, std::process::id())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { address, prompts, workers } = Arguments::parse();
    let mut ours = match &address {
        Some(_) => None,
        None => Some(RayCluster::start()?),
    };
    let mut options = RayOptions::new().num_cpus(0.25).concurrency(4);
    match (&address, &ours) {
        (Some(address), _) => options = options.address(address),
        (None, Some(cluster)) => {
            options = options.address(cluster.address()).python(cluster.python());
        }
        (None, None) => {}
    }
    let llm = Llm::options(Mode::Ray, workers)
        .ray(options.placement(concurry::ray::Placement::Spread))
        .retry(RetryPolicy::exponential(Duration::from_millis(50)).max_retries(5))
        .init("tiny".to_owned())?;
    println!("{prompts} prompts, {workers} workers on a cluster");

    let begun = Instant::now();
    let calls = (0..prompts).map(|number| llm.ask(format!("prompt {number}")));
    let mut answers: Vec<Option<String>> = vec![None; prompts];
    for (done, (index, answer)) in gather(calls).as_completed().enumerate() {
        answers[index] = Some(answer?);
        if done + 1 == prompts / 2
            && let Some(cluster) = &mut ours
        {
            println!("{} answers after {:.2?}: a node is killed", done + 1, begun.elapsed());
            cluster.kill_node();
        }
    }
    let complete = answers.iter().flatten().count();
    let stats = llm.stats();
    println!("{complete} of {prompts} answers after {:.2?}", begun.elapsed());
    println!("{} calls were made again, {} workers replaced", stats.retries, stats.restarts);
    if complete < prompts {
        return Err("some prompts have no answer".into());
    }
    let report = llm.stop().result()?;
    println!("nothing is left: {}", report.complete);
    Ok(())
}
