//! Completions and embeddings, as OpenAI and as Cohere speak of them.

use concurry_core::{CallError, Mode, WorkerHandle, WorkerOptions};
use concurry_limits::{LimitSet, RateLimit};
use concurry_llm::{CompletionClient, EmbeddingClient, Endpoint, LlmError, Model, Tier};
use serde_json::{Value, json};

use super::MODES;
use super::server::{Answer, Request, Server};

fn ok(body: &Value) -> Answer {
    Answer::json(200, &[], body)
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(String::from).to_vec()
}

#[test]
fn completions_of_openai_take_many_prompts_in_one_request() {
    for mode in MODES {
        let usage = json!({ "prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5 });
        let one = json!({ "choices": [{ "text": " then", "index": 0 }], "usage": usage });
        let two = json!({ "choices": [
            { "text": "B", "index": 1, "finish_reason": "stop" },
            { "text": "A", "index": 0, "finish_reason": "stop" },
        ] });
        let server = Server::start([ok(&one), ok(&two)]);
        let client = CompletionClient::options(mode, 1)
            .init(Endpoint::at(server.base_url()), "m".into())
            .unwrap();
        let reply = client.generate("now".into()).result().unwrap();
        assert_eq!((reply.text.as_str(), reply.usage.total_tokens), (" then", 5));
        let both = client.complete_batch(texts(["a", "b"])).result().unwrap();
        assert_eq!(both, [Ok("A".to_owned()), Ok("B".to_owned())]);
        assert_eq!(client.complete_batch(Vec::new()).result().unwrap(), []);
        let [first, second] = server.requests().try_into().unwrap();
        assert_eq!(first.path, "/v1/completions");
        assert_eq!(first.body, json!({ "model": "m", "prompt": "now" }));
        assert_eq!(second.body["prompt"], json!(["a", "b"]));
    }
}

#[test]
fn completions_of_cohere_take_one_prompt_a_request() {
    let answer = |text: &str| {
        let meta = json!({ "billed_units": { "input_tokens": 3.0, "output_tokens": 4.0 } });
        ok(&json!({ "generations": [{ "text": text, "finish_reason": "COMPLETE" }], "meta": meta }))
    };
    let refused = Answer::json(400, &[], &json!({ "message": "too long" }));
    let server = Server::start([answer("one"), answer("two"), refused]);
    let client = CompletionClient::options(Mode::Sync, 1)
        .init(Endpoint::cohere_at(server.base_url()), "command".into())
        .unwrap();
    let reply = client.generate("?".into()).result().unwrap();
    assert_eq!((reply.text.as_str(), reply.usage.total_tokens), ("one", 7));
    let both = client.complete_batch(texts(["a", "b"])).result().unwrap();
    // Which of two requests at once is the first one is the server's business.
    let (answers, errors): (Vec<_>, Vec<_>) = both.into_iter().partition(Result::is_ok);
    assert_eq!(answers, [Ok("two".to_owned())]);
    assert!(matches!(&errors[..], [Err(LlmError::Refused { status: 400, .. })]), "{errors:?}");
    assert_eq!(server.requests()[0].path, "/v1/generate");
}

#[test]
fn embeddings_come_in_the_order_of_their_texts() {
    for mode in MODES {
        let one = json!({ "data": [{ "index": 0, "embedding": [1.0, -0.5] }] });
        let bytes = "AACAPwAAAL8="; // 1.0 and -0.5, little-endian
        let two = json!({ "data": [
            { "index": 1, "embedding": bytes },
            { "index": 0, "embedding": [0, 1e-3] },
        ] });
        let server = Server::start([ok(&one), ok(&two)]);
        let client = EmbeddingClient::options(mode, 1)
            .init(Endpoint::at(server.base_url()), "m".into())
            .unwrap();
        assert_eq!(client.embed("a".into()).result().unwrap(), [1.0, -0.5]);
        let both = client.embed_all(texts(["b", "c"])).result().unwrap();
        assert_eq!(both, [vec![0.0, 1e-3], vec![1.0, -0.5]]);
        assert!(client.embed_all(Vec::new()).result().unwrap().is_empty());
        assert_eq!(server.requests()[1].body, json!({ "model": "m", "input": ["b", "c"] }));
    }
}

#[test]
fn embeddings_of_cohere_come_in_both_of_its_forms() {
    let plain = json!({ "embeddings": [[1.0, 2.0]] });
    let typed = json!({ "embeddings": { "float": [[3.0]] } });
    let server = Server::start([ok(&plain), ok(&typed)]);
    let model = Model::new("embed-v3").set("input_type", "search_document");
    let client = EmbeddingClient::options(Mode::Async, 1)
        .init(Endpoint::cohere_at(server.base_url()), model)
        .unwrap();
    assert_eq!(client.embed("a".into()).result().unwrap(), [1.0, 2.0]);
    assert_eq!(client.embed("b".into()).result().unwrap(), [3.0]);
    let request = &server.requests()[0];
    assert_eq!(request.path, "/v1/embed");
    let expected = json!({ "model": "embed-v3", "input_type": "search_document", "texts": ["a"] });
    assert_eq!(request.body, expected);
}

#[test]
fn too_few_answers_are_an_error_and_not_mixed_up() {
    let body = json!({ "data": [{ "index": 0, "embedding": [1.0] }] });
    let server = Server::start([ok(&body)]);
    let client = EmbeddingClient::options(Mode::Sync, 1)
        .init(Endpoint::at(server.base_url()), "m".into())
        .unwrap();
    let error = client.embed_all(texts(["a", "b"])).result().unwrap_err();
    let failure = error.failure().unwrap();
    assert!(matches!(failure, LlmError::Unexpected { .. }), "{failure}");
    assert!(failure.to_string().contains("2 texts have 1 vectors"), "{failure}");
}

/// The vector of a text is its length, so that none can be mixed up.
fn lengths(request: &Request) -> Answer {
    let texts = request.body["input"].as_array().unwrap();
    if texts.iter().any(|text| text == "bad") {
        return Answer::json(400, &[], &json!({ "error": { "message": "a bad text" } }));
    }
    let vectors = texts.iter().enumerate().map(
        |(index, text)| json!({ "index": index, "embedding": [text.as_str().unwrap().len()] }),
    );
    let vectors: Vec<_> = vectors.collect();
    ok(&json!({ "data": vectors, "usage": { "prompt_tokens": texts.len() } }))
}

#[test]
fn calls_at_the_same_time_share_requests_and_a_refused_text_fails_alone() {
    for mode in [Mode::Thread, Mode::Async] {
        let server = Server::start((0..60).map(|_| Answer::By(lengths)));
        let tier = Tier::per_minute(60, 100_000).build().unwrap();
        let client = EmbeddingClient::options(mode, 1)
            .tier(&tier)
            .concurrency(1)
            .init(Endpoint::at(server.base_url()), "m".into())
            .unwrap();
        let text = |length: usize| if length == 77 { "bad".to_owned() } else { "x".repeat(length) };
        let outcomes =
            client.map(1..=100, move |client, length| client.embed(text(length))).outcomes();
        for (length, outcome) in (1..=100).zip(outcomes) {
            match outcome {
                Ok(vector) => assert!(length != 77 && vector == [length as f32]),
                Err(CallError::Failed(LlmError::Refused { status: 400, .. })) => {
                    assert_eq!(length, 77);
                }
                Err(error) => panic!("{length}: {error}"),
            }
        }
        let requests = server.requests().len();
        assert!((2..50).contains(&requests), "{requests} requests for 100 texts");
        // Each request counts once, each text its tokens.
        let stats = tier.limits().stats();
        assert_eq!(stats.limits[0].available, 60.0 - requests as f64);
    }
}

/// Continues each prompt with its length.
fn continued(request: &Request) -> Answer {
    let prompts = match &request.body["prompt"] {
        Value::Array(prompts) => prompts.clone(),
        one => vec![one.clone()],
    };
    if prompts.iter().any(|prompt| prompt == "bad") {
        return Answer::json(400, &[], &json!({ "error": { "message": "a bad prompt" } }));
    }
    let choices = prompts.iter().enumerate().map(|(index, prompt)| {
        json!({ "index": index, "text": prompt.as_str().unwrap().len().to_string() })
    });
    let choices: Vec<_> = choices.collect();
    let usage = json!({ "prompt_tokens": prompts.len(), "completion_tokens": prompts.len() });
    ok(&json!({ "choices": choices, "usage": usage }))
}

#[test]
fn completions_at_the_same_time_share_requests_and_all_of_them_are_settled() {
    for mode in [Mode::Thread, Mode::Async, Mode::Process] {
        let server = Server::start((0..80).map(|_| Answer::By(continued)));
        let tokens = RateLimit::per_hour("tokens", 10_000);
        let limits = LimitSet::builder().with(tokens).build().unwrap();
        let client = CompletionClient::options(mode, 1)
            .limits(&limits)
            .on_complete(|complete| complete.reserve(|_| [("tokens", 10)]))
            .concurrency(1)
            .init(Endpoint::at(server.base_url()), "m".into())
            .unwrap();
        let text = |length: usize| if length == 77 { "bad".to_owned() } else { "x".repeat(length) };
        let outcomes =
            client.map(1..=100, move |client, length| client.complete(text(length))).outcomes();
        for (length, outcome) in (1..=100).zip(outcomes) {
            match outcome {
                Ok(text) => assert!(length != 77 && text == length.to_string()),
                Err(CallError::Failed(LlmError::Refused { status: 400, .. })) => {
                    assert_eq!(length, 77);
                }
                Err(error) => panic!("{length}: {error}"),
            }
        }
        let requests = server.requests().len();
        assert!((5..70).contains(&requests), "{requests} requests for 100 prompts");
        // Each prompt that was answered used two tokens; so all of a batch are settled, in whichever
        // parts it was sent. One that was refused alone keeps what it reserved.
        let left = limits.stats().limits[0].available;
        assert!((10_000.0 - 208.0..=10_000.0 - 198.0).contains(&left), "{left}");
    }
}
