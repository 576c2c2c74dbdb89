//! A long batch that survives being killed: stop it with Ctrl-C, `kill -9` or the power switch, run it
//! again, and only what is left is done and paid for.
//!
//! ```text
//! $ cargo run --release --example resumable_batch
//! 20000 texts to summarise, 0 of them done by earlier runs in summaries.jsonl
//! ^C
//! $ cargo run --release --example resumable_batch
//! 20000 texts to summarise, N of them done by earlier runs in summaries.jsonl
//! 20000 summaries in order, 20000 - N made by this run in batches of up to 32 texts
//! ```
//!
//! The service does many texts at once for little more than the price of one, so the pool gathers
//! calls into batches by itself. The journal is a file of JSON lines; delete it to start anew.

use std::path::PathBuf;
use std::time::Duration;

use concurry::journal::{Job, Journal};
use concurry::prelude::*;

/// Texts of the batch, unless the second argument says otherwise.
const TEXTS: u64 = 20_000;

/// A client of a service that summarises texts.
#[derive(Clone, Worker)]
struct Summariser;

#[worker]
impl Summariser {
    /// One text, one request: what the caller writes, and what runs in sync mode.
    pub async fn summarise(&self, text: String) -> Result<String, String> {
        let summaries = self.summarise_all(vec![text]).await?;
        summaries.into_iter().next().ok_or_else(|| "no summary came".to_owned())?
    }

    /// Many texts, one request: what the pool calls.
    #[batch(of = "summarise", max_size = 32, max_wait = "5ms")]
    async fn summarise_all(
        &self,
        texts: Vec<String>,
    ) -> Result<Vec<Result<String, String>>, String> {
        // Stands for the request: 20 ms, and 1 ms for each text.
        let time = Duration::from_millis(20 + texts.len() as u64);
        tokio::time::sleep(time).await;
        let summarise = |text: String| match text.split_whitespace().next_back() {
            Some(last) => Ok(format!("about {last}")),
            None => Err("the text is empty".to_owned()),
        };
        Ok(texts.into_iter().map(summarise).collect())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().map_or_else(|| "summaries.jsonl".into(), PathBuf::from);
    let count = arguments.next().map_or(Ok(TEXTS), |count| count.parse())?;
    let texts = (0..count).map(|number| format!("a long text on subject-{number}"));

    // Only to say how far earlier runs came; the run itself opens the journal again.
    let done = Journal::open(&path, &Job::new("Summariser").tag("short"))?.recovered();
    println!(
        "{count} texts to summarise, {done} of them done by earlier runs in {}",
        path.display()
    );

    let summariser = Summariser::options(Mode::Async, 1).concurrency(2).init(Summariser)?;
    let summaries = summariser
        .map(texts, |summariser, text| summariser.summarise(text))
        .in_flight(128)
        .progress("Summarising")
        .journal(&path)
        .tag("short") // another style of summaries is another job
        .retry_failed(true)
        .results()?;

    assert_eq!(summaries.last(), Some(&format!("about subject-{}", count - 1)));
    let batches = &summariser.stats().batching[0];
    println!(
        "{} summaries in order, {} made by this run in {} batches of {:.1} texts on average",
        summaries.len(),
        batches.calls,
        batches.batches,
        batches.calls as f64 / batches.batches.max(1) as f64,
    );
    Ok(())
}
