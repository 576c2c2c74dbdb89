//! What a model answered.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::usage::Usage;

/// What a model answered. Prints as its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Reply {
    /// The answer. Empty if the model only calls tools.
    pub text: String,
    /// The tools that the model asks for.
    pub tool_calls: Vec<ToolCall>,
    /// Why the answer ends: `stop`, `length`, `tool_calls`, as the service calls it.
    pub finish_reason: Option<String>,
    /// The model that answered, by the service's own name.
    pub model: Option<String>,
    /// The tokens used.
    pub usage: Usage,
    /// How long the request took that was answered.
    pub latency: Duration,
    /// How many attempts it took, with those that failed.
    pub attempts: u32,
}

/// A tool that the model asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// What the tool's result refers to.
    pub id: String,
    /// The name of the tool.
    pub name: String,
    /// Its arguments, as the model wrote them: usually a JSON object.
    pub arguments: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
