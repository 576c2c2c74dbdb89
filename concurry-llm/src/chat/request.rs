//! What is asked: the messages of a chat.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::model::Model;
use crate::parameters::Parameters;
use crate::tokens::estimate_tokens;

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// The instructions.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
}

/// One message of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// Instructions.
    #[must_use]
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: Role::System, content: content.into() }
    }

    /// What the user says.
    #[must_use]
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// What the model said before.
    #[must_use]
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// A chat to be continued by the model. Made from a text, which the user says, or from messages.
///
/// ```
/// use concurry_llm::{ChatRequest, Message};
///
/// let short: ChatRequest = "What is the capital of France?".into();
/// let long: ChatRequest = ChatRequest::new([
///     Message::system("Answer in one word."),
///     Message::user("What is the capital of France?"),
/// ])
/// .set("temperature", 0.0);
/// assert!(long.estimate_tokens() > short.estimate_tokens());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRequest {
    messages: Vec<Message>,
    parameters: Parameters,
}

impl ChatRequest {
    /// These messages.
    #[must_use]
    pub fn new(messages: impl IntoIterator<Item = Message>) -> Self {
        Self { messages: messages.into_iter().collect(), parameters: Parameters::default() }
    }

    /// Adds a message.
    #[must_use]
    pub fn message(mut self, message: Message) -> Self {
        self.messages.push(message);
        self
    }

    /// A field of this request's body, over what the [`Model`] says: `tools`, `response_format`; also
    /// `messages`, for messages that are more than text.
    #[must_use]
    pub fn set(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.set(field, value);
        self
    }

    /// The messages.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// About how many tokens the messages have: [`estimate_tokens`] of each, and four around it.
    #[must_use]
    pub fn estimate_tokens(&self) -> u64 {
        self.count_tokens(&estimate_tokens)
    }

    pub(crate) fn count_tokens(&self, count: &dyn Fn(&str) -> u64) -> u64 {
        self.messages.iter().map(|message| count(&message.content) + 4).sum()
    }

    /// The body of the request.
    pub(super) fn body(&self, model: &Model) -> Map<String, Value> {
        let mut body = model.body();
        let instructed = self.messages.iter().any(|message| message.role == Role::System);
        let instructions = model.instructions().filter(|_| !instructed);
        let instructions = instructions.map(|text| json!({ "role": "system", "content": text }));
        let messages = self.messages.iter().map(|message| json!(message));
        body.insert("messages".into(), instructions.into_iter().chain(messages).collect());
        self.parameters.put_into(&mut body);
        body
    }
}

impl From<&str> for ChatRequest {
    fn from(text: &str) -> Self {
        Self::new([Message::user(text)])
    }
}

impl From<String> for ChatRequest {
    fn from(text: String) -> Self {
        Self::new([Message::user(text)])
    }
}

impl From<Vec<Message>> for ChatRequest {
    fn from(messages: Vec<Message>) -> Self {
        Self::new(messages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_instructions_come_first_unless_the_chat_has_its_own() {
        let model = Model::new("m").system("Be brief.").temperature(0.5);
        let body = ChatRequest::from("Hi").body(&model);
        let expected = json!({
            "model": "m",
            "temperature": 0.5,
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Hi" },
            ],
        });
        assert_eq!(Value::from(body), expected);
        let own = ChatRequest::new([Message::system("Be long."), Message::user("Hi")]);
        assert_eq!(own.body(&model)["messages"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_request_may_change_any_field() {
        let model = Model::new("m").temperature(0.5);
        let request = ChatRequest::from("Hi").set("temperature", 0).set("stop", vec!["a", "b"]);
        let body = Value::from(request.body(&model));
        assert_eq!(body["temperature"], 0);
        assert_eq!(body["stop"], json!(["a", "b"]));
    }
}
