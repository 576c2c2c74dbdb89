//! The worker of all these programs, and its stand-ins for a service.

use concurry::prelude::*;

/// What the service may answer instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the service is not there: {0}")]
pub(crate) struct LlmError(pub(crate) String);

/// A client of a service that answers with what it was asked.
#[derive(Debug)]
pub(crate) struct Client;

/// An answer and its price.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) text: String,
    pub(crate) total_tokens: usize,
}

impl Client {
    async fn chat(&self, model: &str, prompt: &str) -> Result<Reply, LlmError> {
        Ok(Reply { text: format!("{model}: {prompt}"), total_tokens: prompt.len() })
    }
}

#[derive(Worker)]
#[worker(mode = "thread", max_workers = 4)]
pub(crate) struct Llm {
    client: Client,
    model: String,
    temperature: f32,
}

#[worker]
impl Llm {
    /// The constructor.
    pub fn new(model: String, temperature: f32) -> Result<Self, LlmError> {
        if model.is_empty() {
            return Err(LlmError("which model?".to_owned()));
        }
        Ok(Self { client: Client, model, temperature })
    }

    /// A sync method.
    pub fn call_llm(&self, prompt: String) -> Result<String, LlmError> {
        if prompt.is_empty() {
            return Err(LlmError("nothing asked".to_owned()));
        }
        Ok(format!("{} at {} about {prompt}", self.model, self.temperature))
    }

    /// An async method.
    pub async fn embed(&self, text: String) -> Result<Vec<f32>, LlmError> {
        Ok(text.bytes().map(f32::from).collect())
    }

    /// A method that acquires and settles.
    #[idempotent]
    pub async fn chat(&self, ctx: &CallContext, prompt: String) -> Result<Reply, anyhow::Error> {
        let mut permit = ctx.limits().acquire([("tokens", 2_000)]).await?;
        let reply = self.client.chat(&self.model, &prompt).await?;
        permit.update([("tokens", reply.total_tokens)])?;
        Ok(reply)
    }

    /// Public, but not callable remotely.
    #[worker(skip)]
    pub fn tokens_of(&self, prompt: &str) -> usize {
        self.helper();
        prompt.len()
    }

    fn helper(&self) {}
}

/// A second worker, for pipelines from one to another.
#[derive(Clone, Worker)]
pub(crate) struct Other;

#[worker]
impl Other {
    /// The shortest summary.
    pub fn summarise(&self, text: String) -> Result<usize, LlmError> {
        Ok(text.len())
    }

    /// A method that can't fail.
    pub fn echo(&self, text: String) -> String {
        text
    }
}

pub(crate) fn llm(mode: Mode) -> LlmHandle {
    Llm::options(mode, 1).init("tiny".to_owned(), 0.5).unwrap()
}
