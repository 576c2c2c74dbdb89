//! The tokens of an answer, as they come.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use concurry_limits::Permit;
use concurry_time::{Clock, Sleep, block_on};
use futures_core::{FusedStream, Stream};
use http_body::Body as _;
use reqwest::{Body, Response};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use serde_json::Value;

use super::gathered::Gathered;
use super::wire::{Chunk, Delta, no_answer};
use crate::LlmError;
use crate::http::{Connection, EventDecoder, TooLong, error_in_body, excerpt, from_reqwest};
use crate::usage::Usage;

/// The tokens of an answer, as they come: a `Stream` of text, and by [`blocking`](Self::blocking) an
/// iterator.
///
/// It ends when the service says so; after an error nothing more comes. [`usage`](Self::usage) and
/// [`finish_reason`](Self::finish_reason) are there at the end. The limits' permit of the call lives
/// in it: it is settled at the end by what the service reports. Dropping the stream before closes its
/// connection, which makes most services stop; what was reserved then counts as used, since nobody
/// tells how much it was.
///
/// The connection is driven by the pool that made the call, so the stream breaks off when that pool
/// ends. From a worker in another process the tokens come all together, when the answer has ended.
///
/// ```no_run
/// use concurry_core::Mode;
/// use concurry_llm::{ChatClient, Endpoint};
/// use std::io::Write;
///
/// let llm = ChatClient::options(Mode::Async, 1).init(Endpoint::openai(), "gpt-4o-mini".into())?;
/// for text in llm.stream("Tell me a story.".into()).result()?.blocking() {
///     print!("{}", text?);
///     std::io::stdout().flush()?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cancel safety
///
/// Dropping a future of its next item loses nothing.
pub struct ChatStream(Tokens);

/// Where the tokens come from.
enum Tokens {
    Live(Box<Live>),
    /// From another process.
    Gathered(Gathered),
}

/// Tokens that are still to come.
struct Live {
    source: Source,
    /// The first token, which was waited for by the call.
    first: Option<String>,
    permit: Option<Permit<'static>>,
}

/// The answer of the service.
struct Source {
    connection: Connection,
    clock: Clock,
    body: Body,
    decoder: EventDecoder,
    received: u64,
    texts: VecDeque<String>,
    usage: Option<Usage>,
    finish_reason: Option<String>,
    /// Why there is no answer, as far as the service has told.
    refusal: String,
    /// Bounds the wait for the next bytes. None while nobody waits.
    idle: Option<Sleep>,
    ended: bool,
    /// Comes after the texts that were there before it.
    failed: Option<LlmError>,
}

/// A stream before its first token.
pub(super) struct Opening(Source);

impl Opening {
    pub(super) fn new(connection: Connection, clock: Clock, response: Response) -> Self {
        let limit = connection.max_answer;
        Self(Source {
            connection,
            clock,
            body: Body::from(response),
            decoder: EventDecoder::new(limit),
            received: 0,
            texts: VecDeque::new(),
            usage: None,
            finish_reason: None,
            refusal: String::new(),
            idle: None,
            ended: false,
            failed: None,
        })
    }

    /// Waits for the first token: until it is there, nothing has been handed out.
    pub(super) async fn first_token(mut self) -> Result<Opened, LlmError> {
        let first = poll_fn(|context| self.0.poll_text(context)).await.transpose()?;
        if let Some(error) = self.0.failed.take() {
            return Err(error); // came together with the first token: better to try again
        }
        if first.is_none() && self.0.finish_reason.as_deref() == Some("content_filter") {
            return Err(no_answer(self.0.finish_reason.as_deref()));
        }
        Ok(Opened { first, source: self.0 })
    }
}

/// A stream whose first token is there.
pub(super) struct Opened {
    first: Option<String>,
    source: Source,
}

impl Opened {
    pub(super) fn into_stream(self, permit: Option<Permit<'static>>) -> ChatStream {
        let mut live = Live { source: self.source, first: self.first, permit };
        live.settle();
        ChatStream(Tokens::Live(Box::new(live)))
    }

    /// Waits for all tokens, so that they can leave the process. Nothing is handed out before, so an
    /// error is that of the call.
    pub(super) async fn gather(mut self) -> Result<ChatStream, LlmError> {
        let mut texts: VecDeque<String> = self.first.into_iter().collect();
        let limit = self.source.connection.max_answer;
        while let Some(text) = poll_fn(|context| self.source.poll_text(context)).await {
            texts.push_back(text.map_err(|error| self.source.connection.without_key(error))?);
            if self.source.received > limit {
                return Err(LlmError::TooLarge { limit });
            }
        }
        let Source { usage, finish_reason, .. } = self.source;
        Ok(ChatStream(Tokens::Gathered(Gathered { texts, usage, finish_reason })))
    }
}

impl ChatStream {
    /// Waits for the tokens on the current thread.
    pub fn blocking(mut self) -> impl Iterator<Item = Result<String, LlmError>> {
        std::iter::from_fn(move || block_on(poll_fn(|context| self.poll_item(context))))
    }

    /// The tokens used, once the service has reported them, which it does at the end.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        match &self.0 {
            Tokens::Live(live) => live.source.usage,
            Tokens::Gathered(gathered) => gathered.usage,
        }
    }

    /// Why the answer ends, once the service has said so: `stop`, `length`, as it calls it.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&str> {
        match &self.0 {
            Tokens::Live(live) => live.source.finish_reason.as_deref(),
            Tokens::Gathered(gathered) => gathered.finish_reason.as_deref(),
        }
    }

    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, LlmError>>> {
        match &mut self.0 {
            Tokens::Live(live) => live.poll_item(context),
            Tokens::Gathered(gathered) => Poll::Ready(gathered.texts.pop_front().map(Ok)),
        }
    }
}

