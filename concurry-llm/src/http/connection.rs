//! One request and its answer.

use std::fmt;
use std::time::{Duration, Instant};

use concurry_core::CallContext;
use reqwest::{Client, Response, Url};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{body, failure, from_reqwest};
use crate::LlmError;
use crate::endpoint::Protocol;
use crate::key::ApiKey;
use crate::limit_headers;
use crate::usage::REQUESTS;

/// The connections to one endpoint. Cheap to clone; clones share them.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(super) http: Client,
    pub(super) base: Url,
    pub(super) key: Option<ApiKey>,
    pub(crate) protocol: Protocol,
    pub(crate) timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_answer: u64,
}

/// An answer, and how long it took.
pub(crate) struct Exchange<A> {
    pub(crate) answer: A,
    pub(crate) latency: Duration,
}

impl Connection {
    /// Counts a request with the limits, unless the pool has done so. Waiting for them is not part of
    /// the request's time.
    pub(crate) async fn count(&self, context: &CallContext) -> Result<(), LlmError> {
        if context.permit().amount(REQUESTS).is_some() {
            return Ok(());
        }
        let limits = match limit_headers::set_of(context) {
            Some(set) => set.exact(),
            None => context.limits().exact(),
        };
        if !limits.sets().any(|set| set.key(REQUESTS).is_ok()) {
            return Ok(());
        }
        let permit = limits.acquire([(REQUESTS, 1)]).await;
        // A rate is spent for good: there is nothing to hold on to.
        permit.map(drop).map_err(|error| LlmError::Limits { message: error.to_string() })
    }

    /// Sends a body and reads the whole answer, both within the timeout.
    pub(crate) async fn post<A: DeserializeOwned>(
        &self,
        context: &CallContext,
        path: &str,
        body: &Map<String, Value>,
    ) -> Result<Exchange<A>, LlmError> {
        self.count(context).await?;
        let started = context.clock().now();
        let exchange = async {
            let response = self.open(context, path, body).await?;
            let bytes = body::read(response, self.max_answer).await?;
            body::parse(&bytes)
        };
        let answer = self.in_time(context, started, exchange).await?;
        let latency = context.clock().now().saturating_duration_since(started);
        Ok(Exchange { answer, latency })
    }

    /// Bounds what belongs to one request. An error never holds the key.
    pub(crate) async fn in_time<T>(
        &self,
        context: &CallContext,
        started: Instant,
        exchange: impl Future<Output = Result<T, LlmError>>,
    ) -> Result<T, LlmError> {
        let deadline = started.checked_add(self.timeout).unwrap_or(started);
        match context.clock().timeout_at(deadline, exchange).await {
            Ok(outcome) => outcome.map_err(|error| self.without_key(error)),
            Err(_) => Err(LlmError::TimedOut(self.timeout)),
        }
    }

    /// Sends a body, and gives the answer as soon as its head is there and says success.
    pub(crate) async fn open(
        &self,
        context: &CallContext,
        path: &str,
        body: &Map<String, Value>,
    ) -> Result<Response, LlmError> {
        let body = serde_json::to_vec(body)
            .map_err(|error| LlmError::endpoint("model", error, "look at its parameters"))?;
        let mut request = self.http.post(self.url(path)).body(body);
        if let Some(key) = context.idempotency_key() {
            request = request.header("Idempotency-Key", key);
        }
        let sent = context.clock().now();
        let response = request.send().await.map_err(|error| from_reqwest(error, 0))?;
        let age = context.clock().now().saturating_duration_since(sent);
        limit_headers::follow(context, response.headers(), age);
        if response.status().is_success() {
            return Ok(response);
        }
        Err(failure::of_response(response).await)
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// Some services repeat the key that they refuse.
    pub(crate) fn without_key(&self, mut error: LlmError) -> LlmError {
        let Some(key) = &self.key else { return error };
        match &mut error {
            LlmError::Throttled { message, .. }
            | LlmError::QuotaExhausted { message }
            | LlmError::Service { message, .. }
            | LlmError::Connection { message }
            | LlmError::Truncated { message, .. }
            | LlmError::Interrupted { message }
            | LlmError::Withheld { reason: message } => {
                *message = key.hide_in(std::mem::take(message));
            }
            LlmError::Refused { code, message, .. } => {
                *code = code.take().map(|code| key.hide_in(code));
                *message = key.hide_in(std::mem::take(message));
            }
            LlmError::NotJson { message, excerpt } | LlmError::Unexpected { message, excerpt } => {
                *message = key.hide_in(std::mem::take(message));
                *excerpt = key.hide_in(std::mem::take(excerpt));
            }
            LlmError::TimedOut(_)
            | LlmError::TooLarge { .. }
            | LlmError::NoAnswer
            | LlmError::Limits { .. }
            | LlmError::Endpoint { .. } => {}
        }
        error
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}
