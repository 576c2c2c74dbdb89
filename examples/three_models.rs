//! Ask three models and take the first good answer.
//!
//! ```text
//! cargo run --release --example three_models
//! ```
//!
//! Two buckets race: in the first, the fast model is asked, and the careful one if that fails or gives
//! no good answer; the second is the slow one alone. Who fails twice in a row sits out for a while.

use std::error::Error;
use std::time::{Duration, Instant};

use concurry::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let model = |name: &str, latency: u64, skill: usize| {
        let latency = Duration::from_millis(latency);
        Model::options(Mode::Async, 1).init(name.to_owned(), latency, skill)
    };
    // Each is a pool of its own, and could have its own limits, retries and key.
    let (fast, careful, slow) =
        (model("fast", 20, 4)?, model("careful", 60, 9)?, model("slow", 150, 20)?);

    let race: Race<String, String, AskError> = Race::builder()
        .candidate("fast", move |question| fast.ask(question).cancel_on_drop())
        .candidate("careful", move |question| careful.ask(question).cancel_on_drop())
        .candidate("slow", move |question| slow.ask(question).cancel_on_drop())
        .timeout("fast", Duration::from_millis(100))
        .until(|answer| answer.contains('!')) // a good answer
        .max_failures(2)
        .suspend_for(Duration::from_millis(400), Duration::from_secs(10))
        .build()?;

    for question in ["why", "why not", "to what end", "whither", "wherefore", "who is counting"] {
        let began = Instant::now();
        let answer = race.call(question.into(), &[&["fast", "careful"], &["slow"]]).wait();
        let sits_out: Vec<_> = race.suspended().into_iter().map(|who| who.candidate).collect();
        let outcome = answer.map_err(|error| error.to_string())?;
        println!(
            "{question:>16}: {outcome:<28} {:>5.0?}   sits out: {sits_out:?}",
            began.elapsed()
        );
    }
    println!("\nnobody waits for the losers: they were cancelled");
    Ok(())
}

/// A language model behind a client.
#[derive(Worker)]
struct Model {
    name: String,
    latency: Duration,
    /// The longest question that it can answer well.
    skill: usize,
}

#[worker]
impl Model {
    pub fn new(name: String, latency: Duration, skill: usize) -> Self {
        Self { name, latency, skill }
    }

    pub async fn ask(&self, question: String) -> Result<String, String> {
        tokio::time::sleep(self.latency).await;
        match question.len() {
            15.. if self.skill < 15 => Err(format!("{} has no idea", self.name)),
            length if length > self.skill => Ok(format!("{}: hm", self.name)),
            _ => Ok(format!("{}: {question}!", self.name)),
        }
    }
}

/// Why a candidate has no answer.
#[derive(Debug)]
struct AskError(String);

impl From<CallError<String>> for AskError {
    fn from(error: CallError<String>) -> Self {
        Self(error.to_string())
    }
}

impl std::fmt::Display for AskError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
