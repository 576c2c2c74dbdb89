//! The loopback endpoint of the examples: chats and embeddings as OpenAI speaks of them, on a thread
//! of its own.
//!
//! It stands in for a real service: answers take 60 to 120 ms with a long tail, one request in fifty
//! fails with a 500, and who is over the quota gets a 429 with `Retry-After`.

mod behaviour;
mod embedding;
mod quota;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

pub use quota::Allowance;
use quota::{Quota, Standing};

/// A running endpoint. Dropping it stops the server and its thread.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts the endpoint on a free loopback port.
    pub fn start(allowance: Allowance) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("llm-service".into())
            .spawn(move || serve(&runtime, listener, allowance, stopped))?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where to reach it: what clients call the base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    runtime: &Runtime,
    listener: TcpListener,
    allowance: Allowance,
    stopped: oneshot::Receiver<()>,
) {
    let model = Arc::new(Model {
        allowance,
        quota: Mutex::new(Quota::new(allowance, Instant::now())),
        requests: AtomicU64::new(0),
    });
    let routes = Router::new()
        .route("/v1/chat/completions", routing::post(complete))
        .route("/v1/embeddings", routing::post(embed))
        .with_state(model);
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let until_stopped = async { drop(stopped.await) };
        axum::serve(listener, routes).with_graceful_shutdown(until_stopped).await
    });
    if let Err(error) = served {
        eprintln!("the loopback service failed: {error}");
    }
}

#[derive(Debug)]
struct Model {
    allowance: Allowance,
    quota: Mutex<Quota>,
    requests: AtomicU64,
}

impl Model {
    fn admit(&self, tokens: u32) -> Standing {
        let mut quota = self.quota.lock().unwrap_or_else(PoisonError::into_inner);
        quota.admit(tokens, Instant::now())
    }
}

#[derive(Deserialize)]
struct Request {
    model: String,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

async fn complete(State(model): State<Arc<Model>>, Json(request): Json<Request>) -> Response {
    let prompt = request.messages.last().map_or("", |message| &message.content);
    let answer = behaviour::answer(prompt);
    let (prompt_tokens, completion_tokens) =
        (behaviour::tokens(prompt), behaviour::tokens(&answer));
    let total_tokens = prompt_tokens + completion_tokens;
    model
        .serve(total_tokens, |number| {
            json!({
                "id": format!("chatcmpl-{number}"),
                "object": "chat.completion",
                "model": request.model,
                "choices": [{
                    "index": 0,
                    "message": { "role": "assistant", "content": answer },
                    "finish_reason": "stop",
                }],
                "usage": {
                    "prompt_tokens": prompt_tokens,
                    "completion_tokens": completion_tokens,
                    "total_tokens": total_tokens,
                },
            })
        })
        .await
}

/// As OpenAI, it takes at most so many texts a request.
const MOST_TEXTS: usize = 2_048;

#[derive(Deserialize)]
struct EmbeddingRequest {
    model: String,
    input: Vec<String>,
}

async fn embed(State(model): State<Arc<Model>>, Json(request): Json<EmbeddingRequest>) -> Response {
    let EmbeddingRequest { model: name, input } = request;
    if input.is_empty() || input.len() > MOST_TEXTS {
        let message = format!("A request takes 1 to {MOST_TEXTS} texts, not {}.", input.len());
        return error(StatusCode::BAD_REQUEST, "invalid_request_error", &message);
    }
    let tokens = input.iter().map(|text| behaviour::tokens(text)).sum();
    let vectors = input.iter().enumerate().map(|(index, text)| {
        json!({ "object": "embedding", "index": index, "embedding": embedding::embed(text) })
    });
    let vectors: Vec<_> = vectors.collect();
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    let body = json!({ "object": "list", "model": name, "data": vectors, "usage": usage });
    model.serve(tokens, |_| body).await
}

impl Model {
    /// One request that uses so many tokens: refused, failed, or answered after a while.
    async fn serve(&self, tokens: u32, body: impl FnOnce(u64) -> Value) -> Response {
        let standing = self.admit(tokens);
        if !standing.admitted {
            return too_many_requests(self.allowance, standing);
        }
        // Relaxed: only the number counts, nothing is published with it.
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let behaviour = behaviour::of_request(number);
        tokio::time::sleep(behaviour.latency).await;
        if behaviour.fails {
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            return error(status, "server_error", "The server had an error. Please try again.");
        }
        (rate_limit_headers(self.allowance, standing), Json(body(number))).into_response()
    }
}

fn too_many_requests(allowance: Allowance, standing: Standing) -> Response {
    let wait = standing.reset.as_millis().max(1);
    // Whole seconds for the standard header, and the exact wait as OpenAI sends it beside it.
    let headers =
        [("retry-after", wait.div_ceil(1_000).to_string()), ("retry-after-ms", wait.to_string())];
    let message = format!("Rate limit reached. Please try again in {wait} ms.");
    let body = error(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", &message);
    (headers, rate_limit_headers(allowance, standing), body).into_response()
}

fn rate_limit_headers(allowance: Allowance, standing: Standing) -> [(&'static str, String); 6] {
    let reset = format!("{}ms", standing.reset.as_millis());
    [
        ("x-ratelimit-limit-requests", allowance.requests.to_string()),
        ("x-ratelimit-limit-tokens", allowance.tokens.to_string()),
        ("x-ratelimit-remaining-requests", standing.remaining_requests.to_string()),
        ("x-ratelimit-remaining-tokens", standing.remaining_tokens.to_string()),
        ("x-ratelimit-reset-requests", reset.clone()),
        ("x-ratelimit-reset-tokens", reset),
    ]
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "error": { "message": message, "type": code, "code": code } });
    (status, Json(body)).into_response()
}
