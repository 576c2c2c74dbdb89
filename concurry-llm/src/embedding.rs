//! Embeddings: texts in, vectors out. OpenAI's `embeddings` and Cohere's `embed`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use concurry_core::CallContext;
use concurry_derive::{Worker, worker};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::completion::CohereMeta;
use crate::endpoint::{Endpoint, Protocol};
use crate::http::Connection;
use crate::model::Model;
use crate::usage::{Usage, WireUsage, reported};
use crate::{LlmError, halves};

/// A worker that turns texts into vectors.
///
/// Services take many texts in one request: calls of [`embed`](Self::embed) are batched by
/// themselves, and [`embed_all`](Self::embed_all) is one batch. What is said of
/// [`ChatClient`](crate::ChatClient) holds for it, too.
///
/// ```no_run
/// use concurry_core::Mode;
/// use concurry_llm::{EmbeddingClient, Endpoint};
///
/// let model = "text-embedding-3-small".into();
/// let embedder = EmbeddingClient::options(Mode::Async, 1).init(Endpoint::openai(), model)?;
/// let vectors = embedder.embed_all(vec!["one".into(), "two".into()]).result()?;
/// assert_eq!(vectors.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Worker)]
#[worker(crate = concurry_graph, mode = "async", max_workers = 1)]
pub struct EmbeddingClient {
    connection: Connection,
    model: Model,
}

#[worker(crate = concurry_graph)]
impl EmbeddingClient {
    /// A client of this model at this endpoint. Cohere wants to know what for: give the model
    /// `.set("input_type", "search_document")`, or what fits.
    ///
    /// # Errors
    ///
    /// [`LlmError::Endpoint`] names what is wrong with the endpoint.
    pub fn new(endpoint: Endpoint, model: Model) -> Result<Self, LlmError> {
        Ok(Self { connection: endpoint.connect()?, model })
    }

    /// The vector of a text. Except in sync mode, calls that are made at about the same time become one
    /// request for up to 96 texts; `.on_embed(|embed| embed.batch(Batching::new().max_size(512)))`
    /// changes that.
    ///
    /// # Errors
    ///
    /// [`LlmError`] tells what the service or the connection did, and whether another try may help. A
    /// text that the service refuses fails alone.
    #[idempotent]
    pub async fn embed(&self, ctx: &CallContext, text: String) -> Result<Vec<f32>, LlmError> {
        let (mut vectors, usage) = self.send(ctx, &[text]).await?;
        usage.settle_call(ctx);
        vectors.pop().ok_or(LlmError::NoAnswer)
    }

    /// The vectors of many texts, in their order, by one request. How many texts a request may have
    /// is up to the service: OpenAI takes 2,048, Cohere 96.
    ///
    /// # Errors
    ///
    /// As [`embed`](Self::embed), of all texts at once.
    #[idempotent]
    pub async fn embed_all(
        &self,
        ctx: &CallContext,
        texts: Vec<String>,
    ) -> Result<Vec<Vec<f32>>, LlmError> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let (vectors, usage) = self.send(ctx, &texts).await?;
        usage.settle_call(ctx);
        Ok(vectors)
    }

    /// Many calls of [`embed`](Self::embed) at once.
    #[batch(of = "embed", max_size = 96, max_wait = "5ms")]
    async fn embed_batch(
        &self,
        ctx: &CallContext,
        texts: Vec<String>,
    ) -> Vec<Result<Vec<f32>, LlmError>> {
        let request = async |texts: &[String]| self.send(ctx, texts).await;
        let (vectors, usage) = halves::send(&texts, request).await;
        if let Some(usage) = usage {
            usage.settle_call(ctx);
        }
        vectors
    }

    async fn send(
        &self,
        ctx: &CallContext,
        texts: &[String],
    ) -> Result<(Vec<Vec<f32>>, Usage), LlmError> {
        let (body, count) = (self.model.body(), texts.len());
        let (vectors, usage) = match self.connection.protocol {
            Protocol::OpenAi => self.send_openai(ctx, body, texts).await?,
            Protocol::Cohere => self.send_cohere(ctx, body, texts).await?,
        };
        if vectors.len() != count {
            usage.settle_call(ctx);
            return Err(LlmError::Unexpected {
                message: format!("{count} texts have {} vectors", vectors.len()),
                excerpt: String::new(),
            });
        }
        Ok((vectors, usage))
    }

    async fn send_openai(
        &self,
        ctx: &CallContext,
        mut body: Map<String, Value>,
        texts: &[String],
    ) -> Result<(Vec<Vec<f32>>, Usage), LlmError> {
        body.insert("input".into(), texts.into());
        let exchange = self.connection.post::<Embeddings>(ctx, "embeddings", &body).await?;
        let Embeddings { mut data, usage } = exchange.answer;
        data.sort_by_key(|item| item.index); // stable: without numbers, as they came
        let vectors = data.into_iter().map(|item| item.embedding.into_numbers());
        Ok((vectors.collect::<Result<_, _>>()?, usage.unwrap_or_default()))
    }

    async fn send_cohere(
        &self,
        ctx: &CallContext,
        mut body: Map<String, Value>,
        texts: &[String],
    ) -> Result<(Vec<Vec<f32>>, Usage), LlmError> {
        body.insert("texts".into(), texts.into());
        let exchange = self.connection.post::<CohereEmbeddings>(ctx, "embed", &body).await?;
        let CohereEmbeddings { embeddings, meta } = exchange.answer;
        let vectors = match embeddings {
            CohereVectors::Plain(vectors) | CohereVectors::Typed { float: vectors } => vectors,
        };
        Ok((vectors, meta.unwrap_or_default()))
    }
}

