//! Why a request has no answer, and whether another try may have one.

use std::time::Duration;

use concurry_retry::{Retryable, Verdict};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a request has no answer.
///
/// It says itself what may be tried again ([`Retryable`]): what passes by waiting does, what the
/// service has understood and refused does not. It never holds a key: where a service repeats one in
/// its message, it is taken out.
///
/// ```
/// use concurry_llm::LlmError;
/// use concurry_retry::{Retryable, Verdict};
/// use std::time::Duration;
///
/// let wait = Duration::from_secs(2);
/// let busy = LlmError::Throttled { retry_after: Some(wait), message: "slow down".into() };
/// assert_eq!(busy.verdict(), Verdict::Throttle(Some(wait)));
///
/// let spent = LlmError::QuotaExhausted { message: "no money left".into() };
/// assert_eq!(spent.verdict(), Verdict::Fatal); // waiting does not help
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum LlmError {
    /// Status 429: too many requests or tokens for now.
    #[error("the service asks for fewer requests: {message}")]
    Throttled {
        /// When to come back, if the service said so.
        retry_after: Option<Duration>,
        /// What the service says.
        message: String,
    },
    /// The account has no money or no quota left. Waiting does not help.
    #[error("the account's quota is exhausted: {message}")]
    QuotaExhausted {
        /// What the service says.
        message: String,
    },
    /// The service failed: a status from 500, or 408.
    #[error("the service failed with status {status}: {message}")]
    Service {
        /// The HTTP status.
        status: u16,
        /// When to come back, if the service said so.
        retry_after: Option<Duration>,
        /// What the service says.
        message: String,
    },
    /// The service understood the request and refused it: a bad key, an unknown model, a prompt that
    /// is too long.
    #[error("the service refused the request with status {status}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The service's name for the error, such as `context_length_exceeded`.
        code: Option<String>,
        /// What the service says.
        message: String,
    },
    /// The service could not be reached, or the connection broke before an answer began.
    #[error("no connection to the service: {message}")]
    Connection {
        /// The innermost cause.
        message: String,
    },
    /// No whole answer, or no further token, within this time.
    #[error(
        "the service did not answer within {0:?}; the endpoint's `timeout` and `idle_timeout` bound it"
    )]
    TimedOut(Duration),
    /// The connection broke in the middle of an answer.
    #[error("the answer ended early, after {received} bytes: {message}")]
    Truncated {
        /// How many bytes had come.
        received: u64,
        /// The innermost cause.
        message: String,
    },
    /// The answer is not JSON: a proxy's error page, garbage.
    #[error("the answer is not JSON ({message}); it begins with `{excerpt}`")]
    NotJson {
        /// What the parser says.
        message: String,
        /// The first characters of the answer.
        excerpt: String,
    },
    /// The answer is JSON of another shape: a service that speaks another protocol.
    #[error("the answer is not what this protocol has ({message}); it begins with `{excerpt}`")]
    Unexpected {
        /// What is missing or of another type.
        message: String,
        /// The first characters of the answer.
        excerpt: String,
    },
    /// The answer is larger than the endpoint's `max_answer`; it was not read any further.
    #[error("the answer has more than {limit} bytes; the endpoint's `max_answer` bounds it")]
    TooLarge {
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// The answer holds no text and no tool call.
    #[error("the answer holds no text")]
    NoAnswer,
    /// The service withheld the answer: a refusal, a content filter.
    #[error("the service withheld the answer: {reason}")]
    Withheld {
        /// The refusal's text, or the reason that the service names.
        reason: String,
    },
    /// A stream broke after its first token. What was handed out can't be taken back, so the call is
    /// not tried again.
    #[error("the stream broke after its first token: {message}")]
    Interrupted {
        /// What happened.
        message: String,
    },
    /// The pool's limits never let the request through.
    #[error("the limits never let the request through: {message}")]
    Limits {
        /// What they say.
        message: String,
    },
    /// The endpoint can't be used as it is described.
    #[error("`{option}` of the endpoint is wrong: {problem}; {remedy}")]
    Endpoint {
        /// The option.
        option: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
}

impl LlmError {
    pub(crate) fn endpoint(option: &str, problem: impl ToString, remedy: &str) -> Self {
        Self::Endpoint {
            option: option.to_owned(),
            problem: problem.to_string(),
            remedy: remedy.to_owned(),
        }
    }
}

/// What the retries go by.
impl Retryable for LlmError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Throttled { retry_after, .. } => Verdict::Throttle(*retry_after),
            Self::Service { retry_after: Some(wait), .. } => Verdict::RetryAfter(*wait),
            Self::Service { retry_after: None, .. }
            | Self::Connection { .. }
            | Self::TimedOut(_)
            | Self::Truncated { .. }
            | Self::NotJson { .. }
            | Self::NoAnswer => Verdict::Retry,
            Self::QuotaExhausted { .. }
            | Self::Refused { .. }
            | Self::Unexpected { .. }
            | Self::TooLarge { .. }
            | Self::Withheld { .. }
            | Self::Interrupted { .. }
            | Self::Limits { .. }
            | Self::Endpoint { .. } => Verdict::Fatal,
        }
    }

    /// Whether the service finds fault with what was sent: it is malformed, too long, or too much.
    fn blames_arguments(&self) -> bool {
        matches!(self, Self::Refused { status: 400 | 413 | 422, .. })
    }
}
