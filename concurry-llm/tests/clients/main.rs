//! The clients against a server that throttles, stalls, cuts, sends garbage and far too much.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod answers;
mod failures;
mod limits;
mod server;
mod streams;
mod wires;

use concurry_core::{Mode, WorkerOptions};
use concurry_llm::{ChatClient, ChatClientHandle, ChatClientOptions, Endpoint};
use serde_json::{Value, json};

use server::{Answer, Server};

/// The modes, in all of which the clients behave alike.
const MODES: [Mode; 4] = [Mode::Sync, Mode::Thread, Mode::Async, Mode::Process];
/// Those in this process, where tokens come as they are made.
const IN_PROCESS: [Mode; 3] = [Mode::Sync, Mode::Thread, Mode::Async];

/// A whole answer of a chat.
fn chat_body(text: &str) -> Value {
    json!({
        "model": "m-2",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": text },
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12 },
    })
}

fn chat_answer(text: &str) -> Answer {
    Answer::json(200, &[], &chat_body(text))
}

fn options(mode: Mode) -> ChatClientOptions {
    ChatClient::options(mode, 1).max_queued(1_000)
}

fn start(mode: Mode, server: &Server) -> ChatClientHandle {
    options(mode).init(Endpoint::at(server.base_url()), "m".into()).unwrap()
}
