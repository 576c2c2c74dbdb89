//! What answers tell the limits: what was used, what is left, when to come back.

use std::time::Duration;

use concurry_core::{Mode, WorkerOptions};
use concurry_limits::{CallLimit, LimitPool, LimitSet, LoadBalance, RateLimit};
use concurry_llm::{
    ChatClient, ChatClientHandle, CompletionClient, EmbeddingClient, Endpoint, Tier, Usage,
};
use concurry_retry::{BreakerState, CircuitBreaker, RetryPolicy};
use concurry_time::block_on;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::server::{Answer, Server};
use super::{MODES, chat_answer, chat_body, options};

fn hourly(tokens: u32) -> LimitSet {
    let tokens = RateLimit::per_hour("tokens", tokens);
    LimitSet::builder().with(CallLimit::per_hour(100)).with(tokens).build().unwrap()
}

fn available(limits: &LimitSet) -> Vec<f64> {
    limits.stats().limits.iter().map(|limit| limit.available).collect()
}

/// A client whose chats reserve so many tokens.
fn reserving(tokens: u64, mode: Mode, limits: &LimitSet, server: &Server) -> ChatClientHandle {
    options(mode)
        .limits(limits)
        .on_chat(move |chat| chat.reserve(move |_| [("tokens", tokens)]))
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap()
}

#[test]
fn what_was_used_is_settled_in_every_mode() {
    for mode in MODES {
        let server = Server::start([chat_answer("a"), chat_answer("b")]);
        let limits = hourly(1_000);
        let llm = reserving(500, mode, &limits, &server);
        llm.chat("?".into()).result().unwrap();
        assert_eq!(available(&limits), [99.0, 988.0]);
        llm.complete("?".into()).result().unwrap(); // reserves no tokens: none are settled
        assert_eq!(available(&limits), [98.0, 988.0]);
    }
}

#[test]
fn what_a_service_does_not_report_counts_as_it_was_reserved() {
    for mode in MODES {
        let silent = json!({ "choices": [{ "message": { "role": "assistant", "content": "a" } }] });
        let server = Server::start([Answer::json(200, &[], &silent)]);
        let limits = hourly(1_000);
        let llm = reserving(500, mode, &limits, &server);
        assert_eq!(llm.chat("?".into()).result().unwrap().text, "a");
        assert_eq!(available(&limits), [99.0, 500.0]);
    }
}

/// Reports of the use that can't be meant.
fn nonsense() -> [Value; 8] {
    let counts = |prompt: Value, total: Value| json!({ "prompt_tokens": prompt, "completion_tokens": 1, "total_tokens": total });
    [
        Value::Null,
        json!("none"),
        counts(json!(7), Value::Null),
        counts(json!(-7), json!(8)),
        counts(json!("7"), json!(8)),
        counts(json!(7), json!(1e30)),
        counts(json!(7), json!(u64::MAX)),
        counts(json!(u64::MAX), json!(8)),
    ]
}

#[test]
fn a_report_that_is_nonsense_counts_as_none_and_the_answer_is_given() {
    for mode in MODES {
        let answers = nonsense().map(|usage| {
            let mut body = chat_body("a");
            body["usage"] = usage;
            Answer::json(200, &[], &body)
        });
        let (server, limits) = (Server::start(answers), hourly(1_000));
        let llm = reserving(10, mode, &limits, &server);
        for usage in nonsense() {
            let reply = llm.chat("?".into()).result();
            let reply = reply.unwrap_or_else(|error| panic!("{mode}, {usage}: {error}"));
            assert_eq!((&*reply.text, reply.usage), ("a", Usage::default()), "{mode}, {usage}");
        }
        assert_eq!(available(&limits), [92.0, 920.0], "{mode}");
    }
}

