//! What goes out and what comes back when all is well.

use concurry_core::{CallOptions, Mode, WorkerHandle};
use concurry_llm::{ApiKey, ChatClient, ChatRequest, Endpoint, Message, Model, Usage};
use serde_json::json;

use super::server::{Answer, Server};
use super::{MODES, chat_answer, chat_body, options, start};

#[test]
fn a_chat_is_sent_and_read_in_every_mode() {
    for mode in MODES {
        let server = Server::start([chat_answer("Paris"), chat_answer("Rome")]);
        let llm = start(mode, &server);
        let reply = llm.chat("Capital of France?".into()).result().unwrap();
        assert_eq!(reply.text, "Paris");
        assert_eq!(reply.to_string(), "Paris");
        assert_eq!(reply.model.as_deref(), Some("m-2"));
        assert_eq!(reply.finish_reason.as_deref(), Some("stop"));
        let usage = Usage { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
        assert_eq!((reply.usage, reply.attempts), (usage, 1));
        assert_eq!(llm.complete("Capital of Italy?".into()).result().unwrap(), "Rome");
        let [first, second] = server.requests().try_into().unwrap();
        assert_eq!(first.path, "/v1/chat/completions");
        let messages = json!([{ "role": "user", "content": "Capital of France?" }]);
        assert_eq!(first.body, json!({ "model": "m", "messages": messages }));
        assert_eq!(second.body["messages"][0]["content"], "Capital of Italy?");
        assert_eq!(first.header("authorization"), None);
    }
}

#[test]
fn key_organisation_headers_and_idempotency_key_go_along() {
    let server = Server::start([chat_answer("yes"), chat_answer("yes")]);
    let endpoint = Endpoint::at(format!("{}/?api-version=3", server.base_url()))
        .key(ApiKey::new("sk-0123456789"))
        .organisation("org-7")
        .header("X-Team", "a");
    let llm = options(Mode::Async).init(endpoint.clone(), "m".into()).unwrap();
    let once = CallOptions::new().idempotency_key("order-17");
    llm.with(once).chat("?".into()).result().unwrap();
    let other = options(Mode::Sync)
        .init(
            Endpoint::at(server.base_url()).key(ApiKey::new("k-1")).key_header("api-key"),
            "m".into(),
        )
        .unwrap();
    other.chat("?".into()).result().unwrap();
    let [first, second] = server.requests().try_into().unwrap();
    assert_eq!(first.path, "/v1/chat/completions?api-version=3");
    assert_eq!(first.header("authorization"), Some("Bearer sk-0123456789"));
    assert_eq!(first.header("openai-organization"), Some("org-7"));
    assert_eq!(first.header("x-team"), Some("a"));
    assert_eq!(first.header("idempotency-key"), Some("order-17"));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!((second.header("api-key"), second.header("authorization")), (Some("k-1"), None));
}

#[test]
fn the_model_speaks_first_and_the_request_last() {
    let server = Server::start([chat_answer("ok")]);
    let model = Model::new("m").system("Be brief.").temperature(0.5).max_tokens(9);
    let llm = options(Mode::Thread).init(Endpoint::at(server.base_url()), model).unwrap();
    let request = ChatRequest::new([Message::user("Hi"), Message::assistant("Ho")]);
    llm.chat(request.message(Message::user("Hu")).set("temperature", 1)).result().unwrap();
    let body = &server.requests()[0].body;
    assert_eq!((&body["temperature"], &body["max_tokens"]), (&json!(1), &json!(9)));
    let said: Vec<_> = body["messages"].as_array().unwrap().iter().collect();
    let roles: Vec<_> = said.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
}

#[test]
fn what_crosses_to_another_process_survives_it() {
    let endpoint = Endpoint::at("http://localhost:1/v1").optional_key_from("SOME_KEY");
    let text = serde_json::to_string(&endpoint).unwrap();
    let back: Endpoint = serde_json::from_str(&text).unwrap();
    assert_eq!(format!("{endpoint:?}"), format!("{back:?}"));
    let model = Model::new("m").system("s").set("stop", vec!["a"]);
    let back: Model = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    assert_eq!(back, model);
    let request = ChatRequest::from("Hi").set("seed", 7);
    let text = serde_json::to_string(&request).unwrap();
    assert_eq!(serde_json::from_str::<ChatRequest>(&text).unwrap(), request);
}

#[test]
fn workers_and_pools_of_one_endpoint_share_their_connections() {
    let body = chat_body("yes").to_string();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let server = Server::start((0..9).map(|_| Answer::Kept(answer.clone().into_bytes())));
    let endpoint = Endpoint::at(server.base_url());
    let pool = ChatClient::options(Mode::Thread, 3).init(endpoint.clone(), "m".into()).unwrap();
    let other = ChatClient::options(Mode::Thread, 1).init(endpoint, "m".into()).unwrap();
    for _ in 0..3 {
        pool.chat("?".into()).result().unwrap();
        other.chat("?".into()).result().unwrap();
        pool.chat("?".into()).result().unwrap();
    }
    assert_eq!(server.requests().len(), 9);
    // Mostly one. A connection is back a moment after its answer, so a call may open another one.
    assert!(server.connections() <= 4, "{} connections for 9 calls", server.connections());
}
