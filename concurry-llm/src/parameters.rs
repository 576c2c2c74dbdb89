//! What goes into a request beside its text: temperature, the number of tokens, and so on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Fields of a request's body, by name.
///
/// Kept as JSON text, so that they cross to other processes by any codec, also by one that has to
/// know the types beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into().to_string());
    }

    /// Puts them into a body, over what is there.
    pub(crate) fn put_into(&self, body: &mut Map<String, Value>) {
        for (name, text) in &self.0 {
            // It was written by `set`. What somebody else put there goes out as a string.
            let value = serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into());
            body.insert(name.clone(), value);
        }
    }
}
