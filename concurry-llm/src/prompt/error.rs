//! What can be wrong with a prompt, and where.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A place in a template. Lines and columns count from 1; columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or `prompt`, or the name under which the environment knows the template.
    pub template: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}, column {}", self.template, self.line, self.column)
    }
}

/// What is wrong with a prompt.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PromptError {
    /// The template does not parse.
    #[error("{place}: {problem}")]
    Syntax {
        /// Where.
        place: Place,
        /// What the parser says.
        problem: String,
    },
    /// Variables are needed and not given.
    #[error("{place}: {} missing", listed(.names))]
    Missing {
        /// Where the first of them is needed.
        place: Place,
        /// Their names.
        names: Vec<String>,
    },
    /// The template can't be filled with these values.
    #[error("{place}: {problem}")]
    Render {
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
    },
    /// The file can't be read.
    #[error("cannot read the prompt {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no such language code.
    #[error("`{code}` is no language code of ISO 639; write `en`, `deu` or `pt-BR`")]
    Language {
        /// What was given.
        code: String,
    },
}

fn listed(names: &[String]) -> String {
    let listed: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", listed.join(", "))
}
