//! The clients against an OpenAI-compatible server that we did not write: the litellm proxy.
//!
//! It is installed from the Python package index into a virtual environment under the target folder,
//! which takes about a minute and half a gigabyte, so it runs where it is asked for: by
//! `.ci/run`, or with `CONCURRY_LITELLM=1`. Otherwise it says that it was not run.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod proxy;

use std::process::ExitCode;
use std::time::Duration;

use concurry_core::{Mode, WorkerHandle, WorkerOptions, gather};
use concurry_llm::{
    ApiKey, ChatClient, ChatClientHandle, CompletionClient, EmbeddingClient, Endpoint, LlmError,
    Tier,
};
use concurry_retry::RetryPolicy;
use proxy::Proxy;

const SWITCH: &str = "CONCURRY_LITELLM";
/// What the configuration has the models say.
const ANSWER: &str = "Paris is the capital of France.";
const KEY: &str = "sk-concurry-litellm-test";
const MODES: [Mode; 3] = [Mode::Sync, Mode::Thread, Mode::Async];

fn main() -> ExitCode {
    if std::env::var_os(SWITCH).is_none_or(|value| value.is_empty()) {
        println!("litellm: NOT RUN; with {SWITCH}=1 it installs the proxy and runs");
        return ExitCode::SUCCESS;
    }
    let proxy = Proxy::start();
    let tests: [(&str, fn(&Proxy)); 6] = [
        ("chats_are_answered_in_every_mode", chats_are_answered_in_every_mode),
        ("a_tier_holds_over_many_calls", a_tier_holds_over_many_calls),
        ("streams_have_their_tokens_and_their_usage", streams_have_their_tokens_and_their_usage),
        ("completions_are_answered", completions_are_answered),
        ("embeddings_have_their_numbers", embeddings_have_their_numbers),
        ("errors_are_of_their_kind", errors_are_of_their_kind),
    ];
    for (name, test) in tests {
        test(&proxy);
        println!("litellm::{name} ... ok");
    }
    ExitCode::SUCCESS
}

fn endpoint(proxy: &Proxy) -> Endpoint {
    Endpoint::at(proxy.base_url()).key(ApiKey::new(KEY))
}

fn chat(proxy: &Proxy, mode: Mode, model: &str) -> ChatClientHandle {
    ChatClient::options(mode, 2).init(endpoint(proxy), model.into()).unwrap()
}

fn chats_are_answered_in_every_mode(proxy: &Proxy) {
    for mode in MODES {
        let llm = match mode {
            Mode::Sync => {
                ChatClient::options(mode, 1).init(endpoint(proxy), "chat".into()).unwrap()
            }
            _ => chat(proxy, mode, "chat"),
        };
        let reply = llm.chat("What is the capital of France?".into()).result().unwrap();
        assert_eq!((reply.text.as_str(), reply.finish_reason.as_deref()), (ANSWER, Some("stop")));
        assert!(reply.usage.total_tokens > 0);
        assert_eq!(llm.complete("And now?".into()).result().unwrap(), ANSWER);
    }
}

fn a_tier_holds_over_many_calls(proxy: &Proxy) {
    let tier = Tier::per_minute(50, 100_000).build().unwrap();
    let llm = ChatClient::options(Mode::Async, 1)
        .tier(&tier)
        .init(endpoint(proxy), "chat".into())
        .unwrap();
    let calls = gather((0..50).map(|number| llm.chat(format!("Question {number}?").into())));
    let replies = calls.results().unwrap();
    let used: u64 = replies.iter().map(|reply| reply.usage.total_tokens).sum();
    let [calls, tokens] = &tier.limits().stats().limits[..] else { panic!() };
    assert_eq!(calls.available, 0.0);
    assert_eq!(tokens.available, 100_000.0 - used as f64);
}

fn streams_have_their_tokens_and_their_usage(proxy: &Proxy) {
    for mode in [Mode::Thread, Mode::Async] {
        let llm = chat(proxy, mode, "chat");
        let stream = llm.stream("What is the capital of France?".into()).result().unwrap();
        let tokens: Vec<String> = stream.blocking().collect::<Result<_, _>>().unwrap();
        assert!(tokens.len() > 1, "{tokens:?}");
        // The proxy's mock stutters: it sends one of the pieces twice.
        let text = tokens.concat();
        assert!(text.starts_with("Paris ") && text.ends_with("the capital of France."), "{text}");
    }
}

fn completions_are_answered(proxy: &Proxy) {
    let client =
        CompletionClient::options(Mode::Async, 1).init(endpoint(proxy), "chat".into()).unwrap();
    let reply = client.generate("The capital of France is".into()).result().unwrap();
    assert_eq!(reply.text, ANSWER);
    assert!(reply.usage.total_tokens > 0);
}

fn embeddings_have_their_numbers(proxy: &Proxy) {
    let client =
        EmbeddingClient::options(Mode::Async, 1).init(endpoint(proxy), "embedding".into()).unwrap();
    assert_eq!(client.embed("Paris".into()).result().unwrap(), [0.5, -0.25]);
}

fn errors_are_of_their_kind(proxy: &Proxy) {
    let error = |model: &str| {
        let outcome = chat(proxy, Mode::Async, model).chat("?".into()).result();
        outcome.unwrap_err().into_failure().unwrap()
    };
    let busy = error("busy");
    assert!(matches!(busy, LlmError::Throttled { .. }), "{busy}");
    let broken = error("broken");
    assert!(matches!(broken, LlmError::Service { status: 500, .. }), "{broken}");
    let unknown = error("no-such-model");
    assert!(matches!(unknown, LlmError::Refused { status: 400, .. }), "{unknown}");

    let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(2);
    let retried = ChatClient::options(Mode::Async, 1)
        .retry(policy)
        .init(endpoint(proxy), "broken".into())
        .unwrap();
    retried.chat("?".into()).result().unwrap_err();
    assert_eq!(retried.stats().retries, 2);

    let wrong = "sk-wrong-0123456789";
    let stranger = ChatClient::options(Mode::Sync, 1)
        .init(Endpoint::at(proxy.base_url()).key(ApiKey::new(wrong)), "chat".into())
        .unwrap();
    let refused = stranger.chat("?".into()).result().unwrap_err();
    assert!(matches!(refused.failure(), Some(LlmError::Refused { .. })), "{refused}");
    assert!(!format!("{refused} {refused:?}").contains("0123"), "{refused}");
}
