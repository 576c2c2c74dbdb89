//! Journals: what a long run has done, so that it can go on after it was killed.
//!
//! A [`Journal`] is a file of JSON lines that is only appended to. Its first line says which job it is
//! of ([`Job`]); each line after it is the result of one piece of work, under a [`Key`] that is the
//! same in every run: [`Map::journal`](crate::Map::journal) hashes the item and its place, a graph its
//! method and arguments.
//!
//! ```
//! use concurry_core::journal::{Entry, Job, Journal, Key};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("run.jsonl");
//! let job = Job::new("Llm").method("chat").tag("july");
//! let mut journal = Journal::open(&path, &job)?;
//! let key = Key::of(&("chat", "What is AI?"))?;
//! assert!(journal.get::<String>(key)?.is_none());
//! journal.done(key, None, &"A field of study.".to_owned())?;
//! journal.flush()?;
//! drop(journal);
//!
//! // The next run finds it.
//! let mut journal = Journal::open(&path, &job)?;
//! assert_eq!(journal.get(key)?, Some(Entry::Done("A field of study.".to_owned())));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What survives
//!
//! Entries are written in groups, each by one call of the system ([`Journal::flush`]). What was flushed
//! survives the death of the process, also by `SIGKILL`; it survives the death of the machine if the
//! journal [syncs](Journal::sync_to_disk). A line that was cut off in the middle is repaired when the
//! journal is opened again. Two processes can't have the same journal open.

mod error;
mod file;
mod foreign;
mod groups;
mod header;
mod key;
mod line;
mod recover;
mod store;
mod value;

pub use error::JournalError;
#[doc(hidden)]
pub use foreign::text_of;
#[doc(hidden)]
pub use groups::GroupedJournal;
pub use header::Job;
pub use key::Key;
pub use line::{Entry, FailedEntry};
pub use store::Journal;
#[doc(hidden)]
pub use value::{from_json, to_json};
