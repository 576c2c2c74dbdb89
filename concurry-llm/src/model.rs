//! Which model answers, and how.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::parameters::Parameters;

/// A model by its name, with what every request to it says.
///
/// ```
/// use concurry_llm::Model;
///
/// let model = Model::new("gpt-4o-mini").temperature(0.1).max_tokens(256).set("seed", 7);
/// assert_eq!(model.name(), "gpt-4o-mini");
/// let same: Model = "gpt-4o-mini".into(); // with the service's own defaults
/// assert_eq!(same.name(), model.name());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a model does nothing until a client is started with it"]
pub struct Model {
    name: String,
    system: Option<String>,
    parameters: Parameters,
}

impl Model {
    /// The model of that name, with the service's defaults.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), system: None, parameters: Parameters::default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instructions that come before each chat which has none of its own.
    pub fn system(mut self, instructions: impl Into<String>) -> Self {
        self.system = Some(instructions.into());
        self
    }

    /// How freely it chooses its words: 0 for almost always the same.
    pub fn temperature(self, temperature: f64) -> Self {
        self.set("temperature", temperature)
    }

    /// The most tokens of an answer. Some newer models call it `max_completion_tokens`: for them use
    /// [`set`](Self::set).
    pub fn max_tokens(self, tokens: u32) -> Self {
        self.set("max_tokens", tokens)
    }

    /// Any other field of the request's body, as the service documents it.
    pub fn set(mut self, field: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.set(field, value);
        self
    }

    pub(crate) fn instructions(&self) -> Option<&str> {
        self.system.as_deref()
    }

    /// The beginning of a request's body.
    pub(crate) fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        body.insert("model".into(), self.name.as_str().into());
        self.parameters.put_into(&mut body);
        body
    }
}

impl From<&str> for Model {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Model {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
