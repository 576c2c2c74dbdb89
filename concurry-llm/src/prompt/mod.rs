//! Prompts: templates whose variables are known before they are filled.

mod environment;
mod error;
mod template;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Add;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use concurry_graph::Lazy;
use isolang::Language;
use minijinja::Value;

pub use environment::PromptEnvironment;
pub use error::{Place, PromptError};
use template::Template;

/// A template for prompts, in the language of [minijinja](https://docs.rs/minijinja) (Jinja2).
///
/// It is parsed when it is made, so that a mistake in it is found before the first call, and it knows
/// its variables. A variable that is not given when it is filled is an error that names it, unless
/// the template says otherwise (`{{ tone | default("kind") }}`). Nothing is escaped: prompts are no
/// HTML. Clones are cheap.
///
/// ```
/// use concurry_llm::{Prompt, context};
///
/// let prompt = Prompt::new("Translate to {{ language }}: {{ text }}")?;
/// assert_eq!(prompt.variables(), ["language", "text"]);
/// let text = prompt.render(context! { language => "French", text => "Good day" })?;
/// assert_eq!(text, "Translate to French: Good day");
///
/// let error = prompt.render(context! { text => "Good day" }).unwrap_err();
/// assert_eq!(error.to_string(), "prompt, line 1, column 17: `language` is missing");
/// # Ok::<(), concurry_llm::PromptError>(())
/// ```
///
/// # Putting together
///
/// `+` puts prompts and texts behind each other; each keeps its own environment:
///
/// ```
/// use concurry_llm::{Prompt, context};
///
/// let question = Prompt::new("Question: {{ question }}\n")? + Prompt::new("Hint: {{ hint }}\n")? + "Answer:";
/// assert_eq!(question.variables(), ["hint", "question"]);
/// let text = question.render(context! { question => "1 + 1?", hint => "{{ two }}" })?;
/// assert_eq!(text, "Question: 1 + 1?\nHint: {{ two }}\nAnswer:"); // what is filled in is no template
/// # Ok::<(), concurry_llm::PromptError>(())
/// ```
#[derive(Clone)]
pub struct Prompt {
    /// Shared, so that clones are cheap.
    parts: Arc<[Part]>,
}

#[derive(Clone)]
struct Part {
    body: Body,
    language: Option<Language>,
}

#[derive(Clone)]
enum Body {
    Text(Arc<str>),
    Template(Arc<Template>),
}

impl Prompt {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// [`PromptError::Syntax`], with line and column.
    pub fn new(source: impl Into<String>) -> Result<Self, PromptError> {
        PromptEnvironment::new().prompt(source)
    }

