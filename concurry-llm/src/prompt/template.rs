//! One parsed template, with its environment.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::ops::Range;

use minijinja::{Environment, Error, ErrorKind, Value};

use super::error::{Place, PromptError};

/// One parsed template. It is the last one added to an environment of its own.
pub(super) struct Template {
    environment: Environment<'static>,
    name: String,
}

impl Template {
    pub(super) fn parse(
        mut environment: Environment<'static>,
        mut name: String,
        source: String,
    ) -> Result<Self, PromptError> {
        // It takes the place of no template that it may include.
        while environment.get_template(&name).is_ok() {
            name.insert_str(0, "this ");
        }
        match environment.add_template_owned(name.clone(), source.clone()) {
            Ok(()) => Ok(Self { environment, name }),
            Err(error) => Err(syntax_error(&error, &name, &source)),
        }
    }

    /// The variables that are used and neither set in the template nor known to the environment.
    pub(super) fn variables(&self) -> BTreeSet<String> {
        let Ok(template) = self.environment.get_template(&self.name) else {
            return BTreeSet::new(); // `parse` put it there
        };
        let known: BTreeSet<&str> = self.environment.globals().map(|(name, _)| name).collect();
        let mut variables: BTreeSet<String> =
            template.undeclared_variables(false).into_iter().collect();
        variables.retain(|name| !known.contains(name.as_str()));
        variables
    }

    pub(super) fn render(&self, values: &Value) -> Result<String, PromptError> {
        let template = self.environment.get_template(&self.name);
        template.and_then(|template| template.render(values)).map_err(|error| {
            let error = innermost(&error);
            let source = self.source_of(error);
            let place = place(error, &self.name, &source);
            if error.kind() != ErrorKind::UndefinedError {
                return PromptError::Render { place, problem: problem(error) };
            }
            let is_missing =
                |name: &String| values.get_attr(name).is_ok_and(|value| value.is_undefined());
            let mut names: Vec<String> = self.variables().into_iter().filter(is_missing).collect();
            if names.is_empty() {
                // It is a part of a value that is missing, as `city` in `user.city`.
                let part = error.range().and_then(|range| source.get(range)).unwrap_or_default();
                names.push(part.trim().to_owned());
            }
            PromptError::Missing { place, names }
        })
    }

    /// The source of the template in which the error is: this one, or one that it includes.
    fn source_of(&self, error: &Error) -> String {
        let name = error.name().unwrap_or(&self.name);
        let template = self.environment.get_template(name);
        template.map_or_else(|_| String::new(), |template| template.source().to_owned())
    }
}

/// The error of a template that does not parse.
pub(super) fn syntax_error(error: &Error, name: &str, source: &str) -> PromptError {
    PromptError::Syntax { place: place(error, name, source), problem: problem(error) }
}

/// The error in the template that was included, rather than that of including it.
fn innermost(mut error: &Error) -> &Error {
    while let Some(cause) = error.source().and_then(|cause| cause.downcast_ref()) {
        error = cause;
    }
    error
}

fn problem(error: &Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

fn place(error: &Error, name: &str, source: &str) -> Place {
    let template = error.name().unwrap_or(name).to_owned();
    match error.range() {
        Some(Range { start, .. }) => {
            let before = source.get(..start).unwrap_or(source);
            let line_start = before.rfind('\n').map_or(0, |line_break| line_break + 1);
            let line = before.matches('\n').count() + 1;
            Place { template, line, column: before[line_start..].chars().count() + 1 }
        }
        None => Place { template, line: error.line().unwrap_or(1), column: 1 },
    }
}
