//! What can go wrong with a journal.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a journal can't be used, or not any more. What was recorded before is not lost.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file can't be opened, created or read: a folder that is read-only or not there.
    #[error("the journal {path} can't be {attempted} ({source}): give the run a path in a folder that exists and can be written to", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What was tried.
        attempted: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Another run has the journal open.
    #[error("the journal {path} is in use by another run: wait for it to end, or give this one another file", path = path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is no journal.
    #[error("{path} is no journal of concurry: give the run a file of its own", path = path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The journal was written by a later version.
    #[error("the journal {path} has format {found}, and this version reads formats up to {known}", path = path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The latest known format.
        known: u32,
    },
    /// The journal is of another job.
    #[error("the journal {path} is of another job: its {what} is {found:?}, and this job's is {expected:?}; give this job a file of its own, or delete the other's", path = path.display())]
    OtherJob {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// What the journal has.
        found: String,
        /// What the job has.
        expected: String,
    },
    /// A line in the middle can't be read. The last line may be torn, and is repaired; this one was
    /// changed by somebody else.
    #[error("line {line} of the journal {path} can't be read, and others follow it: restore the line, or delete it to do its work again", path = path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A recorded result is not of the type that it is read as.
    #[error("a result in the journal {path} is not of the type it is read as ({source}): use another tag if the type has changed", path = path.display())]
    Result {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: serde_json::Error,
    },
    /// A value can't be written as JSON.
    #[error("{what} can't be written as JSON: {source}")]
    Value {
        /// Which value.
        what: &'static str,
        /// What the writer said.
        source: serde_json::Error,
    },
    /// The entries can't be written: the disk is full, or gone. They are kept, and written with the
    /// next flush that succeeds.
    #[error("the journal {path} can't be written ({source}), {entries} entries wait: make room and run it again, which calls nothing that is recorded", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// How many entries are not written.
        entries: usize,
        /// The entries, as the lines that they would be.
        unwritten: String,
        /// What the system said.
        source: io::Error,
    },
}
