//! Retries and resilience: as layers over a pool, and each piece alone.

#![allow(clippy::redundant_closure)] // as the guide writes it: a closure whose types are seen

use std::cell::Cell;
use std::time::Duration;

use concurry::prelude::*;
use concurry::retry::BreakerError;
use concurry_time::block_on;

const HALF_SECOND: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service is not there: {0}")]
struct LlmError(String);

impl LlmError {
    fn is_transient(&self) -> bool {
        self.0 == "busy"
    }

    fn is_timeout(&self) -> bool {
        self.0 == "timeout"
    }
}

impl Retryable for LlmError {
    fn verdict(&self) -> Verdict {
        if self.is_transient() { Verdict::Retry } else { Verdict::Fatal }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Reply {
    text: String,
}

impl Reply {
    fn unavailable(error: &CallError<LlmError>) -> Self {
        Self { text: format!("unavailable: {error}") }
    }
}

#[derive(Worker)]
struct Llm;

#[worker]
impl Llm {
    pub fn new() -> Self {
        Self
    }

    #[idempotent]
    pub async fn chat(&self, ctx: &CallContext, prompt: String) -> Result<Reply, LlmError> {
        match (prompt.as_str(), ctx.attempt()) {
            ("busy", 1) => Err(LlmError("busy".into())),
            ("gone", _) => Err(LlmError("gone".into())),
            _ => Ok(Reply { text: format!("a long answer to {prompt}") }),
        }
    }

    pub fn call_llm(&self, prompt: String) -> Result<String, LlmError> {
        Ok(prompt)
    }

    pub async fn embed(&self, text: String) -> Result<Vec<f32>, LlmError> {
        if text.is_empty() { Err(LlmError("busy".into())) } else { Ok(vec![1.0]) }
    }
}

#[test]
fn layers_over_a_pool() -> Result<(), Box<dyn std::error::Error>> {
    for mode in [Mode::Sync, Mode::Thread, Mode::Async] {
        let llm = Llm::options(mode, 1)
            .retry(
                RetryPolicy::exponential(Duration::from_millis(1))
                    .max_retries(5)
                    .jitter(Jitter::Full),
            )
            .retry_if(|error: &LlmError| error.is_transient())
            .timeout(Duration::from_secs(30))
            .retry_budget(RetryBudget::ratio(0.1)?)
            .hedge(Hedge::after_percentile(0.95).max_extra_load(0.05))
            .breaker(
                CircuitBreaker::builder("openai")
                    .failure_ratio(0.5)
                    .open_for(Duration::from_secs(30))
                    .build()?,
            )
            .on_embed(|embed| embed.retry(RetryPolicy::none()))
            .on_chat(|chat| {
                chat.until(|reply| reply.text.len() > 10)
                    .fallback(|error| Reply::unavailable(error))
            })
            .init()?;
        assert_eq!(llm.chat("busy".into()).result()?.text, "a long answer to busy");
        let fallen = llm.chat("gone".into()).result()?.text;
        assert_eq!(fallen, "unavailable: the service is not there: gone");
        assert!(llm.embed(String::new()).result().is_err());
    }
    Ok(())
}

async fn fetch(url: &str) -> Result<String, LlmError> {
    Ok(url.to_owned())
}

#[test]
fn a_policy_around_a_future_and_around_a_closure() -> Result<(), Box<dyn std::error::Error>> {
    let policy = RetryPolicy::exponential(Duration::from_millis(1));
    let (url, path) = (String::from("url"), "path");
    let reads = Cell::new(0);
    let read = |path: &str| {
        reads.set(reads.get() + 1);
        Ok::<_, LlmError>(if reads.get() == 1 { String::new() } else { path.to_owned() })
    };
    let page = block_on(async {
        policy.run(|_attempt| fetch(&url)).retry_if(|error| error.is_timeout()).await
    })?;
    assert_eq!(page, "url");
    let page = policy.run_blocking(|_attempt| read(path)).until(|page| !page.is_empty()).call()?;
    assert_eq!((page.as_str(), reads.get()), ("path", 2));
    Ok(())
}

#[test]
fn a_breaker_and_redundant_copies_around_a_future() -> Result<(), Box<dyn std::error::Error>> {
    struct Agent;
    impl Agent {
        async fn invoke(&self, input: String) -> Result<String, LlmError> {
            Ok(input)
        }
    }
    let (agent, input) = (Agent, String::from("task"));
    let breaker = CircuitBreaker::builder("openai").build()?;
    block_on(async {
        let value = breaker.call(|| fetch("url")).await?;
        assert_eq!(value, "url");
        let value = redundant(2, || agent.invoke(input.clone())).await?;
        assert_eq!(value, "task");
        Ok(())
    })
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct AskError(String);

impl From<CallError<LlmError>> for AskError {
    fn from(error: CallError<LlmError>) -> Self {
        Self(error.to_string())
    }
}

async fn ask_a(_question: String) -> Result<String, AskError> {
    Err(AskError("a is down".into()))
}

async fn ask_b(question: String) -> Result<String, AskError> {
    Ok(format!("b: {question}"))
}

#[test]
fn a_race_of_named_candidates() -> Result<(), Box<dyn std::error::Error>> {
    let llm = Llm::options(Mode::Thread, 1).init()?;
    let race: Race<_, _, AskError> = Race::builder()
        .max_failures(2)
        .candidate("model_a", |question: String| ask_a(question))
        .candidate("model_b", ask_b)
        .candidate("model_c", move |question| llm.call_llm(question).cancel_on_drop())
        .timeout("model_b", HALF_SECOND)
        .build()?;
    block_on(async {
        let question = String::from("why");
        let answer = race.call(question, &[&["model_a", "model_b"], &["model_c"]]).await?;
        assert!(["b: why", "why"].contains(&answer.as_str()));
        let answer = race.call("how".into(), &[&["model_a", "model_b"]]).await?;
        assert_eq!(answer, "b: how");
        let suspended = race.suspended();
        assert_eq!(&*suspended[0].candidate, "model_a");
        assert!(suspended[0].time_left <= Duration::from_secs(4));
        Ok(())
    })
}

#[task(mode = "thread", max_workers = 1)]
fn shout(question: String) -> Result<String, LlmError> {
    Ok(question.to_uppercase())
}

#[test]
fn closures_workers_and_tasks_race() -> Result<(), Box<dyn std::error::Error>> {
    let (llm, shouting) = (Llm::options(Mode::Thread, 1).init()?, shout::pool()?);
    let race: Race<_, _, AskError> = Race::builder()
        .candidate("closure", |question: String| ask_a(question))
        .candidate("worker", move |question| llm.call_llm(question).cancel_on_drop())
        .candidate("task", move |question| shouting.submit(question).cancel_on_drop())
        .build()?;
    let alone = |name| race.call("why".into(), &[&["closure", name]]).wait();
    assert_eq!((alone("worker")?, alone("task")?), ("why".into(), "WHY".into()));
    Ok(())
}

#[derive(Clone, Debug)]
struct Sku(u32);

#[derive(Debug, PartialEq)]
struct Quote(u32);

#[resilient(service = "pricing", fallback = default_quote)]
async fn quote(sku: Sku) -> Result<Quote, LlmError> {
    if sku.0 == 0 { Err(LlmError("gone".into())) } else { Ok(Quote(sku.0)) }
}

fn default_quote(_error: &BreakerError<LlmError>, sku: Sku) -> Quote {
    Quote(sku.0 + 100)
}

#[test]
fn a_resilient_function() {
    assert_eq!(block_on(quote(Sku(3))), Ok(Quote(3)));
    assert_eq!(block_on(quote(Sku(0))), Ok(Quote(100)));
}