#[test]
fn nonsense_does_not_replace_what_a_stream_has_reported() {
    let (sender, answer) = Answer::events();
    let server = Server::start([answer]);
    let llm = options(Mode::Thread).init(Endpoint::at(server.base_url()), "m".into()).unwrap();
    let last = json!({ "choices": [{ "delta": { "content": "a" }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 4, "completion_tokens": 2 } });
    sender.send(format!("data: {last}\n\n").into_bytes()).unwrap();
    for usage in nonsense() {
        let event = json!({ "choices": [], "usage": usage });
        sender.send(format!("data: {event}\n\n").into_bytes()).unwrap();
    }
    sender.send(b"data: [DONE]\n\n".to_vec()).unwrap();
    let mut stream = llm.stream("?".into()).result().unwrap();
    let texts: Vec<_> = block_on(stream.by_ref().collect());
    assert_eq!(texts, [Ok("a".to_owned())]);
    assert_eq!(stream.usage().unwrap().total_tokens, 6);
}

#[test]
fn nonsense_of_other_services_is_no_reason_to_lose_an_answer() {
    let embedded = nonsense().map(|usage| {
        let item = json!({ "index": 0, "embedding": [0.5] });
        Answer::json(200, &[], &json!({ "data": [item], "usage": usage }))
    });
    let server = Server::start(embedded);
    let endpoint = Endpoint::at(server.base_url());
    let embedder = EmbeddingClient::options(Mode::Sync, 1).init(endpoint, "m".into()).unwrap();
    for usage in nonsense() {
        assert_eq!(embedder.embed("a".into()).result().unwrap(), [0.5], "{usage}");
    }
    let units = [json!(null), json!({ "input_tokens": -1e9, "output_tokens": 4.0 })];
    let generated = units.map(|units| {
        let meta = json!({ "billed_units": units });
        Answer::json(200, &[], &json!({ "generations": [{ "text": "a" }], "meta": meta }))
    });
    let server = Server::start(generated);
    let endpoint = Endpoint::cohere_at(server.base_url());
    let client = CompletionClient::options(Mode::Sync, 1).init(endpoint, "m".into()).unwrap();
    for _ in 0..2 {
        let reply = client.generate("?".into()).result().unwrap();
        assert_eq!((&*reply.text, reply.usage), ("a", Usage::default()));
    }
}

#[test]
fn a_batch_of_which_a_request_reports_nothing_counts_as_it_was_reserved() {
    for (reported, left) in [([4.0, 5.0], 991.0), ([4.0, 0.0], 500.0), ([0.0, 0.0], 500.0)] {
        let answers = reported.map(|tokens| {
            let meta = json!({ "billed_units": { "input_tokens": tokens } });
            Answer::json(200, &[], &json!({ "generations": [{ "text": "a" }], "meta": meta }))
        });
        let (server, limits) = (Server::start(answers), hourly(1_000));
        let client = CompletionClient::options(Mode::Async, 1)
            .limits(&limits)
            .on_complete_batch(|batch| batch.reserve(|_| [("tokens", 500)]))
            .init(Endpoint::cohere_at(server.base_url()), "m".into())
            .unwrap();
        let texts = client.complete_batch(vec!["a".into(), "b".into()]).result().unwrap();
        assert_eq!(texts, [Ok("a".to_owned()), Ok("a".to_owned())]);
        assert_eq!(available(&limits), [99.0, left], "{reported:?}");
    }
}

#[test]
fn tighter_limits_of_the_service_hold_and_looser_ones_do_not() {
    let headers = [
        ("x-ratelimit-limit-requests", "40"),
        ("x-ratelimit-remaining-requests", "20"),
        ("x-ratelimit-limit-tokens", "9000"),
        ("x-ratelimit-remaining-tokens", "8000"),
    ];
    let server = Server::start([Answer::json(200, &headers, &chat_body("a"))]);
    let limits = hourly(1_000);
    let llm = options(Mode::Thread)
        .limits(&limits)
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    llm.chat("?".into()).result().unwrap();
    let stats = limits.stats();
    assert_eq!((stats.limits[0].capacity, stats.limits[1].capacity), (40.0, 1_000.0));
    assert_eq!(available(&limits), [20.0, 1_000.0]);
}

#[test]
fn of_a_pool_of_sets_only_that_of_the_call_follows_the_headers() {
    let sets = [hourly(1_000), hourly(1_000)];
    let pool = LimitPool::new(sets.clone()).unwrap().load_balance(LoadBalance::FirstFree);
    let headers = [("x-ratelimit-remaining-tokens", "10")];
    let server = Server::start([Answer::json(200, &headers, &chat_body("a"))]);
    let llm = options(Mode::Async)
        .limits(&pool)
        .on_chat(|chat| chat.reserve(|_| [("tokens", 1)]))
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    llm.chat("?".into()).result().unwrap();
    let left = sets.map(|set| available(&set)[1]);
    assert!(left[0] < 12.0 && left[1] == 1_000.0, "{left:?}");
}

#[test]
fn an_answer_429_pauses_the_limits_for_as_long_as_the_service_asks() {
    let body = json!({ "error": { "message": "slow down", "code": "rate_limit_exceeded" } });
    let throttled = Answer::json(429, &[("retry-after-ms", "60000")], &body);
    let server = Server::start([throttled]);
    let tier = Tier::per_minute(100, 100_000).max_retries(0).build().unwrap();
    let llm = ChatClient::options(Mode::Async, 1)
        .tier(&tier)
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    llm.chat("?".into()).result().unwrap_err();
    let paused = tier.limits().stats().paused_for.unwrap();
    assert!(paused > Duration::from_secs(50) && paused <= Duration::from_secs(60), "{paused:?}");
}

#[test]
fn of_a_pool_of_sets_an_answer_429_pauses_only_that_of_the_call() {
    for mode in MODES {
        let sets = [hourly(1_000), hourly(1_000)];
        let pool = LimitPool::new(sets.clone()).unwrap().load_balance(LoadBalance::FirstFree);
        let body = json!({ "error": { "message": "slow down", "code": "rate_limit_exceeded" } });
        let throttled = Answer::json(429, &[("retry-after-ms", "60000")], &body);
        let server = Server::start([throttled, chat_answer("a")]);
        let llm =
            options(mode).limits(&pool).init(Endpoint::at(server.base_url()), "m".into()).unwrap();
        llm.chat("?".into()).result().unwrap_err();
        let paused = || sets.each_ref().map(|set| set.stats().paused_for.is_some());
        assert_eq!(paused(), [true, false], "{mode}");
        // The other account goes on.
        assert_eq!(llm.chat("?".into()).result().unwrap().text, "a");
        assert_eq!(paused(), [true, false], "{mode}");
    }
}

#[test]
fn a_tier_reserves_what_answers_used_lately() {
    let script = (0..3).map(|_| chat_answer("a"));
    let (held, hanging) = (Server::start(script), Answer::Hang(Vec::new()));
    let tier = Tier::per_minute(100, 10_000).answer_tokens(400).build().unwrap();
    let llm = ChatClient::options(Mode::Async, 1)
        .tier(&tier)
        .init(Endpoint::at(held.base_url()), "m".into())
        .unwrap();
    for _ in 0..3 {
        llm.chat("What?".into()).result().unwrap(); // 12 tokens, 5 of them the answer
    }
    assert_eq!(available(tier.limits())[1], 10_000.0 - 3.0 * 12.0);
    let other = Server::start([hanging]);
    let slow = ChatClient::options(Mode::Async, 1)
        .tier(&tier)
        .init(Endpoint::at(other.base_url()), "m".into())
        .unwrap();
    let call = slow.chat("What?".into()).cancel_on_drop();
    other.wait_for_requests(1);
    // Two tokens of text, four around it, and an answer like those before.
    assert_eq!(available(tier.limits())[1], 10_000.0 - 3.0 * 12.0 - (2.0 + 4.0 + 5.0));
    drop(call);
}

#[test]
fn a_call_that_is_larger_than_the_tier_takes_all_of_it() {
    let body = json!({ "data": [{ "index": 0, "embedding": [0.5] }] });
    let server = Server::start([Answer::json(200, &[], &body)]);
    let tier = Tier::per_minute(10, 100).build().unwrap();
    let embedder = EmbeddingClient::options(Mode::Sync, 1)
        .tier(&tier)
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    assert_eq!(embedder.embed("word ".repeat(1_000)).result().unwrap(), [0.5]);
}

#[test]
fn a_fallback_answers_after_all_attempts_and_at_once_while_the_breaker_is_open() {
    let broken = || Answer::json(503, &[], &json!({ "error": { "message": "down" } }));
    let (first, second) =
        (Server::start((0..4).map(|_| broken())), (0..3).map(|_| chat_answer("b")));
    let second = Server::start(second);
    let breaker = CircuitBreaker::builder("first").minimum_calls(4).build().unwrap();
    let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(1);
    let tier = Tier::per_minute(100, 10_000).retry(policy).breaker(breaker).build().unwrap();
    let other = options(Mode::Async).init(Endpoint::at(second.base_url()), "m".into()).unwrap();
    let llm = ChatClient::options(Mode::Async, 1)
        .tier_with_fallback(&tier, &other)
        .init(Endpoint::at(first.base_url()), "m".into())
        .unwrap();
    for asked in [2, 4, 4] {
        assert_eq!(llm.chat("?".into()).result().unwrap().text, "b");
        assert_eq!(first.requests().len(), asked);
    }
    assert_eq!(tier.breaker().state(), BreakerState::Open);
}

#[test]
fn requests_count_and_not_the_texts_in_them() {
    let body = json!({ "data": [
        { "index": 0, "embedding": [0.5] },
        { "index": 1, "embedding": [0.5] },
    ] });
    let server = Server::start([Answer::json(200, &[], &body), chat_answer("a")]);
    let tier = Tier::per_minute(10, 1_000).build().unwrap();
    let endpoint = Endpoint::at(server.base_url());
    let embedder = EmbeddingClient::options(Mode::Async, 1)
        .tier(&tier)
        .init(endpoint.clone(), "m".into())
        .unwrap();
    embedder.embed_all(vec!["one".into(), "two".into()]).result().unwrap();
    assert_eq!(available(tier.limits())[0], 9.0);
    let llm = ChatClient::options(Mode::Async, 1).tier(&tier).init(endpoint, "m".into()).unwrap();
    llm.complete("?".into()).result().unwrap();
    assert_eq!(available(tier.limits())[0], 8.0);
}
