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
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::Value;

use super::wire::{Chunk, no_answer};
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
/// ends.
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
pub struct ChatStream {
    source: Source,
    /// The first token, which was waited for by the call.
    first: Option<String>,
    permit: Option<Permit<'static>>,
}

/// Where the tokens come from.
struct Source {
    connection: Connection,
    clock: Clock,
    body: Body,
    decoder: EventDecoder,
    received: u64,
    texts: VecDeque<String>,
    usage: Option<Usage>,
    finish_reason: Option<String>,
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
        let mut stream = ChatStream { source: self.source, first: self.first, permit };
        stream.settle();
        stream
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
        self.source.usage
    }

    /// Why the answer ends, once the service has said so: `stop`, `length`, as it calls it.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&str> {
        self.source.finish_reason.as_deref()
    }

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
            None if self.finish_reason.is_some() => {
                self.ended = true;
                return Poll::Ready(Ok(()));
            }
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
        if data == b"[DONE]" {
            self.ended = true;
            return Ok(());
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
        self.usage = chunk.usage.map(Usage::from).or(self.usage);
        let (text, finish_reason) = chunk.into_text();
        self.texts.extend(text);
        self.finish_reason = finish_reason.or(self.finish_reason.take());
        Ok(())
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
        let Source { texts, ended, failed, .. } = &self.source;
        self.first.is_none() && texts.is_empty() && failed.is_none() && *ended
    }
}

impl fmt::Debug for ChatStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatStream")
            .field("received", &self.source.received)
            .field("finish_reason", &self.source.finish_reason)
            .field("usage", &self.source.usage)
            .finish_non_exhaustive()
    }
}

// So that a client runs in processes at all: without these two, not one of its methods would.
impl Serialize for ChatStream {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom(
            "a stream of tokens can't leave its process: call `chat`, or use thread or async mode",
        ))
    }
}

impl<'de> Deserialize<'de> for ChatStream {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Err(de::Error::custom("a stream of tokens can't come from another process"))
    }
}
