//! What kind of failure an answer or a broken connection is.

use std::error::Error;
use std::time::{Duration, SystemTime};

use concurry_retry::retry_after;
use reqwest::{Response, StatusCode, header};
use serde_json::Value;

use super::body::{self, excerpt};
use crate::LlmError;

/// The most of an error's body that is read, in bytes.
const MAX_ERROR_BODY: u64 = 64 << 10;
/// The most of a service's message that is kept, in characters.
const MAX_MESSAGE: usize = 1_000;

/// The error that an answer without success stands for.
pub(super) async fn of_response(response: Response) -> LlmError {
    let status = response.status();
    let headers = response.headers().iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let retry_after = retry_after(headers, SystemTime::now());
    if status.is_redirection() {
        let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let message = format!(
            "it redirects to {}; give the endpoint that base URL if you trust it",
            to.unwrap_or("nowhere")
        );
        return LlmError::Refused { status: status.as_u16(), code: None, message };
    }
    // The status says enough if the rest does not come.
    let bytes = body::read(response, MAX_ERROR_BODY).await.unwrap_or_default();
    let detail = match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => Detail::read(&value),
        Err(_) => Detail { message: Some(excerpt(&bytes)), ..Detail::default() },
    };
    classify(status, retry_after, detail)
}

/// The error in a body that came with success, or as an event of a stream.
pub(crate) fn error_in_body(body: &Value) -> Option<LlmError> {
    body.get("error").filter(|error| !error.is_null())?;
    let detail = Detail::read(body);
    // As a number, or as a text with one.
    let status = detail.code.as_deref().and_then(|code| code.parse::<StatusCode>().ok());
    let status = match status {
        Some(status) => status,
        None if detail.says(&["rate_limit_exceeded", "insufficient_quota"]) => {
            StatusCode::TOO_MANY_REQUESTS
        }
        // The same again would be refused again.
        None if detail.says(&["invalid_request_error", "context_length_exceeded"]) => {
            StatusCode::BAD_REQUEST
        }
        None => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Some(classify(status, None, detail))
}

/// The error behind a connection that broke after so many bytes of an answer.
pub(crate) fn from_reqwest(error: reqwest::Error, received: u64) -> LlmError {
    let in_body = error.is_body() || error.is_decode();
    let error = error.without_url();
    let message = root_cause(&error).to_string();
    if in_body {
        LlmError::Truncated { received, message }
    } else {
        LlmError::Connection { message }
    }
}

/// What is behind an error: `Connection refused` rather than `error sending request`.
fn root_cause<'e>(mut error: &'e (dyn Error + 'static)) -> &'e dyn Error {
    while let Some(cause) = error.source() {
        error = cause;
    }
    error
}

fn classify(status: StatusCode, retry_after: Option<Duration>, detail: Detail) -> LlmError {
    let quota_is_exhausted = detail.says(&["insufficient_quota", "billing_hard_limit_reached"]);
    let message = detail.message.filter(|message| !message.is_empty());
    let mut message =
        message.unwrap_or_else(|| status.canonical_reason().unwrap_or("no message").to_owned());
    if let Some((end, _)) = message.char_indices().nth(MAX_MESSAGE) {
        message.truncate(end);
        message.push('…');
    }
    match status {
        StatusCode::PAYMENT_REQUIRED => LlmError::QuotaExhausted { message },
        // Spent money does not come back by waiting.
        StatusCode::TOO_MANY_REQUESTS if quota_is_exhausted => LlmError::QuotaExhausted { message },
        StatusCode::TOO_MANY_REQUESTS => LlmError::Throttled { retry_after, message },
        _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            LlmError::Service { status: status.as_u16(), retry_after, message }
        }
        _ => LlmError::Refused { status: status.as_u16(), code: detail.code, message },
    }
}

/// What the body of an error tells, in the forms that services use: `{"error": {"message", "code",
/// "type"}}`, `{"error": "text"}`, `{"message": "text"}`, `{"detail": …}`.
#[derive(Default)]
struct Detail {
    message: Option<String>,
    code: Option<String>,
    kind: Option<String>,
}

impl Detail {
    fn read(body: &Value) -> Self {
        let error = body.get("error").unwrap_or(body);
        let text = |name: &str| match error.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        let message = error.as_str().map(str::to_owned);
        let message = message.or_else(|| text("message")).or_else(|| text("detail"));
        Self {
            message: Some(message.unwrap_or_else(|| excerpt(error.to_string().as_bytes()))),
            code: text("code"),
            kind: text("type"),
        }
    }

    fn says(&self, codes: &[&str]) -> bool {
        let said = [self.code.as_deref(), self.kind.as_deref()];
        said.into_iter().flatten().any(|code| codes.contains(&code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use concurry_retry::{Retryable, Verdict};
    use serde_json::json;

    fn of(status: u16, body: Value) -> LlmError {
        classify(StatusCode::from_u16(status).unwrap(), None, Detail::read(&body))
    }

    #[test]
    fn a_status_decides_whether_another_try_helps() {
        let error = json!({ "error": { "message": "no", "type": "some_error", "code": null } });
        for status in [408, 500, 502, 503, 504, 529] {
            assert_eq!(of(status, error.clone()).verdict(), Verdict::Retry, "{status}");
        }
        for status in [400, 401, 402, 403, 404, 409, 413, 422] {
            assert_eq!(of(status, error.clone()).verdict(), Verdict::Fatal, "{status}");
        }
        assert_eq!(of(429, error).verdict(), Verdict::Throttle(None));
    }

    #[test]
    fn spent_money_is_told_from_haste_by_code_and_by_type() {
        for field in ["code", "type"] {
            let error =
                of(429, json!({ "error": { "message": "m", field: "insufficient_quota" } }));
            assert_eq!(error, LlmError::QuotaExhausted { message: "m".into() });
        }
    }

    #[test]
    fn an_error_that_came_with_success_is_known_by_code_and_by_type() {
        let verdict = |field: &str, value: &str| {
            error_in_body(&json!({ "error": { "message": "m", field: value } })).unwrap().verdict()
        };
        for field in ["code", "type"] {
            assert_eq!(verdict(field, "rate_limit_exceeded"), Verdict::Throttle(None));
            assert_eq!(verdict(field, "insufficient_quota"), Verdict::Fatal);
            assert_eq!(verdict(field, "context_length_exceeded"), Verdict::Fatal);
            assert_eq!(verdict(field, "server_error"), Verdict::Retry);
        }
    }

    #[test]
    fn messages_are_found_in_all_their_places() {
        for body in [
            json!({ "error": { "message": "why" } }),
            json!({ "error": "why" }),
            json!({ "message": "why" }),
            json!({ "detail": "why" }),
        ] {
            let LlmError::Refused { message, .. } = of(400, body) else { panic!() };
            assert_eq!(message, "why");
        }
        let LlmError::Refused { message, .. } = of(400, json!([1, 2])) else { panic!() };
        assert_eq!(message, "[1,2]");
    }

    #[test]
    fn a_message_is_bounded() {
        let LlmError::Refused { message, .. } = of(400, json!({ "message": "ä".repeat(5_000) }))
        else {
            panic!()
        };
        assert_eq!(message.chars().count(), MAX_MESSAGE + 1);
    }
}
