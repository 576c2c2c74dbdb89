//! Two models answer every question and a judge picks the better answer: a graph of calls.
//!
//! ```text
//! cargo run --example judged_answers -- async judged_answers.svg
//! ```
//!
//! It prints a verdict for each question, how many calls of the models that took, and where the picture
//! is. The models are stand-ins that need no key and no network. Each has a method for one prompt and a
//! batched form for many: the graph asks equal questions once, and all that are ready in one call.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use concurry::graph::ColourBy;
use concurry::prelude::*;

/// A model that answers questions in its own style.
#[derive(Worker)]
struct Model {
    style: &'static str,
    calls: Arc<AtomicUsize>,
}

#[worker]
impl Model {
    fn new(style: &'static str, calls: Arc<AtomicUsize>) -> Self {
        Self { style, calls }
    }

    /// Answers one prompt.
    #[pure]
    pub async fn complete(&self, prompt: String) -> String {
        self.complete_batch(vec![prompt]).await.swap_remove(0)
    }

    /// Answers many prompts in one call, which costs little more than one.
    #[batch(of = "complete", max_size = 8, max_wait = "5ms")]
    async fn complete_batch(&self, prompts: Vec<String>) -> Vec<String> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
        prompts.iter().map(|prompt| format!("{}: {}", self.style, answer(prompt))).collect()
    }
}

/// Picks the better of two answers.
#[derive(Worker)]
struct Judge;

#[worker]
impl Judge {
    fn new() -> Self {
        Self
    }

    /// The longer answer wins: a stand-in for a third model.
    pub fn pick(&self, one: String, other: String) -> String {
        if one.len() >= other.len() { one } else { other }
    }

    /// Puts all verdicts together.
    pub fn report(&self, questions: Vec<String>, verdicts: Vec<String>) -> String {
        let lines = questions.iter().zip(&verdicts);
        lines.map(|(question, verdict)| format!("{question:<32} {verdict}\n")).collect()
    }
}

fn answer(prompt: &str) -> String {
    let subject = prompt.trim_start_matches("What is ").trim_end_matches('?');
    format!("{subject} is what {} letters spell", subject.len())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mode: Mode = arguments.next().as_deref().unwrap_or("async").parse()?;
    let picture = arguments.next().unwrap_or_else(|| "judged_answers.svg".to_owned());
    let workers = if mode == Mode::Sync { 1 } else { 2 };
    let calls = Arc::new(AtomicUsize::new(0));
    let bold = Model::options(mode, workers).init("bold", Arc::clone(&calls))?;
    let careful = Model::options(mode, workers).init("careful", Arc::clone(&calls))?;
    let judge = Judge::options(Mode::Thread, 2).init()?;

    let subjects = ["Rust", "an actor", "a pool", "a quota", "jitter", "a graph"];
    let questions: Vec<String> =
        subjects.iter().cycle().take(12).map(|subject| format!("What is {subject}?")).collect();
    let verdicts: Vec<Lazy<String>> = questions
        .iter()
        .map(|question| {
            let one = bold.lazy().complete(question.clone());
            let other = careful.lazy().complete(question.clone());
            judge.lazy().pick(one, other)
        })
        .collect();
    let report = judge.lazy().report(questions.clone(), verdicts);

    // Nothing has run so far. Asked for, it runs: equal questions once, the others in batches.
    print!("{}", report.clone().compute()?);
    let graph = report.graph();
    let summary = graph.to_string();
    println!("{}", summary.lines().next().unwrap_or_default());
    let calls = calls.load(Ordering::Relaxed);
    println!("{} answers in {calls} calls of the models", 2 * questions.len());
    std::fs::write(&picture, graph.svg(ColourBy::Time))?;
    println!("the picture is in {picture}");
    Ok(())
}