impl Live {
    fn poll_item(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, LlmError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let item = self.source.poll_text(context);
        self.settle();
        item.map(|item| item.map(|text| text.map_err(|error| self.source.interrupted(error))))
    }

    /// At the end the permit goes back, settled if the usage is known.
    fn settle(&mut self) {
        if !self.source.ended {
            return;
        }
        if let (Some(mut permit), Some(usage)) = (self.permit.take(), self.source.usage) {
            usage.settle(|key, used| permit.update([(key, used)]));
        }
    }
}

impl Source {
    /// The next text. An error comes once, and nothing after it.
    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<String, LlmError>>> {
        loop {
            if let Some(text) = self.texts.pop_front() {
                return Poll::Ready(Some(Ok(text)));
            }
            if self.ended {
                return Poll::Ready(self.failed.take().map(Err));
            }
            if let Err(error) = std::task::ready!(self.poll_bytes(context)) {
                self.ended = true;
                self.failed = Some(error);
                self.body = Body::from(""); // closes the connection
            }
        }
    }

    /// Takes the next bytes and the events in them.
    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<Result<(), LlmError>> {
        let frame = match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                let (clock, wait) = (&self.clock, self.connection.idle_timeout);
                let idle = self.idle.get_or_insert_with(|| clock.sleep(wait));
                std::task::ready!(Pin::new(idle).poll(context));
                return Poll::Ready(Err(LlmError::TimedOut(wait)));
            }
        };
        self.idle = None;
        let bytes = match frame {
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(error)) => return Poll::Ready(Err(from_reqwest(error, self.received))),
            // Some services end without `[DONE]`, but none without a reason to finish.
            None if self.finish_reason.is_some() => return Poll::Ready(self.end()),
            None => return Poll::Ready(Err(self.truncated())),
        };
        self.received += bytes.len() as u64;
        let fed = self.decoder.feed(&bytes);
        while let Some(data) = self.decoder.next()
            && !self.ended
        {
            if let Err(error) = self.event(&data) {
                return Poll::Ready(Err(error));
            }
        }
        let limit = self.connection.max_answer;
        Poll::Ready(fed.map_err(|TooLong| LlmError::TooLarge { limit }))
    }

    fn event(&mut self, data: &[u8]) -> Result<(), LlmError> {
        if data.trim_ascii() == b"[DONE]" {
            return self.end();
        }
        let value: Value = serde_json::from_slice(data).map_err(|error| LlmError::NotJson {
            message: error.to_string(),
            excerpt: excerpt(data),
        })?;
        if let Some(error) = error_in_body(&value) {
            return Err(error);
        }
        let chunk: Chunk = serde_json::from_value(value).map_err(|error| LlmError::Unexpected {
            message: error.to_string(),
            excerpt: excerpt(data),
        })?;
        self.usage = chunk.usage.or(self.usage);
        let (Delta { content, refusal }, finish_reason) = chunk.into_delta();
        self.texts.extend(content.filter(|text| !text.is_empty()));
        self.refusal.push_str(&refusal.unwrap_or_default());
        self.finish_reason = finish_reason.or(self.finish_reason.take());
        let limit = self.connection.max_answer;
        if self.refusal.len() as u64 > limit {
            return Err(LlmError::TooLarge { limit });
        }
        Ok(())
    }

    /// The service has said all.
    fn end(&mut self) -> Result<(), LlmError> {
        self.ended = true;
        match std::mem::take(&mut self.refusal) {
            reason if reason.is_empty() => Ok(()),
            reason => Err(LlmError::Withheld { reason }),
        }
    }

    fn truncated(&self) -> LlmError {
        let message = "the service did not say that the answer ends".to_owned();
        LlmError::Truncated { received: self.received, message }
    }

    /// After the first token an error is final, whatever it was.
    fn interrupted(&self, error: LlmError) -> LlmError {
        let message = self.connection.without_key(error).to_string();
        LlmError::Interrupted { message }
    }
}

impl Stream for ChatStream {
    type Item = Result<String, LlmError>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<String, LlmError>>> {
        self.get_mut().poll_item(context)
    }
}

impl FusedStream for ChatStream {
    fn is_terminated(&self) -> bool {
        match &self.0 {
            Tokens::Live(live) => {
                let Source { texts, ended, failed, .. } = &live.source;
                live.first.is_none() && texts.is_empty() && failed.is_none() && *ended
            }
            Tokens::Gathered(gathered) => gathered.texts.is_empty(),
        }
    }
}

impl fmt::Debug for ChatStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatStream")
            .field("finish_reason", &self.finish_reason())
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

/// Of a worker in another process, which waits for all tokens.
impl Serialize for ChatStream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Tokens::Gathered(gathered) => gathered.serialize(serializer),
            Tokens::Live(_) => {
                Err(ser::Error::custom("tokens that are still to come can't leave their process"))
            }
        }
    }
}

impl<'de> Deserialize<'de> for ChatStream {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Gathered::deserialize(deserializer).map(|gathered| Self(Tokens::Gathered(gathered)))
    }
}
