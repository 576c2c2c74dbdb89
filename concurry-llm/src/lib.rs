//! Language models as workers: prompts, and clients for chat, completions and embeddings.
//!
//! - [`Prompt`] is a template: its variables are known, and a missing one is an error that names it.
//! - [`ChatClient`], [`CompletionClient`] and [`EmbeddingClient`] are ordinary workers, so they run in
//!   every mode, under limits, retries and progress bars. They speak to any OpenAI-compatible service,
//!   and to Cohere's `generate` and `embed`.
//! - [`Endpoint`] says where the service is; [`Model`] says which model answers, and how.
//! - [`Tier`] wires what a service allows (requests and tokens a minute) to limits and retries.
//! - [`LlmError`] knows what may be tried again, and when.
//!
//! ```no_run
//! use concurry_core::{Mode, WorkerHandle};
//! use concurry_llm::{ChatClient, Endpoint, Tier};
//!
//! let tier = Tier::per_minute(500, 200_000).build()?;
//! let llm = ChatClient::options(Mode::Async, 1)
//!     .tier(&tier)
//!     .init(Endpoint::openai(), "gpt-4o-mini".into())?;
//! let prompts = ["What is AI?", "What is Rust?"].map(String::from);
//! let answers: Vec<String> = llm.map(prompts, |llm, prompt| llm.complete(prompt)).results()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation
#![forbid(unsafe_code)]

mod error;
mod halves;
mod key;
mod parameters;
mod tokens;
mod usage;

mod endpoint;
mod model;

mod http;
mod limit_headers;

mod chat;
mod completion;
mod embedding;
mod reply;

mod prompt;
mod tier;

pub use chat::{
    ChatClient, ChatClientHandle, ChatClientLazy, ChatClientOptions, ChatRequest, ChatStream,
    Message, Role,
};
pub use completion::{
    CompletionClient, CompletionClientHandle, CompletionClientLazy, CompletionClientOptions,
};
pub use embedding::{
    EmbeddingClient, EmbeddingClientHandle, EmbeddingClientLazy, EmbeddingClientOptions,
};
pub use endpoint::Endpoint;
pub use error::LlmError;
pub use key::ApiKey;
pub use model::Model;
pub use prompt::{Place, Prompt, PromptEnvironment, PromptError};
pub use reply::{Reply, ToolCall};
pub use tier::{Tier, TierBuilder, TierError};
pub use tokens::estimate_tokens;
#[cfg(feature = "tokenizer")]
pub use tokens::{Tokenizer, UnknownModel};
pub use usage::{INPUT_TOKENS, OUTPUT_TOKENS, REQUESTS, TOKENS, Usage};

pub use isolang::Language;
pub use minijinja;
#[doc(no_inline)]
pub use minijinja::context;
