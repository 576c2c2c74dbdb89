//! The HTTP client of an OpenAI-compatible chat endpoint, and what can go wrong with it.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

use concurry::limits::PermitError;
use concurry::prelude::*;
use concurry::retry::retry_after;
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

/// A client of one endpoint and model. Clones share its connections.
#[derive(Clone, Debug)]
pub struct ChatClient {
    http: reqwest::Client,
    url: String,
    model: String,
    key: Option<ApiKey>,
}

/// What the model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub text: String,
    /// Of the prompt and the answer together, as the service counts them.
    pub tokens: u64,
    /// How long the request took.
    pub latency: Duration,
    /// How many requests it took, with those that failed.
    pub attempts: u32,
}

/// Why a request has no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChatError {
    #[error("the service asks for fewer requests: {message}")]
    Throttled { retry_after: Option<Duration>, message: String },
    #[error("the service failed with status {status}: {message}")]
    Service { status: StatusCode, retry_after: Option<Duration>, message: String },
    #[error("the service refused the request with status {status}: {message}")]
    Refused { status: StatusCode, message: String },
    #[error("the request failed: {}", root_cause(.0))]
    Request(#[from] reqwest::Error),
    #[error("the answer holds no message")]
    NoMessage,
    #[error("`{url}` is not the URL of a service; one looks like https://api.openai.com/v1")]
    Url { url: String },
    #[error("the tokens used can't be settled: {0}")]
    Permit(#[from] PermitError),
}

/// What the retries go by: which errors may pass, and when to come back.
impl Retryable for ChatError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Throttled { retry_after, .. } => Verdict::Throttle(*retry_after),
            Self::Service { retry_after: Some(wait), .. } => Verdict::RetryAfter(*wait),
            Self::Service { retry_after: None, .. } | Self::NoMessage => Verdict::Retry,
            Self::Request(error) if error.is_builder() => Verdict::Fatal,
            Self::Request(_) => Verdict::Retry,
            Self::Refused { .. } | Self::Url { .. } | Self::Permit(_) => Verdict::Fatal,
        }
    }
}

/// A secret: it goes into requests and is never printed.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// Reads the key from an environment variable.
    pub fn from_environment(variable: &str) -> Option<Self> {
        std::env::var(variable).ok().filter(|key| !key.is_empty()).map(Self)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

impl ChatClient {
    /// A client of the endpoint at `base_url`, such as `https://api.openai.com/v1`.
    pub fn new(base_url: &str, model: &str, key: Option<ApiKey>) -> Result<Self, ChatError> {
        let url = Url::parse(base_url).ok();
        let Some(host) = url.as_ref().and_then(Url::host_str) else {
            return Err(ChatError::Url { url: base_url.to_owned() });
        };
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().user_agent("concurry-llm-batch");
        if host.parse().is_ok_and(|address: IpAddr| address.is_loopback()) {
            http = http.no_proxy(); // a proxy's loopback is another one
        }
        Ok(Self {
            http: http.build()?,
            url: format!("{}/chat/completions", base_url.trim_end_matches('/')),
            model: model.to_owned(),
            key,
        })
    }

    /// Asks one question.
    pub async fn chat(&self, prompt: &str) -> Result<Reply, ChatError> {
        let started = Instant::now();
        let message = json!({ "role": "user", "content": prompt });
        let mut request =
            self.http.post(&self.url).json(&json!({ "model": self.model, "messages": [message] }));
        if let Some(ApiKey(key)) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await?;
        if !response.status().is_success() {
            return Err(failure(response).await);
        }
        let completion: Completion = response.json().await?;
        let choice = completion.choices.into_iter().next();
        let text = choice.and_then(|choice| choice.message.content).ok_or(ChatError::NoMessage)?;
        let tokens = completion.usage.total_tokens;
        Ok(Reply { text, tokens, latency: started.elapsed(), attempts: 1 })
    }
}

/// What is behind an error: `Connection refused` rather than `error sending request`.
fn root_cause<'e>(mut error: &'e (dyn Error + 'static)) -> &'e dyn Error {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

/// Turns an answer that is no success into an error.
async fn failure(response: Response) -> ChatError {
    let status = response.status();
    let headers = response.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let retry_after = retry_after(headers, SystemTime::now());
    let body = response.text().await.unwrap_or_default();
    let (message, code) = match serde_json::from_str::<ErrorBody>(&body) {
        Ok(ErrorBody { error }) => (error.message, error.code),
        Err(_) => (body.chars().take(200).collect(), None),
    };
    match status {
        // Spent money does not come back by waiting.
        StatusCode::TOO_MANY_REQUESTS if code.as_deref() == Some("insufficient_quota") => {
            ChatError::Refused { status, message }
        }
        StatusCode::TOO_MANY_REQUESTS => ChatError::Throttled { retry_after, message },
        StatusCode::REQUEST_TIMEOUT => ChatError::Service { status, retry_after, message },
        _ if status.is_server_error() => ChatError::Service { status, retry_after, message },
        _ => ChatError::Refused { status, message },
    }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Usage,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Default, Deserialize)]
struct Usage {
    total_tokens: u64,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    message: String,
    code: Option<String>,
}
