//! The journal itself.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::JournalFile;
use super::header::{Header, Job, differs};
use super::line::{push_done, push_failed, push_method};
use super::recover::{Place, Recovered, recover};
use super::value::from_json;
use super::{Entry, FailedEntry, JournalError, Key};

/// Entries that are not written are flushed by themselves beyond so many bytes.
const MOST_UNWRITTEN: usize = 1024 * 1024;

/// A journal that is open, and locked against other runs. See the [module](super) for what it is.
#[derive(Debug)]
pub struct Journal {
    file: JournalFile,
    recovered: Recovered,
    /// Methods that this run has used.
    used: Vec<String>,
    unwritten: Vec<u8>,
    entries: usize,
    sync: bool,
}

impl Journal {
    /// Opens the journal of a job, or makes it, and reads what earlier runs have recorded.
    ///
    /// # Errors
    ///
    /// [`JournalError::Open`] if the system refuses the file, [`JournalError::InUse`] if another run
    /// has it open, [`JournalError::OtherJob`], [`JournalError::NotAJournal`],
    /// [`JournalError::Version`] or [`JournalError::Corrupt`] if it can't be gone on with.
    pub fn open(path: impl AsRef<Path>, job: &Job) -> Result<Self, JournalError> {
        let mut file = JournalFile::open(path.as_ref())?;
        let recovered = recover(&mut file, job)?;
        let is_new = recovered.is_none();
        let mut journal = Self {
            file,
            recovered: recovered.unwrap_or_default(),
            used: job.method.iter().cloned().collect(),
            unwritten: Vec::new(),
            entries: 0,
            sync: false,
        };
        if is_new {
            serde_json::to_writer(&mut journal.unwritten, &Header::of(job))
                .map_err(|source| JournalError::Value { what: "the job", source })?;
            journal.unwritten.push(b'\n');
            journal.flush()?;
            journal.recovered.methods = journal.used.clone();
        }
        Ok(journal)
    }

    /// Whether each flush waits until the disk has the entries, so that they survive the death of the
    /// machine as well. Costs a few milliseconds each time. Not unless set.
    #[must_use]
    pub fn sync_to_disk(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// How many pieces of work earlier runs have recorded.
    #[must_use]
    pub fn recovered(&self) -> usize {
        self.recovered.index.len()
    }

    /// The work that failed in earlier runs and was not done since.
    pub fn failed(&self) -> impl Iterator<Item = FailedEntry> + '_ {
        let failed = self.recovered.failed.iter().enumerate();
        failed.filter_map(|(number, (key, place, message))| match self.recovered.index.get(key) {
            Some(Place::Failed(latest)) if *latest == number => {
                Some(FailedEntry { key: *key, place: *place, message: message.clone() })
            }
            _ => None,
        })
    }

    /// What an earlier run has recorded of this work.
    ///
    /// # Errors
    ///
    /// [`JournalError::Result`] if the result is of another type, [`JournalError::Open`] if the file
    /// can't be read any more.
    pub fn get<T: DeserializeOwned>(&mut self, key: Key) -> Result<Option<Entry<T>>, JournalError> {
        let Some(place) = self.recovered.index.get(&key).copied() else { return Ok(None) };
        let json = match place {
            Place::Failed(number) => {
                let (_, _, message) = &self.recovered.failed[number];
                return Ok(Some(Entry::Failed(message.clone())));
            }
            Place::Done { length: 0, .. } => b"null",
            Place::Done { start, length } => self.file.read(start, length)?,
        };
        match from_json(json) {
            Ok(result) => Ok(Some(Entry::Done(result))),
            Err(source) => Err(JournalError::Result { path: self.file.path().to_owned(), source }),
        }
    }

    /// Says which method does the work, where the job did not. Several may take turns in one run.
    ///
    /// # Errors
    ///
    /// [`JournalError::OtherJob`] if the journal is of other methods.
    pub fn use_method(&mut self, method: &str) -> Result<(), JournalError> {
        if self.used.iter().any(|used| used == method) {
            return Ok(());
        }
        let known = self.recovered.methods.iter().any(|known| known == method);
        if !known && self.used.is_empty() && !self.recovered.methods.is_empty() {
            let found = self.recovered.methods.join(", ");
            return differs(self.file.path(), "method", &found, method);
        }
        self.used.push(method.to_owned());
        if !known {
            push_method(&mut self.unwritten, method);
        }
        Ok(())
    }

    /// Records that the work is done. It is written with the next [`flush`](Self::flush): as JSON, or
    /// packed if JSON does not keep it (a number that is none, a map whose keys are no texts). What is
    /// `Some(None)` comes back as `None`, in both.
    ///
    /// # Errors
    ///
    /// [`JournalError::Value`] if the result can't be written in either form; and those of `flush`, which
    /// comes by itself when much is not written.
    pub fn done<T: Serialize + DeserializeOwned>(
        &mut self,
        key: Key,
        place: Option<u64>,
        result: &T,
    ) -> Result<(), JournalError> {
        push_done(&mut self.unwritten, key, place, result)?;
        self.note_entry()
    }

    /// Records that the work failed.
    ///
    /// # Errors
    ///
    /// Those of [`flush`](Self::flush), which comes by itself when much is not written.
    pub fn fail(
        &mut self,
        key: Key,
        place: Option<u64>,
        message: &str,
    ) -> Result<(), JournalError> {
        push_failed(&mut self.unwritten, key, place, message);
        self.note_entry()
    }

    fn note_entry(&mut self) -> Result<(), JournalError> {
        self.entries += 1;
        if self.unwritten.len() > MOST_UNWRITTEN { self.flush() } else { Ok(()) }
    }

    /// How many entries are not written yet.
    #[must_use]
    pub fn unwritten(&self) -> usize {
        self.entries
    }

    /// Writes the entries that are not written yet, as one group.
    ///
    /// # Errors
    ///
    /// [`JournalError::Write`] if the system refuses: the disk is full, say. The entries are kept, and
    /// written by the next flush that succeeds; the file ends with the last whole group.
    pub fn flush(&mut self) -> Result<(), JournalError> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        match self.file.append(&self.unwritten, self.sync) {
            Ok(()) => {
                self.unwritten.clear();
                self.entries = 0;
                Ok(())
            }
            Err(source) => Err(JournalError::Write {
                path: self.file.path().to_owned(),
                entries: self.entries,
                unwritten: String::from_utf8_lossy(&self.unwritten).into_owned(),
                source,
            }),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Who wants to know of an error flushes before.
        let _ = self.flush();
    }
}
