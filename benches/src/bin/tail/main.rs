//! What do retries, redundant copies and hedges do to success and to the slowest calls, and what do they
//! cost the service? A simulation on virtual time: the same on every machine.
//!
//! `cargo run --release --features tail --bin tail -- --svg ../docs/tail.svg` prints the table and draws
//! the plot.

mod plot;
mod simulation;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use simulation::{Figures, Strategy};

/// What the command line may ask for.
#[derive(Debug, Parser)]
struct Options {
    /// How many calls each strategy makes.
    #[arg(long, default_value_t = 100_000)]
    calls: u32,
    /// Where to draw the plot.
    #[arg(long)]
    svg: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    println!(
        "{} calls each; of the service's answers 20 % are errors, 10 % take 5-7 s, the rest 0.5-1 s\n",
        options.calls
    );
    println!("| strategy | success | p50 | p95 | p99 | requests a call |");
    println!("|---|---:|---:|---:|---:|---:|");
    let mut all = Vec::new();
    for strategy in Strategy::ALL {
        let figures = simulation::run(strategy, options.calls);
        println!("{}", row(strategy, &figures));
        all.push((strategy, figures));
    }
    match options.svg {
        None => ExitCode::SUCCESS,
        Some(path) => match std::fs::write(&path, plot::draw(&all)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: cannot write {}: {error}", path.display());
                ExitCode::FAILURE
            }
        },
    }
}

fn row(strategy: Strategy, figures: &Figures) -> String {
    let seconds = |share| format!("{:.2} s", figures.percentile(share).as_secs_f64());
    format!(
        "| {} | {:.2} % | {} | {} | {} | {:.2} |",
        strategy.name(),
        figures.success() * 100.0,
        seconds(0.5),
        seconds(0.95),
        seconds(0.99),
        figures.load(),
    )
}
