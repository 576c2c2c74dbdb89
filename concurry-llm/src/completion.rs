//! Completions: a prompt in, its continuation out. OpenAI's `completions` and Cohere's `generate`.

use std::time::Duration;

use concurry_core::CallContext;
use concurry_derive::{Worker, worker};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use crate::endpoint::{Endpoint, Protocol};
use crate::http::{Connection, Exchange};
use crate::model::Model;
use crate::reply::Reply;
use crate::usage::{Usage, WireUsage, reported};
use crate::{LlmError, halves};

/// A worker that continues prompts.
///
/// What is said of [`ChatClient`](crate::ChatClient) holds for it, too.
///
/// ```no_run
/// use concurry_core::Mode;
/// use concurry_llm::{CompletionClient, Endpoint};
///
/// let cohere = CompletionClient::options(Mode::Async, 1).init(Endpoint::cohere(), "command".into())?;
/// let text = cohere.complete("Once upon a time".into()).result()?;
/// # drop(text);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Worker)]
#[worker(crate = concurry_graph, mode = "async", max_workers = 1)]
pub struct CompletionClient {
    connection: Connection,
    model: Model,
}

#[worker(crate = concurry_graph)]
impl CompletionClient {
    /// A client of this model at this endpoint.
    ///
    /// # Errors
    ///
    /// [`LlmError::Endpoint`] names what is wrong with the endpoint.
    pub fn new(endpoint: Endpoint, model: Model) -> Result<Self, LlmError> {
        Ok(Self { connection: endpoint.connect()?, model })
    }

    /// Continues a prompt with a text. Except in sync mode, calls that are made at about the same time
    /// become one request for up to 20 prompts;
    /// `.on_complete(|complete| complete.batch(Batching::new().max_size(64)))` changes that. A service
    /// that takes one prompt a request, as Cohere's does, gets the requests of a batch side by side.
    ///
    /// # Errors
    ///
    /// [`LlmError`] tells what the service or the connection did, and whether another try may help. A
    /// prompt that the service refuses fails alone.
    #[idempotent]
    pub async fn complete(&self, ctx: &CallContext, prompt: String) -> Result<String, LlmError> {
        Ok(self.generate(ctx, prompt).await?.text)
    }

    /// Continues a prompt, and tells what that took.
    ///
    /// # Errors
    ///
    /// As [`complete`](Self::complete).
    #[idempotent]
    pub async fn generate(&self, ctx: &CallContext, prompt: String) -> Result<Reply, LlmError> {
        let (mut replies, usage) = self.send(ctx, prompt.into(), 1).await?;
        usage.settle_call(ctx);
        let reply = replies.pop().ok_or(LlmError::NoAnswer)?;
        Ok(Reply { attempts: ctx.attempt(), ..reply })
    }

    /// Continues many prompts: by one request where the service takes many, as OpenAI's does.
    ///
    /// # Errors
    ///
    /// Of the whole, as [`complete`](Self::complete); of single prompts where each is a request.
    #[idempotent]
    pub async fn complete_batch(
        &self,
        ctx: &CallContext,
        prompts: Vec<String>,
    ) -> Result<Vec<Result<String, LlmError>>, LlmError> {
        if prompts.is_empty() {
            return Ok(Vec::new());
        }
        if self.connection.protocol == Protocol::OpenAi {
            let (texts, usage) = self.send_together(ctx, &prompts).await?;
            usage.settle_call(ctx);
            return Ok(texts.into_iter().map(Ok).collect());
        }
        Ok(self.send_each(ctx, prompts).await)
    }

    /// Many calls of [`complete`](Self::complete) at once.
    #[batch(of = "complete", max_size = 20, max_wait = "5ms")]
    async fn complete_together(
        &self,
        ctx: &CallContext,
        prompts: Vec<String>,
    ) -> Vec<Result<String, LlmError>> {
        if self.connection.protocol == Protocol::Cohere {
            return self.send_each(ctx, prompts).await;
        }
        let request = async |prompts: &[String]| self.send_together(ctx, prompts).await;
        let (texts, usage) = halves::send(&prompts, request).await;
        if let Some(usage) = usage {
            usage.settle_call(ctx);
        }
        texts
    }

    /// One request for many prompts.
    async fn send_together(
        &self,
        ctx: &CallContext,
        prompts: &[String],
    ) -> Result<(Vec<String>, Usage), LlmError> {
        let (replies, usage) = self.send(ctx, prompts.into(), prompts.len()).await?;
        Ok((replies.into_iter().map(|reply| reply.text).collect(), usage))
    }

