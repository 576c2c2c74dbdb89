//! Reading and parsing an answer, of which nothing is believed: neither its size nor its form.

use reqwest::Response;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{error_in_body, from_reqwest};
use crate::LlmError;

/// How much of an answer that can't be read goes into an error, in characters.
const EXCERPT: usize = 200;

/// Reads a whole body of at most `limit` bytes.
pub(super) async fn read(mut response: Response, limit: u64) -> Result<Vec<u8>, LlmError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit {
        return Err(LlmError::TooLarge { limit });
    }
    // What is announced need not come: at first, room is made for no more than a usual answer.
    let mut bytes = Vec::with_capacity(announced.min(64 << 10) as usize);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if (bytes.len() + chunk.len()) as u64 > limit => {
                return Err(LlmError::TooLarge { limit });
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(from_reqwest(error, bytes.len() as u64)),
        }
    }
}

/// Parses an answer that came with success. Some services send their errors so, too.
pub(super) fn parse<A: DeserializeOwned>(bytes: &[u8]) -> Result<A, LlmError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = error.to_string();
        match serde_json::from_slice::<Value>(bytes) {
            Err(error) => LlmError::NotJson { message: error.to_string(), excerpt: excerpt(bytes) },
            Ok(value) => error_in_body(&value)
                .unwrap_or_else(|| LlmError::Unexpected { message, excerpt: excerpt(bytes) }),
        }
    })
}

/// The beginning of an answer, as far as it can be printed.
pub(crate) fn excerpt(bytes: &[u8]) -> String {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(4 * EXCERPT)]);
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let mut excerpt: String = beginning.chars().map(printable).take(EXCERPT).collect();
    if bytes.len() > excerpt.len() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Answer {
        #[expect(dead_code, reason = "only whether it is there counts")]
        text: String,
    }

    #[test]
    fn garbage_wrong_shapes_and_hidden_errors_are_told_apart() {
        let error = |text: &str| parse::<Answer>(text.as_bytes()).unwrap_err();
        assert!(matches!(error("<html>"), LlmError::NotJson { .. }));
        assert!(matches!(error(r#"{"text": "cut"#), LlmError::NotJson { .. }));
        assert!(matches!(error(""), LlmError::NotJson { .. }));
        assert!(matches!(error(r#"{"answer": 1}"#), LlmError::Unexpected { .. }));
        let hidden = error(r#"{"error": {"message": "overloaded", "code": 503}}"#);
        assert!(matches!(hidden, LlmError::Service { status: 503, .. }), "{hidden}");
    }

    #[test]
    fn an_excerpt_is_short_and_printable_whatever_the_bytes_are() {
        let excerpt = excerpt(&[0xff, 0, b'a', b'\n'].repeat(10_000));
        assert_eq!(excerpt.chars().count(), EXCERPT + 1);
        assert!(!excerpt.contains(char::is_control));
    }

    proptest! {
        #[test]
        fn no_bytes_and_no_json_make_it_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            text in r#"[{\[]?("(error|code|message)":)?["{\[0-9a-zä\\}\]]{0,20}[}\]]?"#,
        ) {
            let _ = parse::<Answer>(&bytes);
            let _ = parse::<Answer>(text.as_bytes());
        }
    }
}
