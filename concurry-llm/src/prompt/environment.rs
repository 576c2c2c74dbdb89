//! What many prompts share: values, and templates that they include.

use std::fmt;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::template::{Template, syntax_error};
use super::{Prompt, PromptError};

/// What many prompts share: values that all of them see, and templates that they include or extend.
///
/// ```
/// use concurry_llm::{PromptEnvironment, context};
///
/// let shared = PromptEnvironment::new()
///     .global("product", "concurry")
///     .template("tone", "Be {{ tone | default('brief') }} about {{ product }}.")?;
/// let prompt = shared.prompt("{% include 'tone' %}\n{{ question }}")?;
/// assert_eq!(prompt.variables(), ["question"]);
/// assert_eq!(prompt.render(context! { question => "Why?" })?, "Be brief about concurry.\nWhy?");
/// # Ok::<(), concurry_llm::PromptError>(())
/// ```
#[derive(Clone)]
#[must_use = "an environment does nothing until prompts are made in it"]
pub struct PromptEnvironment {
    environment: Environment<'static>,
}

impl PromptEnvironment {
    /// With minijinja's filters and functions, and nothing else.
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // What is put together keeps its lines.
        let keeping = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(keeping.unwrap_or_default());
        environment.set_debug(true); // so that errors know their column
        Self { environment }
    }

    /// A value that every prompt sees. One that is given when a prompt is filled comes before it.
    pub fn global(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.environment.add_global(name.into(), value);
        self
    }

    /// A template that prompts may include, import or extend by its name.
    ///
    /// # Errors
    ///
    /// [`PromptError::Syntax`], with line and column.
    pub fn template(
        mut self,
        name: impl Into<String>,
        source: impl Into<String>,
    ) -> Result<Self, PromptError> {
        let (name, source) = (name.into(), source.into());
        match self.environment.add_template_owned(name.clone(), source.clone()) {
            Ok(()) => Ok(self),
            Err(error) => Err(syntax_error(&error, &name, &source)),
        }
    }

    /// Makes a prompt that sees this environment as it is now.
    ///
    /// # Errors
    ///
    /// As [`Prompt::new`].
    pub fn prompt(&self, source: impl Into<String>) -> Result<Prompt, PromptError> {
        self.parse("prompt".to_owned(), source.into())
    }

    /// Reads a prompt from a file.
    ///
    /// # Errors
    ///
    /// As [`Prompt::from_file`].
    pub fn file(&self, path: impl AsRef<Path>) -> Result<Prompt, PromptError> {
        let path = path.as_ref();
        match std::fs::read_to_string(path) {
            Ok(mut source) => {
                // Editors end files so, people do not mean it.
                let text = source.strip_suffix('\n').unwrap_or(&source);
                source.truncate(text.strip_suffix('\r').unwrap_or(text).len());
                self.parse(path.display().to_string(), source)
            }
            Err(source) => Err(PromptError::File { path: path.to_owned(), source }),
        }
    }

    fn parse(&self, name: String, source: String) -> Result<Prompt, PromptError> {
        Template::parse(self.environment.clone(), name, source).map(Prompt::parsed)
    }
}

impl Default for PromptEnvironment {
    fn default() -> Self {
        Self::new()
    }
}

/// An environment of yours, with your filters and functions, as it is: unless it is strict, missing
/// variables are empty, and unless it is in debug mode, errors know no columns.
impl From<Environment<'static>> for PromptEnvironment {
    fn from(environment: Environment<'static>) -> Self {
        Self { environment }
    }
}

impl fmt::Debug for PromptEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let templates = self.environment.templates().map(|(name, _)| name.to_owned());
        let globals = self.environment.globals().map(|(name, _)| name.to_owned());
        f.debug_struct("PromptEnvironment")
            .field("templates", &templates.collect::<Vec<_>>())
            .field("globals", &globals.collect::<Vec<_>>())
            .finish()
    }
}