    /// A request for each prompt, all at once.
    async fn send_each(
        &self,
        ctx: &CallContext,
        prompts: Vec<String>,
    ) -> Vec<Result<String, LlmError>> {
        let each = prompts.into_iter().map(|prompt| self.send(ctx, prompt.into(), 1));
        let mut total: Option<Usage> = None;
        let texts = join_all(each).await.into_iter().map(|outcome| {
            let (replies, usage) = outcome?;
            usage.add_to(&mut total);
            replies.into_iter().next().map(|reply| reply.text).ok_or(LlmError::NoAnswer)
        });
        let texts = texts.collect();
        if let Some(usage) = total {
            usage.settle_call(ctx);
        }
        texts
    }

    /// Sends a prompt, or a list of them, and reads as many answers, in order.
    async fn send(
        &self,
        ctx: &CallContext,
        prompt: Value,
        count: usize,
    ) -> Result<(Vec<Reply>, Usage), LlmError> {
        let mut body = self.model.body();
        body.insert("prompt".into(), prompt);
        let (mut replies, usage, latency) = match self.connection.protocol {
            Protocol::OpenAi => {
                let Exchange { answer, latency } =
                    self.connection.post::<Completions>(ctx, "completions", &body).await?;
                let usage = answer.usage.unwrap_or_default();
                (answer.into_replies(), usage, latency)
            }
            Protocol::Cohere => {
                let Exchange { answer, latency } =
                    self.connection.post::<Generations>(ctx, "generate", &body).await?;
                let usage = answer.meta.unwrap_or_default();
                let replies = answer.generations.into_iter();
                (replies.map(Generation::into_reply).collect::<Vec<_>>(), usage, latency)
            }
        };
        // More than one answer to a prompt was asked for by a parameter; the first one counts.
        if count == 1 {
            replies.truncate(1);
        }
        match replies.len() {
            0 => Err(LlmError::NoAnswer),
            found if found == count => Ok((finished(replies, usage, latency), usage)),
            found => Err(LlmError::Unexpected {
                message: format!("{count} prompts have {found} answers"),
                excerpt: String::new(),
            }),
        }
    }
}

/// Tells each reply what is known of the request.
fn finished(mut replies: Vec<Reply>, usage: Usage, latency: Duration) -> Vec<Reply> {
    for reply in &mut replies {
        (reply.usage, reply.latency) = (usage, latency);
    }
    replies
}

#[derive(Debug, Deserialize)]
struct Completions {
    choices: Vec<Choice>,
    #[serde(default, deserialize_with = "reported::<_, WireUsage>")]
    usage: Option<Usage>,
    model: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    text: String,
    #[serde(default)]
    index: u64,
    finish_reason: Option<String>,
}

impl Completions {
    fn into_replies(mut self) -> Vec<Reply> {
        self.choices.sort_by_key(|choice| choice.index); // stable: without numbers, as they came
        let model = self.model;
        let replies = self.choices.into_iter().map(|choice| Reply {
            text: choice.text,
            finish_reason: choice.finish_reason,
            model: model.clone(),
            ..Reply::default()
        });
        replies.collect()
    }
}

#[derive(Debug, Deserialize)]
struct Generations {
    generations: Vec<Generation>,
    #[serde(default, deserialize_with = "reported::<_, CohereMeta>")]
    meta: Option<Usage>,
}

#[derive(Debug, Deserialize)]
struct Generation {
    text: String,
    finish_reason: Option<String>,
}

impl Generation {
    fn into_reply(self) -> Reply {
        Reply { text: self.text, finish_reason: self.finish_reason, ..Reply::default() }
    }
}

/// What Cohere tells of the use, in whole numbers written as reals. Missing fields count as zero.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CohereMeta {
    billed_units: BilledUnits,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BilledUnits {
    input_tokens: f64,
    output_tokens: f64,
}

impl From<CohereMeta> for Usage {
    fn from(CohereMeta { billed_units }: CohereMeta) -> Self {
        // A cast saturates. What is negative is made as impossible as what is huge.
        let whole = |tokens: f64| if tokens < 0.0 { u64::MAX } else { tokens as u64 };
        let prompt_tokens = whole(billed_units.input_tokens);
        let completion_tokens = whole(billed_units.output_tokens);
        let total_tokens = prompt_tokens.saturating_add(completion_tokens);
        Self { prompt_tokens, completion_tokens, total_tokens }
    }
}
