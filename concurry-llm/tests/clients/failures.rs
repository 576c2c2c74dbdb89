//! Everything that can go wrong with one request: each a typed error, tried again or not.

use std::io::{self, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use concurry_core::{CallError, Cancel, Mode, WorkerOptions};
use concurry_llm::{ApiKey, ChatRequest, Endpoint, LlmError, Reply};
use concurry_retry::RetryPolicy;
use serde_json::json;

use super::server::{Answer, Server};
use super::{MODES, chat_answer, chat_body, options, start};

fn outcome(endpoint: Endpoint, mode: Mode) -> Result<Reply, LlmError> {
    let llm = options(mode).init(endpoint, "m".into()).unwrap();
    llm.chat("?".into()).result().map_err(|error| error.into_failure().unwrap())
}

/// The error of a call that this answer is given to, the same in every mode.
fn error(answer: impl Fn() -> Answer) -> LlmError {
    let [first, rest @ ..] = MODES.map(|mode| {
        let server = Server::start([answer()]);
        outcome(Endpoint::at(server.base_url()), mode).unwrap_err()
    });
    assert!(rest.iter().all(|other| *other == first), "{first:?} {rest:?}");
    first
}

fn refusal(status: u16, code: &str) -> Answer {
    Answer::json(status, &[], &json!({ "error": { "message": "because", "code": code } }))
}

fn refusal_for_now(status: u16, code: &str) -> Answer {
    let error = json!({ "error": { "message": "because", "code": code } });
    Answer::json(status, &[("Retry-After", "9"), ("retry-after-ms", "250")], &error)
}

#[test]
fn statuses_are_errors_of_their_kind() {
    let message = "because".to_owned();
    let retry_after = Some(Duration::from_millis(250));
    let throttled = LlmError::Throttled { retry_after, message: message.clone() };
    assert_eq!(error(|| refusal_for_now(429, "rate_limit_exceeded")), throttled);
    let spent = LlmError::QuotaExhausted { message: message.clone() };
    assert_eq!(error(|| refusal(429, "insufficient_quota")), spent);
    let service = LlmError::Service { status: 503, retry_after, message: message.clone() };
    assert_eq!(error(|| refusal_for_now(503, "overloaded")), service);
    let code = Some("context_length_exceeded".to_owned());
    let refused = LlmError::Refused { status: 400, code, message };
    assert_eq!(error(|| refusal(400, "context_length_exceeded")), refused);
}

#[test]
fn a_redirect_is_refused_and_not_followed() {
    let error = error(|| Answer::text(302, &[("Location", "http://elsewhere.example/v1")], ""));
    assert!(matches!(&error, LlmError::Refused { status: 302, .. }), "{error}");
    assert!(error.to_string().contains("elsewhere.example"), "{error}");
}

#[test]
fn garbage_and_other_json_are_told_apart() {
    let page = "<html>Bad gateway</html>";
    let garbage = error(|| Answer::text(200, &[], page));
    assert!(matches!(&garbage, LlmError::NotJson { excerpt, .. } if excerpt == page), "{garbage}");
    let other = error(|| Answer::json(200, &[], &json!({ "answer": "42" })));
    assert!(matches!(&other, LlmError::Unexpected { message, .. } if message.contains("choices")));
    let nothing = error(|| Answer::text(200, &[], ""));
    assert!(matches!(nothing, LlmError::NotJson { .. }));
    let broken_error =
        error(|| Answer::Raw(b"HTTP/1.1 502 Bad\r\nContent-Length: 4\r\n\r\n\xff\xfe\0!".to_vec()));
    assert!(matches!(broken_error, LlmError::Service { status: 502, .. }), "{broken_error}");
}

#[test]
fn an_answer_that_ends_half_way_is_truncated() {
    let body = chat_body("Paris").to_string();
    let cut = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        Answer::Raw([head.as_bytes(), &body.as_bytes()[..length]].concat())
    };
    let half = error(|| cut(body.len() / 2));
    assert!(
        matches!(half, LlmError::Truncated { received, .. } if received == body.len() as u64 / 2),
        "{half:?}"
    );
    let error = error(|| Answer::Raw(b"HTTP/1.1 200".to_vec()));
    assert!(matches!(error, LlmError::Connection { .. }), "{error:?}");
}

#[test]
fn what_is_no_http_is_a_broken_connection() {
    for bytes in [&b""[..], b"\x16\x03\x01garbage\r\n\r\n", b"SSH-2.0-OpenSSH\r\n\r\n"] {
        let error = error(|| Answer::Raw(bytes.to_vec()));
        assert!(matches!(error, LlmError::Connection { .. }), "{error:?}");
    }
}

#[test]
fn nobody_at_the_port_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = outcome(Endpoint::at(url), Mode::Async).unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(matches!(error, LlmError::Connection { .. }));
}

