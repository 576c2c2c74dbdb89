//! The loopback endpoint: `POST /v1/chat/completions` as OpenAI speaks it, on a thread of its own.
//!
//! It stands in for a real service: answers take 60 to 120 ms with a long tail, one request in fifty
//! fails with a 500, and who is over the quota gets a 429 with `Retry-After`.

mod behaviour;
mod quota;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use serde::Deserialize;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use quota::{Allowance, Quota, Standing};

/// A little above the limits that the example keeps by default.
const ALLOWANCE: Allowance =
    Allowance { requests: 650, tokens: 45_000, window: Duration::from_secs(1) };

/// A running endpoint. Dropping it stops the server and its thread.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts the endpoint on a free loopback port.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("llm-service".into())
            .spawn(move || serve(&runtime, listener, stopped))?;
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

fn serve(runtime: &Runtime, listener: TcpListener, stopped: oneshot::Receiver<()>) {
    let model = Arc::new(Model {
        quota: Mutex::new(Quota::new(ALLOWANCE, Instant::now())),
        requests: AtomicU64::new(0),
    });
    let routes =
        Router::new().route("/v1/chat/completions", routing::post(complete)).with_state(model);
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

    let standing = model.admit(total_tokens);
    if !standing.admitted {
        return too_many_requests(standing);
    }
    // Relaxed: only the number counts, nothing is published with it.
    let number = model.requests.fetch_add(1, Ordering::Relaxed);
    let behaviour = behaviour::of_request(number);
    tokio::time::sleep(behaviour.latency).await;
    if behaviour.fails {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return error(status, "server_error", "The server had an error. Please try again.");
    }
    let body = json!({
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
    });
    (rate_limit_headers(standing), Json(body)).into_response()
}

fn too_many_requests(standing: Standing) -> Response {
    let wait = standing.reset.as_millis().max(1);
    // Whole seconds for the standard header, and the exact wait as OpenAI sends it beside it.
    let headers =
        [("retry-after", wait.div_ceil(1_000).to_string()), ("retry-after-ms", wait.to_string())];
    let message = format!("Rate limit reached. Please try again in {wait} ms.");
    let body = error(StatusCode::TOO_MANY_REQUESTS, "rate_limit_exceeded", &message);
    (headers, rate_limit_headers(standing), body).into_response()
}

fn rate_limit_headers(standing: Standing) -> [(&'static str, String); 5] {
    [
        ("x-ratelimit-limit-requests", ALLOWANCE.requests.to_string()),
        ("x-ratelimit-limit-tokens", ALLOWANCE.tokens.to_string()),
        ("x-ratelimit-remaining-requests", standing.remaining_requests.to_string()),
        ("x-ratelimit-remaining-tokens", standing.remaining_tokens.to_string()),
        ("x-ratelimit-reset-requests", format!("{}ms", standing.reset.as_millis())),
    ]
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "error": { "message": message, "type": code, "code": code } });
    (status, Json(body)).into_response()
}
