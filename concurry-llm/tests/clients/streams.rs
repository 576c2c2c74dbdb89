//! Answers token by token: order, ends, breaks, and the point after which nothing is tried again.

use std::sync::mpsc::Sender;
use std::time::Duration;

use concurry_core::{Mode, WorkerHandle, WorkerOptions};
use concurry_limits::{LimitSet, RateLimit, ResourceLimit};
use concurry_llm::{ChatStream, Endpoint, LlmError};
use concurry_retry::RetryPolicy;
use concurry_time::block_on;
use futures_util::StreamExt;
use serde_json::json;

use super::server::{Answer, Server};
use super::{IN_PROCESS, chat_answer, options, start};

fn token(text: &str) -> Vec<u8> {
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    format!("data: {chunk}\n\n").into_bytes()
}

fn end() -> Vec<u8> {
    let last = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 4, "completion_tokens": 2 } });
    format!("data: {last}\n\ndata: {usage}\n\ndata: [DONE]\n\n").into_bytes()
}

fn send(sender: &Sender<Vec<u8>>, pieces: &[Vec<u8>]) {
    for piece in pieces {
        sender.send(piece.clone()).unwrap();
    }
}

/// All tokens, and the error if there is one at the end.
fn all(stream: ChatStream) -> (String, Option<LlmError>) {
    let mut text = String::new();
    for item in stream.blocking() {
        match item {
            Ok(token) => text += &token,
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

#[test]
fn tokens_come_one_by_one_in_every_mode() {
    for mode in IN_PROCESS {
        let (sender, answer) = Answer::events();
        let server = Server::start([answer]);
        let llm = start(mode, &server);
        sender.send(token("Once")).unwrap(); // the second one is not there yet
        let mut stream = llm.stream("A story".into()).result().unwrap();
        assert_eq!(block_on(stream.next()), Some(Ok("Once".into())));
        send(&sender, &[b": keep-alive\n\n".to_vec(), token(" upon"), token("")]);
        assert_eq!(block_on(stream.next()), Some(Ok(" upon".into())));
        assert_eq!((stream.usage(), stream.finish_reason()), (None, None));
        send(&sender, &[end()]);
        assert_eq!(block_on(stream.next()), None);
        assert_eq!(block_on(stream.next()), None);
        assert_eq!(stream.finish_reason(), Some("stop"));
        assert_eq!(stream.usage().unwrap().total_tokens, 6);
        let body = &server.requests()[0].body;
        assert_eq!(
            (&body["stream"], &body["stream_options"]["include_usage"]),
            (&json!(true), &json!(true))
        );
    }
}

#[test]
fn before_the_first_token_everything_is_tried_again_and_after_it_nothing() {
    let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(5);
    let (broken, first) = Answer::events();
    let (garbage, second) = Answer::events();
    let (refused, third) = Answer::events();
    let (good, fourth) = Answer::events();
    drop(broken); // ends without a word
    send(&garbage, &[b"data: {not json\n\n".to_vec()]);
    send(&refused, &[b"data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n".to_vec()]);
    send(&good, &[token("To")]);
    let server = Server::start([first, second, third, fourth]);
    let llm = options(Mode::Async)
        .retry(policy)
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    let stream = llm.stream("?".into()).result().unwrap();
    drop((garbage, refused));
    drop(good); // breaks off after the first token
    let (text, error) = all(stream);
    assert_eq!(text, "To");
    assert!(
        matches!(&error, Some(LlmError::Interrupted { message }) if message.contains("early")),
        "{error:?}"
    );
    assert_eq!(server.requests().len(), 4);
    assert_eq!(llm.stats().retries, 3);
}

#[test]
fn errors_after_the_first_token_are_items() {
    for (bytes, part) in [
        (b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n".to_vec(), "overloaded"),
        (b"data: garbage\n\n".to_vec(), "not JSON"),
        (b"data: {\"choices\":3}\n\n".to_vec(), "choices"),
        ([&b"data: "[..], &[b'x'; 5_000]].concat(), "more than 1000 bytes"),
    ] {
        let (sender, answer) = Answer::events();
        let server = Server::start([answer]);
        let endpoint = Endpoint::at(server.base_url()).max_answer(1_000);
        let llm = options(Mode::Thread).init(endpoint, "m".into()).unwrap();
        send(&sender, &[token("a")]);
        let stream = llm.stream("?".into()).result().unwrap();
        send(&sender, &[[token("b"), bytes].concat()]); // what came before it is not lost
        let (text, error) = all(stream);
        assert_eq!(text, "ab");
        assert!(
            matches!(&error, Some(LlmError::Interrupted { message }) if message.contains(part)),
            "{error:?}"
        );
    }
}

#[test]
fn an_error_together_with_the_first_token_fails_the_call() {
    let (sender, answer) = Answer::events();
    let server = Server::start([answer]);
    let llm = start(Mode::Async, &server);
    send(&sender, &[[token("a"), b"data: garbage\n\n".to_vec()].concat()]);
    let error = llm.stream("?".into()).result().unwrap_err();
    assert!(matches!(error.failure(), Some(LlmError::NotJson { .. })), "{error}");
}

#[test]
fn a_stream_that_stalls_times_out_before_and_after_its_first_token() {
    let wait = Duration::from_millis(30);
    let (slow, first) = Answer::events();
    let server = Server::start([first]);
    let endpoint = Endpoint::at(server.base_url()).timeout(wait);
    let llm = options(Mode::Async).init(endpoint, "m".into()).unwrap();
    let error = llm.stream("?".into()).result().unwrap_err();
    assert_eq!(error.failure(), Some(&LlmError::TimedOut(wait)));
    drop(slow);

    let (slow, answer) = Answer::events();
    let server = Server::start([answer]);
    let endpoint = Endpoint::at(server.base_url()).idle_timeout(wait);
    let llm = options(Mode::Async).init(endpoint, "m".into()).unwrap();
    slow.send(token("a")).unwrap();
    let (text, error) = all(llm.stream("?".into()).result().unwrap());
    assert_eq!(text, "a");
    assert!(matches!(error, Some(LlmError::Interrupted { .. })), "{error:?}");
}

#[test]
fn a_stream_without_text_is_empty_and_a_withheld_one_an_error() {
    for (delta, reason, withheld) in [
        (json!({}), "stop", None),
        (json!({}), "content_filter", Some("content_filter")),
        (json!({ "refusal": "I can't" }), "stop", Some("I can't")),
    ] {
        let (sender, answer) = Answer::events();
        let server = Server::start([answer]);
        let llm = start(Mode::Async, &server);
        let last = json!({ "choices": [{ "delta": delta, "finish_reason": reason }] });
        send(&sender, &[format!("data: {last}\n\n").into_bytes()]);
        drop(sender);
        match llm.stream("?".into()).result() {
            Ok(stream) => assert!(withheld.is_none() && all(stream) == (String::new(), None)),
            Err(error) => {
                let reason = withheld.expect("it is no error").to_owned();
                assert_eq!(error.failure(), Some(&LlmError::Withheld { reason }));
            }
        }
    }
}

#[test]
fn a_stream_holds_its_permit_and_settles_it_at_the_end() {
    let limits = LimitSet::builder()
        .with(RateLimit::per_hour("tokens", 1_000))
        .with(ResourceLimit::new("connections", 1))
        .build()
        .unwrap();
    let free = || limits.stats().limits.iter().map(|limit| limit.available).collect::<Vec<_>>();
    let (sender, answer) = Answer::events();
    let server = Server::start([answer]);
    let llm = options(Mode::Thread)
        .limits(&limits)
        .on_stream(|stream| stream.reserve(|_| [("tokens", 100), ("connections", 1)]))
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    send(&sender, &[token("a")]);
    let stream = llm.stream("?".into()).result().unwrap();
    assert_eq!(free(), [900.0, 0.0]);
    send(&sender, &[end()]);
    assert_eq!(all(stream), ("a".into(), None));
    assert_eq!(free(), [994.0, 1.0]);
}

#[test]
fn a_dropped_stream_closes_its_connection_and_keeps_what_was_reserved() {
    let limits = LimitSet::builder().with(RateLimit::per_hour("tokens", 1_000)).build().unwrap();
    let (sender, answer) = Answer::events();
    let server = Server::start([answer]);
    let llm = options(Mode::Async)
        .limits(&limits)
        .on_stream(|stream| stream.reserve(|_| [("tokens", 100)]))
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    send(&sender, &[token("a")]);
    drop(llm.stream("?".into()).result().unwrap());
    // The server notices when it goes on sending.
    while sender.send(token("b")).is_ok() {}
    server.wait_for_abandoned(1);
    assert_eq!(limits.stats().limits[0].available, 900.0);
}

#[test]
fn from_another_process_the_tokens_come_together_and_the_call_is_settled() {
    let limits = LimitSet::builder().with(RateLimit::per_hour("tokens", 1_000)).build().unwrap();
    let (broken, first) = Answer::events();
    let (sender, second) = Answer::events();
    let server = Server::start([first, second, chat_answer("a")]);
    let llm = options(Mode::Process)
        .limits(&limits)
        .retry(RetryPolicy::constant(Duration::from_millis(1)).max_retries(1))
        .on_stream(|stream| stream.reserve(|_| [("tokens", 100)]))
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    send(&broken, &[token("Once")]);
    drop(broken); // nothing was handed out, so it is tried again
    send(&sender, &[token("Once"), token(" upon"), end()]);
    let stream = llm.stream("A story".into()).result().unwrap();
    assert_eq!(stream.finish_reason(), Some("stop"));
    assert_eq!(stream.usage().unwrap().total_tokens, 6);
    let texts: Vec<_> = stream.blocking().map(Result::unwrap).collect();
    assert_eq!(texts, ["Once", " upon"]);
    // The attempt that broke keeps what it reserved: nobody told what it used.
    assert_eq!(limits.stats().limits[0].available, 1_000.0 - 100.0 - 6.0);
    assert_eq!(llm.complete("?".into()).result().unwrap(), "a");
}
