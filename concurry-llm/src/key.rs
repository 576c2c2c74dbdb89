//! The key of an account: it goes into requests and nowhere else.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use crate::LlmError;

/// A secret: it goes into requests, is never printed or serialised, and is wiped from memory when it
/// is dropped.
///
/// ```
/// use concurry_llm::ApiKey;
///
/// let key = ApiKey::new("sk-very-secret");
/// assert_eq!(format!("{key:?}"), "ApiKey(hidden)");
/// ```
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Takes the key itself.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(SecretString::from(key.into()))
    }

    /// Reads the key from an environment variable. `None` if it is unset, empty or not Unicode.
    #[must_use]
    pub fn from_environment(variable: &str) -> Option<Self> {
        let key = std::env::var(variable).ok()?;
        let key = key.trim();
        (!key.is_empty()).then(|| Self::new(key))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Takes the key out of what somebody else wrote, also where that was cut off within the key.
    pub(crate) fn hide_in(&self, mut text: String) -> String {
        let key = self.expose();
        // A short "key" such as `none` for a local service is no secret, and would hide real words.
        if key.len() < SECRET {
            return text;
        }
        if text.contains(key) {
            text = text.replace(key, HIDDEN);
        }
        let whole = text.strip_suffix('…').unwrap_or(&text);
        let ends_within_key =
            |length: &usize| key.get(..*length).is_some_and(|beginning| whole.ends_with(beginning));
        if let Some(length) = (SECRET..key.len()).rev().find(ends_within_key) {
            let before = whole.len() - length;
            text.replace_range(before..before + length, HIDDEN);
        }
        text
    }
}

/// From so many bytes on it is a secret.
const SECRET: usize = 8;

/// What stands for it.
const HIDDEN: &str = "(hidden key)";

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

/// Where the key comes from. Another process gets the name of the variable, never the key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum KeySource {
    #[default]
    None,
    /// This variable has to be set.
    Variable(String),
    /// The service may do without a key.
    OptionalVariable(String),
    Given(#[serde(serialize_with = "refuse", deserialize_with = "never")] ApiKey),
}

impl KeySource {
    pub(crate) fn read(&self) -> Result<Option<ApiKey>, LlmError> {
        match self {
            Self::None => Ok(None),
            Self::Given(key) => Ok(Some(key.clone())),
            Self::OptionalVariable(variable) => Ok(ApiKey::from_environment(variable)),
            Self::Variable(variable) => match ApiKey::from_environment(variable) {
                Some(key) => Ok(Some(key)),
                None => Err(LlmError::endpoint(
                    "key_from",
                    format_args!("the environment variable {variable} holds no key"),
                    "set it, or name another one",
                )),
            },
        }
    }
}

fn refuse<S: Serializer>(_: &ApiKey, _: S) -> Result<S::Ok, S::Error> {
    Err(ser::Error::custom(
        "a key is never sent to another process: let each read it from its environment by `key_from`",
    ))
}

fn never<'de, D: Deserializer<'de>>(_: D) -> Result<ApiKey, D::Error> {
    Err(de::Error::custom("a key is never read from serialised data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_given_as_a_value_is_not_serialised_and_a_variable_is_by_name() {
        let given = KeySource::Given(ApiKey::new("sk-0123456789"));
        let error = serde_json::to_string(&given).unwrap_err().to_string();
        assert!(error.contains("key_from"), "{error}");
        assert!(!error.contains("0123"), "{error}");
        let named = KeySource::Variable("OPENAI_API_KEY".into());
        assert_eq!(serde_json::to_string(&named).unwrap(), r#"{"Variable":"OPENAI_API_KEY"}"#);
    }

    #[test]
    fn what_a_service_repeats_of_the_key_is_hidden() {
        let key = ApiKey::new("sk-0123456789");
        let hidden = key.hide_in("bad key sk-0123456789!".into());
        assert_eq!(hidden, "bad key (hidden key)!");
        assert_eq!(ApiKey::new("none").hide_in("none at all".into()), "none at all");
    }

    #[test]
    fn a_key_that_is_cut_off_is_hidden_too() {
        let key = ApiKey::new("sk-0123456789");
        assert_eq!(key.hide_in("bad key sk-01234567…".into()), "bad key (hidden key)…");
        assert_eq!(key.hide_in("sk-0123456789 or sk-01234".into()), "(hidden key) or (hidden key)");
        assert_eq!(key.hide_in("it begins with sk-".into()), "it begins with sk-");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let source = KeySource::Variable("CONCURRY_NO_SUCH_VARIABLE".into());
        let error = source.read().unwrap_err().to_string();
        assert!(error.contains("CONCURRY_NO_SUCH_VARIABLE"), "{error}");
        let source = KeySource::OptionalVariable("CONCURRY_NO_SUCH_VARIABLE".into());
        assert!(source.read().unwrap().is_none());
    }
}
