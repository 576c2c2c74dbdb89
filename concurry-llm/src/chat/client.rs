//! The worker for chats.

use concurry_core::CallContext;
use concurry_derive::{Worker, worker};
use serde_json::json;

use super::stream::{ChatStream, Opening};
use super::wire::Completion;
use super::{ChatRequest, Message};
use crate::LlmError;
use crate::endpoint::{Endpoint, Protocol};
use crate::http::{Connection, Exchange};
use crate::model::Model;
use crate::reply::Reply;

const PATH: &str = "chat/completions";

/// A worker that chats with a model.
///
/// One async worker overlaps a thousand requests (`.concurrency(n)` changes that), so `max_workers`
/// stays 1 in `Mode::Async`; in `Mode::Thread` it is the number of requests at once. What a pool
/// reserves under the keys [`TOKENS`](crate::TOKENS), [`INPUT_TOKENS`](crate::INPUT_TOKENS) and
/// [`OUTPUT_TOKENS`](crate::OUTPUT_TOKENS) is settled by what the service reports, and its rate-limit
/// headers lower the pool's limits where they are tighter. A [`Tier`](crate::Tier) sets all that up.
///
/// ```no_run
/// use concurry_core::Mode;
/// use concurry_llm::{ChatClient, Endpoint, Message, Model};
///
/// let model = Model::new("gpt-4o-mini").temperature(0.1);
/// let llm = ChatClient::options(Mode::Async, 1).init(Endpoint::openai(), model)?;
/// let text: String = llm.complete("What is AI?".into()).result()?;
/// let reply = llm.chat(vec![Message::system("Be brief."), Message::user("Why?")].into()).result()?;
/// println!("{reply} ({} tokens)", reply.usage.total_tokens);
/// # drop(text);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Worker)]
#[worker(crate = concurry_graph, mode = "async", max_workers = 1)]
pub struct ChatClient {
    connection: Connection,
    model: Model,
}

#[worker(crate = concurry_graph)]
impl ChatClient {
    /// A client of this model at this endpoint.
    ///
    /// # Errors
    ///
    /// [`LlmError::Endpoint`] names what is wrong with the endpoint: a base URL that is none, a key
    /// that is not there.
    pub fn new(endpoint: Endpoint, model: Model) -> Result<Self, LlmError> {
        if endpoint.protocol == Protocol::Cohere {
            return Err(LlmError::endpoint(
                "protocol",
                "Cohere's own protocol is known for completions and embeddings only",
                "chat by its OpenAI-compatible address: `Endpoint::at(…)`",
            ));
        }
        Ok(Self { connection: endpoint.connect()?, model })
    }

    /// Answers a prompt with a text.
    ///
    /// # Errors
    ///
    /// As [`chat`](Self::chat).
    #[idempotent]
    pub async fn complete(&self, ctx: &CallContext, prompt: String) -> Result<String, LlmError> {
        Ok(self.chat(ctx, ChatRequest::new([Message::user(prompt)])).await?.text)
    }

    /// Continues a chat.
    ///
    /// # Errors
    ///
    /// [`LlmError`] tells what the service or the connection did, and whether another try may help.
    ///
    /// # Cancel safety
    ///
    /// A cancelled call closes its connection; what the service has begun it may still bill.
    #[idempotent]
    pub async fn chat(&self, ctx: &CallContext, request: ChatRequest) -> Result<Reply, LlmError> {
        let body = request.body(&self.model);
        let Exchange { answer, latency } =
            self.connection.post::<Completion>(ctx, PATH, &body).await?;
        let (reply, outcome) = answer.into_reply();
        reply.usage.settle_call(ctx);
        outcome.map_err(|error| self.connection.without_key(error))?;
        Ok(Reply { latency, attempts: ctx.attempt(), ..reply })
    }

    /// Continues a chat, token by token.
    ///
    /// The call is done when the first token is there: until then everything may be tried again, and
    /// after that nothing is, since what was handed out can't be taken back. The stream holds the
    /// call's permit, and settles it when it ends.
    ///
    /// A worker in another process waits for all tokens and sends them together: there the call is done
    /// at the end of the answer, and settled by itself. Everything until then may be tried again.
    ///
    /// # Errors
    ///
    /// As [`chat`](Self::chat). Errors after the first token are items of the stream.
    pub async fn stream(
        &self,
        ctx: &CallContext,
        request: ChatRequest,
    ) -> Result<ChatStream, LlmError> {
        let mut body = request.body(&self.model);
        body.insert("stream".into(), true.into());
        body.entry("stream_options").or_insert_with(|| json!({ "include_usage": true }));
        self.connection.count(ctx).await?;
        let started = ctx.clock().now();
        let opening = async {
            let response = self.connection.open(ctx, PATH, &body).await?;
            Opening::new(self.connection.clone(), ctx.clock(), response).first_token().await
        };
        let opened = self.connection.in_time(ctx, started, opening).await?;
        if !ctx.is_remote() {
            return Ok(opened.into_stream(ctx.permit().detach()));
        }
        let stream = opened.gather().await?;
        if let Some(usage) = stream.usage() {
            usage.settle_call(ctx);
        }
        Ok(stream)
    }
}
