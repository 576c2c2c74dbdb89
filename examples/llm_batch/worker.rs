//! The worker: what one call does, and the pool that repeats, limits and spreads such calls.

use std::error::Error;
use std::time::Duration;

use concurry::limits::Window;
use concurry::prelude::*;

use crate::arguments::Arguments;
use crate::client::{ChatClient, ChatError, Reply};

/// Asks a language model.
#[derive(Worker)]
pub struct Llm {
    client: ChatClient,
}

#[worker]
impl Llm {
    pub fn new(client: ChatClient) -> Self {
        Self { client }
    }

    /// Asks one question.
    #[idempotent]
    pub async fn chat(&self, ctx: &CallContext, prompt: String) -> Result<Reply, ChatError> {
        let reply = self.client.chat(&prompt).await?;
        ctx.permit().update([("tokens", reply.tokens)])?; // the pool took an estimate
        Ok(Reply { attempts: ctx.attempt(), ..reply })
    }
}

/// What the service allows.
pub fn limits(arguments: &Arguments) -> Result<LimitSet, Box<dyn Error>> {
    let period: Window = arguments.per.parse()?;
    let limits = LimitSet::builder()
        .with(CallLimit::new(arguments.requests, period))
        .with(RateLimit::new("tokens", arguments.tokens, period))
        .build()?;
    Ok(limits)
}

/// Starts the workers. The mode is a parameter; nothing else depends on it.
pub fn pool(
    mode: Mode,
    arguments: &Arguments,
    limits: &LimitSet,
    client: &ChatClient,
) -> Result<LlmHandle, Box<dyn Error>> {
    let at_once = arguments.workers.get();
    let backoff = RetryPolicy::exponential(Duration::from_millis(100)).jitter(Jitter::Full);
    let options = match mode {
        Mode::Async => Llm::options(mode, 1).concurrency(at_once), // one worker overlaps its calls
        Mode::Sync => Llm::options(mode, 1),
        _ => Llm::options(mode, at_once),
    };
    let llm = options
        .limits(limits)
        .retry(backoff.max_retries(arguments.retries))
        .timeout(Duration::from_secs(60))
        .on_chat(|chat| chat.reserve(|(prompt,)| [("tokens", 50 + prompt.len() / 4)]))
        .init(client.clone())?;
    Ok(llm)
}