#[derive(Debug, Deserialize)]
struct Embeddings {
    data: Vec<Item>,
    #[serde(default, deserialize_with = "reported::<_, WireUsage>")]
    usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
struct Item {
    embedding: Numbers,
    #[serde(default)]
    index: u64,
}

/// Numbers as JSON, or, if the model has `.set("encoding_format", "base64")`, as little-endian bytes,
/// which is smaller and quicker to read.
#[derive(Debug)]
enum Numbers {
    Json(Vec<f32>),
    Base64(String),
}

impl Numbers {
    fn into_numbers(self) -> Result<Vec<f32>, LlmError> {
        let text = match self {
            Self::Json(numbers) => return Ok(numbers),
            Self::Base64(text) => text,
        };
        let wrong = |message: String| LlmError::Unexpected {
            message,
            excerpt: text.chars().take(20).collect(),
        };
        let bytes = STANDARD.decode(&text).map_err(|error| wrong(error.to_string()))?;
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(wrong("an embedding is cut in the middle of a number".into()));
        }
        Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}

/// By hand: an untagged enum would keep a copy of each number in a form of its own first.
impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumbersVisitor;

        impl<'de> Visitor<'de> for NumbersVisitor {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of numbers or a text in base64")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Numbers, E> {
                Ok(Numbers::Base64(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
                let mut numbers = Vec::new();
                while let Some(number) = list.next_element()? {
                    numbers.push(number);
                }
                Ok(Numbers::Json(numbers))
            }
        }

        deserializer.deserialize_any(NumbersVisitor)
    }
}

#[derive(Debug, Deserialize)]
struct CohereEmbeddings {
    embeddings: CohereVectors,
    #[serde(default, deserialize_with = "reported::<_, CohereMeta>")]
    meta: Option<Usage>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum CohereVectors {
    Plain(Vec<Vec<f32>>),
    Typed { float: Vec<Vec<f32>> },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_json_and_as_bytes() {
        let numbers = [1.5_f32, -0.25, f32::MAX];
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let json = serde_json::to_string(&STANDARD.encode(bytes)).unwrap();
        let read = |json: &str| serde_json::from_str::<Numbers>(json).unwrap().into_numbers();
        assert_eq!(read(&json).unwrap(), numbers);
        assert_eq!(read("[1.5, -0.25]").unwrap(), numbers[..2]);
        assert!(matches!(read(r#""AAA=""#), Err(LlmError::Unexpected { .. })));
        assert!(matches!(read(r#""no base64!""#), Err(LlmError::Unexpected { .. })));
    }
}
