//! The first line: which job the journal is of.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::JournalError;

/// The latest format of journals.
pub(super) const VERSION: u32 = 1;

/// How every journal begins.
pub(super) const START: &str = "{\"journal\":\"concurry\"";

/// Which job a journal is of. A journal of another job is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub(super) worker: String,
    pub(super) method: Option<String>,
    pub(super) tag: String,
}

impl Job {
    /// The job of this worker.
    #[must_use]
    pub fn new(worker: impl Into<String>) -> Self {
        Self { worker: worker.into(), method: None, tag: String::new() }
    }

    /// The method that does the work, if it is one.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// Whatever else tells this job from others: a version of the prompts, a model.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = tag.into();
        self
    }
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    journal: String,
    version: u32,
    worker: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    tag: String,
}

impl Header {
    pub(super) fn of(job: &Job) -> Self {
        Self {
            journal: "concurry".to_owned(),
            version: VERSION,
            worker: job.worker.clone(),
            method: job.method.clone(),
            tag: job.tag.clone(),
        }
    }

    /// The header in the first line of a file.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let header: Self = serde_json::from_slice(line).ok()?;
        (header.journal == "concurry").then_some(header)
    }

    pub(super) fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// Whether the journal is of this job.
    pub(super) fn check(&self, job: &Job, path: &Path) -> Result<(), JournalError> {
        if self.version > VERSION {
            let (found, known) = (self.version, VERSION);
            return Err(JournalError::Version { path: path.to_owned(), found, known });
        }
        differs(path, "worker", &self.worker, &job.worker)?;
        differs(path, "tag", &self.tag, &job.tag)
    }
}

/// An error if the two differ.
pub(super) fn differs(
    path: &Path,
    what: &'static str,
    found: &str,
    expected: &str,
) -> Result<(), JournalError> {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (found.to_owned(), expected.to_owned());
    Err(JournalError::OtherJob { path: path.to_owned(), what, found, expected })
}