    /// Reads a template from a file. One line break at its end is no part of it.
    ///
    /// # Errors
    ///
    /// [`PromptError::File`] if it can't be read as UTF-8, [`PromptError::Syntax`] if it does not
    /// parse.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, PromptError> {
        PromptEnvironment::new().file(path)
    }

    /// A text that is no template: it stands for itself, whatever is in it.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self::of(Part { body: Body::Text(text.into()), language: None })
    }

    fn of(part: Part) -> Self {
        Self { parts: [part].into() }
    }

    fn parsed(template: Template) -> Self {
        Self::of(Part { body: Body::Template(Arc::new(template)), language: None })
    }

    /// Says in which language it is written: a code of ISO 639-1 or 639-3 (`"en"`, `"deu"`), or a
    /// locale that begins with one (`"pt-BR"`).
    ///
    /// ```
    /// use concurry_llm::{Language, Prompt};
    ///
    /// let german = Prompt::new("Wer bist du?")?.language("de")?;
    /// assert_eq!(german.languages(), [Language::Deu]);
    /// assert!(Prompt::new("Who?")?.language("german").is_err());
    /// # Ok::<(), concurry_llm::PromptError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PromptError::Language`] for a code that there is not.
    pub fn language(self, code: &str) -> Result<Self, PromptError> {
        let first = code.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let language = Language::from_str(&first)
            .map_err(|_| PromptError::Language { code: code.to_owned() })?;
        let parts = self.parts.iter().map(|part| Part { language: Some(language), ..part.clone() });
        Ok(Self { parts: parts.collect() })
    }

    /// The languages of its parts, each once, in the order of the text. More than one is usually a
    /// mistake: [`is_mixed`](Self::is_mixed).
    #[must_use]
    pub fn languages(&self) -> Vec<Language> {
        let mut languages = Vec::new();
        for language in self.parts.iter().filter_map(|part| part.language) {
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        languages
    }

    /// Whether parts of different languages were put together. With the feature `tracing`, that is
    /// also a warning where it happens.
    ///
    /// ```
    /// use concurry_llm::Prompt;
    ///
    /// let mixed = Prompt::text("Be brief. ").language("en")? + Prompt::text("Warum?").language("de")?;
    /// assert!(mixed.is_mixed());
    /// # Ok::<(), concurry_llm::PromptError>(())
    /// ```
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        self.languages().len() > 1
    }

    /// The variables that it takes, in alphabetical order, without those that its environment knows.
    /// Variables with a default are among them.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let mut variables = BTreeSet::new();
        for template in self.templates() {
            variables.extend(template.variables());
        }
        variables.into_iter().collect()
    }

    /// Fills it. The values come from [`context!`](crate::context), or from anything that serialises:
    ///
    /// ```
    /// use concurry_llm::Prompt;
    /// use concurry_llm::minijinja::value::Serde;
    ///
    /// let values = std::collections::HashMap::from([("name", "Ada")]); // or a struct of yours
    /// assert_eq!(Prompt::new("Dear {{ name }},")?.render(Serde(values))?, "Dear Ada,");
    /// # Ok::<(), concurry_llm::PromptError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PromptError::Missing`] names the variables that are needed and not given, [`PromptError::Render`]
    /// tells what else is wrong, both with line and column.
    pub fn render(&self, values: impl Into<Value>) -> Result<String, PromptError> {
        let values = values.into();
        let mut text = String::new();
        for part in self.parts.iter() {
            match &part.body {
                Body::Text(literal) => text.push_str(literal),
                Body::Template(template) => text.push_str(&template.render(&values)?),
            }
        }
        Ok(text)
    }

    /// The text as a node of a graph, filled in when the graph runs.
    ///
    /// A missing variable fails the node, with the [`PromptError`] inside.
    ///
    /// ```
    /// use concurry_llm::{Prompt, context};
    ///
    /// let prompt = Prompt::new("{{ question }}")?;
    /// let text = prompt.lazy(context! { question => "Who are you?" });
    /// assert_eq!(text.compute()?, "Who are you?");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lazy(&self, values: impl Into<Value>) -> Lazy<String> {
        let prompt = self.clone();
        Lazy::value(values.into()).try_map(move |values| prompt.render(values))
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        self.parts.iter().filter_map(|part| match &part.body {
            Body::Template(template) => Some(&**template),
            Body::Text(_) => None,
        })
    }
}

/// Puts one behind the other.
impl Add for Prompt {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        #[cfg(feature = "tracing")]
        let pure = !self.is_mixed() && !other.is_mixed();
        let parts = self.parts.iter().chain(other.parts.iter()).cloned();
        let prompt = Self { parts: parts.collect() };
        #[cfg(feature = "tracing")]
        if pure && prompt.is_mixed() {
            let codes = prompt.languages().iter().map(Language::to_639_3).collect::<Vec<_>>();
            tracing::warn!(languages = codes.join(", "), "a prompt mixes languages");
        }
        prompt
    }
}

/// Puts a text behind it, which is no template.
impl Add<&str> for Prompt {
    type Output = Self;

    fn add(self, text: &str) -> Self {
        self + Self::text(text)
    }
}

impl FromStr for Prompt {
    type Err = PromptError;

    fn from_str(source: &str) -> Result<Self, PromptError> {
        Self::new(source)
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompt")
            .field("variables", &self.variables())
            .field("languages", &self.languages())
            .finish_non_exhaustive()
    }
}