#[test]
fn a_service_that_speaks_no_tls_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/v1", listener.local_addr().unwrap());
    let plain = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let _ = io::copy(&mut stream, &mut io::sink()); // until the other side has had enough
    });
    let error = outcome(Endpoint::at(url), Mode::Async).unwrap_err();
    assert!(matches!(error, LlmError::Connection { .. }), "{error:?}");
    plain.join().unwrap();
}

#[test]
fn a_huge_answer_is_not_read_to_its_end() {
    let limit = 10_000;
    let announced = || Answer::text(200, &[], &"x".repeat(20_000));
    let unannounced = || {
        let body = "x".repeat(20_000);
        Answer::Raw(format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}").into_bytes())
    };
    // Says that it is huge, and sends nothing of it: nobody waits for the rest.
    let promised =
        || Answer::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec());
    for answer in [announced(), unannounced(), promised()] {
        let server = Server::start([answer]);
        let endpoint = Endpoint::at(server.base_url()).max_answer(limit);
        assert_eq!(outcome(endpoint, Mode::Async).unwrap_err(), LlmError::TooLarge { limit });
    }
    let huge_error = error(|| Answer::text(500, &[], &"x".repeat(1 << 20)));
    assert!(matches!(huge_error, LlmError::Service { status: 500, .. }), "{huge_error:?}");
}

#[test]
fn a_service_that_stalls_times_out_and_its_connection_is_closed() {
    for mode in MODES {
        for sent in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"] {
            let server = Server::start([Answer::Hang(sent.into())]);
            let wait = Duration::from_millis(30);
            let endpoint = Endpoint::at(server.base_url()).timeout(wait);
            let llm = options(mode).init(endpoint, "m".into()).unwrap();
            let error = llm.chat("?".into()).result().unwrap_err();
            assert!(matches!(error.failure(), Some(LlmError::TimedOut(after)) if *after == wait));
            server.wait_for_abandoned(1);
        }
    }
}

#[test]
fn a_cancelled_call_closes_its_connection() {
    let server = Server::start([Answer::Hang(Vec::new())]);
    let llm = start(Mode::Async, &server);
    let mut call = llm.chat("?".into());
    server.wait_for_requests(1);
    assert_eq!(call.cancel(), Cancel::Signalled);
    server.wait_for_abandoned(1);
    assert!(call.result().unwrap_err().is_cancelled());
}

#[test]
fn what_may_pass_is_tried_again_and_nothing_else() {
    let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(5);
    for mode in MODES {
        let passing = [
            refusal(503, "overloaded"),
            Answer::Raw(Vec::new()),
            Answer::text(200, &[], "garbage"),
            chat_answer("at last"),
        ];
        let server = Server::start(passing);
        let llm = options(mode)
            .retry(policy.clone())
            .init(Endpoint::at(server.base_url()), "m".into())
            .unwrap();
        let reply = llm.chat("?".into()).result().unwrap();
        assert_eq!((reply.text.as_str(), reply.attempts), ("at last", 4));
        for fatal in [refusal(400, "bad"), refusal(429, "insufficient_quota")] {
            let server = Server::start([fatal]);
            let llm = options(mode)
                .retry(policy.clone())
                .init(Endpoint::at(server.base_url()), "m".into())
                .unwrap();
            let error = llm.chat("?".into()).result().unwrap_err();
            assert!(matches!(error, CallError::Failed(_)), "{error}");
            assert_eq!(server.requests().len(), 1);
        }
    }
}

#[test]
fn a_key_that_the_service_repeats_is_in_no_error() {
    let key = "sk-0123456789abcdef";
    let body = json!({ "error": { "message": format!("Incorrect API key: {key}.") } });
    for answer in [Answer::json(401, &[], &body), Answer::text(200, &[], &format!("<{key}>"))] {
        let server = Server::start([answer]);
        let endpoint = Endpoint::at(server.base_url()).key(ApiKey::new(key));
        let error = outcome(endpoint, Mode::Async).unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(shown.contains("hidden key") && !shown.contains("0123"), "{shown}");
        }
    }
}

#[test]
fn a_worker_that_can_not_be_built_says_why() {
    let endpoint = Endpoint::at("http://localhost:1").key_from("CONCURRY_NO_SUCH_KEY");
    let error = options(Mode::Thread).init(endpoint, "m".into()).unwrap_err();
    assert!(error.to_string().contains("CONCURRY_NO_SUCH_KEY"), "{error}");
    let error = options(Mode::Thread).init(Endpoint::cohere_at("http://localhost:1"), "m".into());
    assert!(error.unwrap_err().to_string().contains("Endpoint::at"));
}

#[test]
fn an_empty_chat_is_the_services_business() {
    let server = Server::start([refusal(400, "empty")]);
    let llm = start(Mode::Sync, &server);
    let error = llm.chat(ChatRequest::default()).result().unwrap_err();
    assert!(matches!(error.failure(), Some(LlmError::Refused { status: 400, .. })));
}
