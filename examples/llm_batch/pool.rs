//! The pool of clients: what a service allows, and where the requests run.

use std::error::Error;
use std::time::Duration;

use concurry::limits::Window;
use concurry::llm::{ChatClient, ChatClientHandle, Endpoint, Tier};
use concurry::prelude::*;

use crate::arguments::Arguments;

/// What the service allows, and how often a prompt is tried again.
pub fn tier(arguments: &Arguments) -> Result<Tier, Box<dyn Error>> {
    let period: Window = arguments.per.parse()?;
    let backoff = RetryPolicy::exponential(Duration::from_millis(100)).jitter(Jitter::Full);
    let tier = Tier::of(arguments.requests.into(), arguments.tokens.into(), period)
        .retry(backoff.max_retries(arguments.retries))
        .answer_tokens(50)
        .build()?;
    Ok(tier)
}

/// Starts the workers. The mode is a parameter; nothing else depends on it.
pub fn start(
    mode: Mode,
    arguments: &Arguments,
    tier: &Tier,
    endpoint: &Endpoint,
) -> Result<ChatClientHandle, Box<dyn Error>> {
    let at_once = arguments.workers.get();
    let options = match mode {
        Mode::Async => ChatClient::options(mode, 1).concurrency(at_once), // one worker overlaps its calls
        Mode::Sync => ChatClient::options(mode, 1),
        _ => ChatClient::options(mode, at_once),
    };
    Ok(options.tier(tier).init(endpoint.clone(), arguments.model.as_str().into())?)
}
