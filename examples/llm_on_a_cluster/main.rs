//! Answers 1,000 prompts on a Ray cluster of two nodes, one of which is killed half-way.
//!
//! ```text
//! cargo run --release --features ray --example llm_on_a_cluster
//! ```
//!
//! The cluster runs on this machine and ends with the program; Ray itself is installed into the target
//! directory when it is needed first. What the dead node was asked is asked again on the other one,
//! where its workers are started anew: no prompt is left over, and the limits still hold, since one
//! budget is kept for all nodes.

#[path = "../llm_batch/input.rs"]
mod input;
#[path = "../service/mod.rs"]
mod service;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use concurry::Event;
use concurry::limits::Window;
use concurry::llm::{ChatClient, Endpoint, Tier};
use concurry::prelude::*;
use concurry::ray::Placement;
use concurry_testkit::RayCluster;

use service::{Allowance, Service};

/// Half of them on each node.
const WORKERS: usize = 4;
/// How many prompts each works on at once.
const AT_ONCE: usize = 25;

fn main() -> Result<(), Box<dyn Error>> {
    let prompts = input::read(Path::new("examples/data/prompts.jsonl"), None)?;
    let window = Duration::from_secs(1);
    let service = Service::start(Allowance { requests: 450, tokens: 30_000, window })?;
    let tier = Tier::of(400, 27_000, Window::SECOND).answer_tokens(50).build()?;

    let mut cluster = RayCluster::start()?;
    println!("a Ray cluster of two nodes is at {}", cluster.address());
    let on_the_cluster = RayOptions::new()
        .address(cluster.address())
        .python(cluster.python())
        .num_cpus(2.0)
        .placement(Placement::Spread);
    let llm = ChatClient::options(Mode::Ray, WORKERS)
        .ray(on_the_cluster)
        .concurrency(AT_ONCE)
        .tier(&tier)
        .on_event(|event| match event {
            Event::WorkerRestarted { worker, .. } => println!("worker {worker} is there again"),
            Event::WorkerGivenUp { worker, message, .. } => println!("worker {worker}: {message}"),
            _ => {}
        })
        .init(Endpoint::at(service.base_url()), "gpt-4o-mini".into())?;
    println!("{WORKERS} workers are there, {AT_ONCE} prompts at once each");

    let started = Instant::now();
    let texts: Vec<_> = prompts.iter().map(|prompt| prompt.prompt.clone()).collect();
    let (mut answered, mut failed) = (BTreeSet::new(), Vec::new());
    let answers = llm.map(texts, |llm, text| llm.complete(text)).in_flight(2 * WORKERS * AT_ONCE);
    for (index, outcome) in answers.progress("LLM").as_completed() {
        match outcome {
            Ok(_) => drop(answered.insert(index)),
            Err(error) => failed.push((index, error)),
        }
        if answered.len() == prompts.len() / 2 && failed.is_empty() {
            println!("{} prompts are answered: the second node is killed", answered.len());
            cluster.kill_node();
        }
    }

    println!("{} of {} prompts answered", answered.len(), prompts.len());
    for (index, error) in &failed {
        println!("{}: {error}", prompts[*index].id);
    }
    let stats = llm.stats();
    println!("{} attempts were made again", stats.retries);
    println!("{:.2} s in all", started.elapsed().as_secs_f64());
    llm.stop().result()?;
    if answered.len() < prompts.len() {
        return Err("some prompts have no answer".into());
    }
    Ok(())
}
