//! Embeds 10,000 texts under a quota, and searches among them. Each text is a call of its own; calls
//! become requests of many texts by themselves.
//!
//! ```text
//! cargo run --release --example embed_texts                   # offline, against its own endpoint
//! cargo run --release --example embed_texts -- --batch 500    # larger requests, fewer of them
//! ```

#[path = "../service/mod.rs"]
mod service;

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use concurry::Batching;
use concurry::limits::Window;
use concurry::llm::{EmbeddingClient, Endpoint, Tier};
use concurry::prelude::*;
use serde::Deserialize;

use service::{Allowance, Service};

/// Embeds texts with a language model, under the service's limits, and searches among them
#[derive(Debug, Parser)]
#[command(name = "embed_texts", max_term_width = 100)]
struct Arguments {
    /// How many texts to embed
    #[arg(long, default_value = "10000", value_name = "N")]
    texts: usize,

    /// How many texts go into a request at most
    #[arg(long, default_value = "100", value_name = "N")]
    batch: NonZeroUsize,

    /// Where the requests run: as overlapping async calls, on a thread each, or at the call
    #[arg(long, default_value = "async")]
    mode: Mode,

    /// What to search for
    #[arg(long, default_value = "What is Shanghai, China known for?", value_name = "TEXT")]
    query: String,

    /// The prompts that the texts are made of
    #[arg(long, default_value = "examples/data/prompts.jsonl", value_name = "FILE")]
    input: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let texts = texts(&arguments)?;

    let window = Duration::from_secs(1);
    let service = Service::start(Allowance { requests: 100, tokens: 200_000, window })?;
    let tier = Tier::of(90, 180_000, Window::SECOND).build()?;
    let workers = if arguments.mode == Mode::Thread { 20 } else { 1 };
    let embedder = EmbeddingClient::options(arguments.mode, workers)
        .tier(&tier)
        .on_embed(|embed| embed.batch(Batching::new().max_size(arguments.batch.get())))
        .init(Endpoint::at(service.base_url()), "text-embedding-3-small".into())?;

    let started = Instant::now();
    let vectors: Vec<Vec<f32>> = embedder
        .map(texts.clone(), |embedder, text| embedder.embed(text))
        .in_flight(20 * arguments.batch.get())
        .progress("Embedding")
        .results()?;
    let wall = started.elapsed().as_secs_f64();
    let (count, batching) = (vectors.len(), &embedder.stats().batching);
    println!("{count} texts in {wall:.2} s, {:.0} a second", count as f64 / wall);
    for batching in batching {
        let (requests, filled) = (batching.batches, 100.0 * batching.fill_ratio());
        println!("{requests} requests, {filled:.0} % full");
    }

    let query = embedder.embed(arguments.query.clone()).result()?;
    println!("closest to `{}`:", arguments.query);
    for (index, similarity) in closest(&query, &vectors, 3) {
        println!("  {similarity:.2}  {}", texts[index]);
    }
    Ok(embedder.stop().result().map(drop)?)
}

/// As many texts as were asked for, no two alike.
fn texts(arguments: &Arguments) -> Result<Vec<String>, Box<dyn Error>> {
    #[derive(Deserialize)]
    struct Line {
        prompt: String,
    }
    let lines = fs::read_to_string(&arguments.input)
        .map_err(|error| format!("{}: {error}", arguments.input.display()))?;
    let prompts: Vec<Line> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let numbered = (0..arguments.texts).map(|number| {
        let Line { prompt } = &prompts[number % prompts.len()];
        format!("{prompt} (version {})", number / prompts.len() + 1)
    });
    Ok(numbered.collect())
}

/// The places of the `count` vectors that are most similar to `query`, by their cosine.
fn closest(query: &[f32], vectors: &[Vec<f32>], count: usize) -> Vec<(usize, f32)> {
    let similarity = |vector: &Vec<f32>| query.iter().zip(vector).map(|(a, b)| a * b).sum::<f32>();
    let mut places: Vec<_> = vectors.iter().map(similarity).enumerate().collect();
    places.sort_by(|a, b| b.1.total_cmp(&a.1));
    places.truncate(count);
    places
}
