//! Reads the prompts.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

/// One line of the input.
#[derive(Clone, Debug, Deserialize)]
pub struct Prompt {
    pub id: String,
    pub prompt: String,
}

/// Reads the first `limit` prompts of a file. An error names the file and the line.
pub fn read(path: &Path, limit: Option<usize>) -> io::Result<Vec<Prompt>> {
    let name = path.display();
    let file = File::open(path)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot open {name}: {error}")))?;
    let lines = BufReader::new(file).lines().enumerate();
    let prompts = lines.map(|(index, line)| {
        let prompt = line.and_then(|line| Ok(serde_json::from_str(&line)?));
        prompt.map_err(|error| {
            io::Error::new(error.kind(), format!("{name}, line {}: {error}", index + 1))
        })
    });
    prompts.take(limit.unwrap_or(usize::MAX)).collect()
}
