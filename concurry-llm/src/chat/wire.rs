//! The bodies that services answer a chat with.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::LlmError;
use crate::reply::{Reply, ToolCall};
use crate::usage::{Usage, WireUsage, reported};

/// A whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct Completion {
    choices: Vec<Choice>,
    #[serde(default, deserialize_with = "reported::<_, WireUsage>")]
    usage: Option<Usage>,
    model: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Answer,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    content: Option<Content>,
    refusal: Option<String>,
    tool_calls: Option<Vec<WireToolCall>>,
}

/// A text, or, from some services, parts of which some are text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireToolCall {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    function: Function,
}

#[derive(Debug, Deserialize)]
struct Function {
    name: String,
    /// JSON in a text, or, from some services, as it is.
    #[serde(default)]
    arguments: Value,
}

/// What is `null` is as good as missing.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Completion {
    /// What it says; the usage counts also where it says nothing.
    pub(super) fn into_reply(self) -> (Reply, Result<(), LlmError>) {
        let usage = self.usage.unwrap_or_default();
        let mut reply = Reply { model: self.model, usage, ..Reply::default() };
        let Some(choice) = self.choices.into_iter().next() else {
            return (reply, Err(LlmError::NoAnswer));
        };
        reply.finish_reason = choice.finish_reason;
        let tool_calls = choice.message.tool_calls.unwrap_or_default().into_iter();
        reply.tool_calls = tool_calls.map(WireToolCall::into_tool_call).collect();
        let content = choice.message.content.map(Content::into_text);
        let refusal = choice.message.refusal.filter(|reason| !reason.is_empty());
        let outcome = match (content, refusal) {
            (_, Some(reason)) => Err(LlmError::Withheld { reason }),
            (Some(text), None) if !(text.is_empty() && is_filtered(&reply)) => {
                reply.text = text;
                Ok(())
            }
            (_, None) if !reply.tool_calls.is_empty() => Ok(()),
            (_, None) => Err(no_answer(reply.finish_reason.as_deref())),
        };
        (reply, outcome)
    }
}

fn is_filtered(reply: &Reply) -> bool {
    reply.finish_reason.as_deref() == Some("content_filter")
}

/// The error for an answer without text that ended for this reason.
pub(super) fn no_answer(finish_reason: Option<&str>) -> LlmError {
    match finish_reason {
        Some(reason @ "content_filter") => LlmError::Withheld { reason: reason.to_owned() },
        _ => LlmError::NoAnswer,
    }
}

impl Content {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().filter_map(|part| part.text).collect(),
        }
    }
}

impl WireToolCall {
    fn into_tool_call(self) -> ToolCall {
        let Function { name, arguments } = self.function;
        let arguments = match arguments {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        ToolCall { id: self.id, name, arguments }
    }
}

/// One event of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    #[serde(default, deserialize_with = "or_default")]
    choices: Vec<ChunkChoice>,
    #[serde(default, deserialize_with = "reported::<_, WireUsage>")]
    pub(super) usage: Option<Usage>,
}

#[derive(Debug, Deserialize)]
struct ChunkChoice {
    #[serde(default)]
    index: u64,
    #[serde(default, deserialize_with = "or_default")]
    delta: Delta,
    finish_reason: Option<String>,
}

/// What an event adds.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    pub(super) content: Option<String>,
    /// Instead of an answer.
    pub(super) refusal: Option<String>,
}

impl Chunk {
    /// What it adds, and why the answer ends, if it does.
    pub(super) fn into_delta(self) -> (Delta, Option<String>) {
        // Where several answers were asked for, the first one counts.
        let first = self.choices.into_iter().find(|choice| choice.index == 0);
        first.map(|choice| (choice.delta, choice.finish_reason)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(json: &str) -> (Reply, Result<(), LlmError>) {
        serde_json::from_str::<Completion>(json).unwrap().into_reply()
    }

    #[test]
    fn text_parts_and_tool_calls_are_answers() {
        let (reply, outcome) = read(
            r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],"model":"m-1",
                "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#,
        );
        outcome.unwrap();
        assert_eq!((reply.text.as_str(), reply.usage.total_tokens), ("Hi", 5));
        assert_eq!(reply.model.as_deref(), Some("m-1"));
        let (reply, _) = read(
            r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"x"},
                {"type":"text","text":"b"}]}}]}"#,
        );
        assert_eq!(reply.text, "ab");
        let (reply, outcome) = read(
            r#"{"choices":[{"message":{"content":null,"tool_calls":[
                {"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}"#,
        );
        outcome.unwrap();
        assert_eq!(reply.tool_calls[0].name, "f");
    }

    #[test]
    fn of_several_answers_of_a_stream_the_first_one_counts() {
        let text = |index: u64| {
            let chunk = json!({ "choices": [{ "index": index, "delta": { "content": "a" } }] });
            serde_json::from_value::<Chunk>(chunk).unwrap().into_delta().0.content
        };
        assert_eq!((text(0).as_deref(), text(1)), (Some("a"), None));
    }

    #[test]
    fn what_is_null_is_as_good_as_missing() {
        let chunks = [
            json!({ "choices": null, "usage": null }),
            json!({ "choices": [{ "delta": null }] }),
            json!({}),
        ];
        for chunk in chunks {
            let chunk = serde_json::from_value::<Chunk>(chunk).unwrap();
            assert!(chunk.into_delta().0.content.is_none());
        }
        for (arguments, text) in
            [("null", ""), (r#""{\"a\":1}""#, r#"{"a":1}"#), (r#"{"a":1}"#, r#"{"a":1}"#)]
        {
            let call =
                format!(r#"{{"id":null,"function":{{"name":"f","arguments":{arguments}}}}}"#);
            let message = format!(r#"{{"message":{{"tool_calls":[{call}]}}}}"#);
            let (reply, outcome) = read(&format!(r#"{{"choices":[{message}]}}"#));
            outcome.unwrap();
            assert_eq!(reply.tool_calls[0].arguments, text);
        }
    }

    #[test]
    fn what_is_no_answer_still_counts_its_tokens() {
        let usage = r#""usage":{"prompt_tokens":3}"#;
        for (choice, expected) in [
            ("", LlmError::NoAnswer),
            (r#"{"message":{"content":null}}"#, LlmError::NoAnswer),
            (
                r#"{"message":{"content":null},"finish_reason":"content_filter"}"#,
                LlmError::Withheld { reason: "content_filter".into() },
            ),
            (
                r#"{"message":{"content":"","refusal":""},"finish_reason":"content_filter"}"#,
                LlmError::Withheld { reason: "content_filter".into() },
            ),
            (r#"{"message":{"refusal":"No."}}"#, LlmError::Withheld { reason: "No.".into() }),
        ] {
            let (reply, outcome) = read(&format!(r#"{{"choices":[{choice}],{usage}}}"#));
            assert_eq!(outcome.unwrap_err(), expected);
            assert_eq!(reply.usage.total_tokens, 3);
        }
    }
}
