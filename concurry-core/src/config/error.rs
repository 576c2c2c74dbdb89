//! What is wrong with a value.

use thiserror::Error;

use super::layer::Layer;

/// What is wrong with a value.
///
/// ```
/// use concurry_core::config::{self, ConfigError, Settings};
///
/// let error = config::set_global(Settings::new().max_workers(0)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "`max_workers` (global) is 0, but has to be a whole number, at least 1"
/// );
/// assert!(matches!(error, ConfigError::OutOfRange { field: "max_workers", .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value that was set in code is not legal.
    #[error("`{field}` ({layer}) is {got}, but has to be {legal}")]
    OutOfRange {
        /// The setting.
        field: &'static str,
        /// Where it was to be set.
        layer: Layer,
        /// What it was set to.
        got: String,
        /// What it may be.
        legal: &'static str,
    },
    /// An environment variable can't be understood, or its value is not legal.
    #[error("the environment variable {variable} is `{got}`, but has to be {legal}")]
    Variable {
        /// The variable.
        variable: String,
        /// What it is.
        got: String,
        /// What it may be.
        legal: &'static str,
    },
    /// Two values of one layer contradict each other, or a value the mode that it is for.
    #[error("{problem} ({layer}); {remedy}")]
    Contradiction {
        /// Where they are set.
        layer: Layer,
        /// What contradicts what.
        problem: String,
        /// What to change.
        remedy: &'static str,
    },
}
