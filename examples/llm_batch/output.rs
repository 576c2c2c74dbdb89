//! Writes the answers: one JSON line for each prompt, in the order of the prompts.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, LineWriter, Write};
use std::path::Path;

use concurry::llm::{LlmError, Reply};
use concurry::prelude::*;
use serde::Serialize;

use crate::summary::milliseconds;

/// One line of the output.
#[derive(Debug, Serialize)]
pub struct Line<'p> {
    pub id: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub tokens: u64,
    pub attempts: u32,
    /// How long the request took that was answered.
    pub ms: f64,
}

impl<'p> Line<'p> {
    /// The line for what became of a prompt.
    pub fn new(id: &'p str, outcome: &'p Result<Reply, CallError<LlmError>>) -> Self {
        let nothing = Self { id, answer: None, error: None, tokens: 0, attempts: 0, ms: 0.0 };
        let (error, attempts) = match outcome {
            Ok(reply) => {
                let (answer, tokens) = (Some(reply.text.as_str()), reply.usage.total_tokens);
                let ms = milliseconds(reply.latency);
                return Self { answer, tokens, attempts: reply.attempts, ms, ..nothing };
            }
            Err(CallError::Stopped(_)) => ("stopped".to_owned(), 0),
            Err(error @ CallError::RetriesExhausted(retries)) => {
                (error.to_string(), retries.attempts().count())
            }
            Err(error) => (error.to_string(), 1),
        };
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        Self { error: Some(error), attempts, ..nothing }
    }
}

/// A file that takes lines in any order. A line is written as soon as all before it are there, so
/// the file is always a beginning of the result, whole lines, also when the process is killed.
#[derive(Debug)]
pub struct OrderedLines<W: Write = LineWriter<File>> {
    file: W,
    next: usize,
    early: BTreeMap<usize, String>,
}

impl OrderedLines {
    /// Creates the file, or empties it.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot write {}: {error}", path.display()))
        })?;
        Ok(Self::new(LineWriter::new(file)))
    }
}

impl<W: Write> OrderedLines<W> {
    /// Writes to anything.
    pub fn new(file: W) -> Self {
        Self { file, next: 0, early: BTreeMap::new() }
    }

    /// Takes the line of the prompt number `index`.
    pub fn put(&mut self, index: usize, line: &Line<'_>) -> io::Result<()> {
        self.early.insert(index, serde_json::to_string(line)?);
        while let Some(line) = self.early.remove(&self.next) {
            writeln!(self.file, "{line}")?;
            self.next += 1;
        }
        Ok(())
    }

    /// Makes sure that everything is in the file.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_written_in_order_and_as_early_as_possible() {
        let line =
            |id| Line { id, answer: Some("yes"), error: None, tokens: 3, attempts: 1, ms: 80.5 };
        let mut written = Vec::new();
        let mut lines = OrderedLines::new(&mut written);
        lines.put(1, &line("b")).unwrap();
        assert!(lines.file.is_empty());
        lines.put(0, &line("a")).unwrap();
        lines.finish().unwrap();
        let rest = r#""answer":"yes","tokens":3,"attempts":1,"ms":80.5}"#;
        let expected = format!("{{\"id\":\"a\",{rest}\n{{\"id\":\"b\",{rest}\n");
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
