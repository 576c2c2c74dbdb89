//! The main job: answers 1,000 prompts with 100 workers, under limits, with retries and bars.
//!
//! ```text
//! cargo run --release --example llm_batch                    # offline, against its own endpoint
//! cargo run --release --example llm_batch -- --mode async    # the same code as async calls
//! cargo run --release --example llm_batch -- --help
//! ```
//!
//! Start with `pool.rs`: the clients and their limits. `../service` is the endpoint on the loopback
//! port.

mod arguments;
mod input;
mod output;
mod pool;
#[path = "../service/mod.rs"]
mod service;
mod summary;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::io::Write;
use std::process::{ExitCode, exit};
use std::time::{Duration, Instant};

use clap::Parser;
use concurry::llm::{ChatClientHandle, Endpoint, LlmError};
use concurry::prelude::*;

use arguments::Arguments;
use input::Prompt;
use output::{Line, OrderedLines};
use service::{Allowance, Service};
use summary::Figures;

/// What our own service allows: a little more than the limits that are kept by default.
const ALLOWANCE: Allowance =
    Allowance { requests: 650, tokens: 45_000, window: Duration::from_secs(1) };
/// What a shell expects of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    run(&Arguments::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let prompts = input::read(&arguments.input, arguments.limit)?;
    let (_service, endpoint) = connect(arguments)?;

    let tier = pool::tier(arguments)?;
    let single = pool::start(Mode::Sync, arguments, &tier, &endpoint)?;
    let llm = pool::start(arguments.mode, arguments, &tier, &endpoint)?;
    stop_on_ctrl_c([single.clone(), llm.clone()])?;
    let mut output = OrderedLines::create(&arguments.output)?;
    announce(arguments, prompts.len());

    let sample = &prompts[..arguments.sample.min(prompts.len())];
    let each = one_by_one(&single, sample)?;
    let started = Instant::now();
    let mut figures = all_at_once(&llm, arguments.workers.get(), &prompts, &mut output)?;
    let wall = started.elapsed();
    output.finish()?;

    let stats = llm.stats();
    (figures.retries, figures.throttled) = (stats.retries, stats.throttled_time);
    let summary = figures.summary(wall, each);
    if arguments.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        println!("{summary}\n  answers      {}", arguments.output.display());
    }
    if stats.stopped {
        eprintln!("stopped; the answers so far are in {}", arguments.output.display());
    }
    llm.stop().result()?;
    Ok(match summary.failed {
        _ if stats.stopped => ExitCode::from(INTERRUPTED),
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// The service that was asked for, or else one of our own.
fn connect(arguments: &Arguments) -> Result<(Option<Service>, Endpoint), Box<dyn Error>> {
    let Some(base_url) = &arguments.base_url else {
        let service = Service::start(ALLOWANCE)?;
        let endpoint = Endpoint::at(service.base_url());
        return Ok((Some(service), endpoint));
    };
    Ok((None, Endpoint::at(base_url).optional_key_from(&arguments.api_key_env)))
}

/// Lets Ctrl-C (or SIGTERM) stop the pools: what has not been answered then fails as stopped, which ends the run
/// in the usual way. A second one ends the program.
fn stop_on_ctrl_c(pools: [ChatClientHandle; 2]) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        for pool in &pools {
            if pool.stats().stopped {
                exit(INTERRUPTED.into());
            }
            drop(pool.stop_now());
        }
    })
}

fn announce(arguments: &Arguments, prompts: usize) {
    let Arguments { mode, workers, requests, tokens, per, base_url, .. } = arguments;
    let service = base_url.as_deref().unwrap_or("a loopback service");
    let at_once = if *mode == Mode::Sync { 1 } else { workers.get() };
    eprintln!("{prompts} prompts for {service}, {at_once} at once in {mode} mode");
    eprintln!("at most {requests} requests and {tokens} tokens a {per}");
}

/// Asks a sample one after the other. Returns the mean time of a prompt, if there is a whole sample.
fn one_by_one(
    llm: &ChatClientHandle,
    sample: &[Prompt],
) -> Result<Option<Duration>, CallError<LlmError>> {
    if sample.is_empty() {
        return Ok(None);
    }
    let started = Instant::now();
    for prompt in ProgressBar::new(sample).desc("One by one") {
        match llm.chat(prompt.prompt.as_str().into()).result() {
            Err(CallError::Stopped(_)) => return Ok(None),
            outcome => outcome?,
        };
    }
    let count = u32::try_from(sample.len()).unwrap_or(u32::MAX);
    Ok(started.elapsed().checked_div(count))
}

/// Asks everything, and writes each answer as it comes.
fn all_at_once(
    llm: &ChatClientHandle,
    workers: usize,
    prompts: &[Prompt],
    output: &mut OrderedLines<impl Write>,
) -> Result<Figures, Box<dyn Error>> {
    let mut figures = Figures::default();
    let texts: Vec<String> = prompts.iter().map(|prompt| prompt.prompt.clone()).collect();
    // Twice as many as workers, so that each finds its next call waiting.
    let replies =
        llm.map(texts, |llm, text| llm.chat(text.into())).in_flight(2 * workers).progress("LLM");
    for (index, outcome) in replies.as_completed() {
        match &outcome {
            Ok(reply) => figures.add(reply),
            Err(_) => figures.failed += 1,
        }
        output.put(index, &Line::new(&prompts[index].id, &outcome))?;
    }
    Ok(figures)
}
