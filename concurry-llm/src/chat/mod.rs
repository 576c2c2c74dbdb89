//! Chats: messages in, an answer out, whole or token by token.

mod client;
mod gathered;
mod request;
mod stream;
mod wire;

pub use client::{ChatClient, ChatClientHandle, ChatClientLazy, ChatClientOptions};
pub use request::{ChatRequest, Message, Role};
pub use stream::ChatStream;
