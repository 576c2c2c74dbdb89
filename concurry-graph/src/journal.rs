//! The journal of a run: what earlier runs have recorded, and what becomes of the calls of this one.
//!
//! A call is known again by its method, its arguments, and which of the equal calls of its graph it
//! is: by its pool, counted among those of its worker, and by the order in which equal ones were
//! written down. Its arguments are those that it is made with, so also what comes out of other nodes.
//!
//! A call that another run makes is recorded by that run, if at all: its arguments are gone by then.
//! What another run has left is made, and recorded, by the one that takes it over.
//!
//! Calls whose arguments turn out to be equal although they come out of different calls are counted as
//! they are made: each has a result of its own, though not always the same one in the next run.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Context;

use concurry_core::journal::{Entry, GroupedJournal, Job, Journal, JournalError, Key};
use serde_json::value::RawValue;

use crate::node::About;

/// What a user says of a journal.
#[derive(Debug)]
pub(crate) struct JournalOptions {
    pub(crate) path: PathBuf,
    pub(crate) tag: String,
    pub(crate) retry_failed: bool,
    pub(crate) sync: bool,
}

/// What tells a call from others in the journal, besides its arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described {
    /// The worker.
    pub(crate) worker: &'static str,
    /// The method.
    pub(crate) method: &'static str,
    /// Its pool, counted among the pools of the worker in the graph.
    pub(crate) pool: u32,
    /// How many equal calls were written down before it.
    pub(crate) occurrence: u32,
    /// How many calls with all this and the same arguments were made before it.
    pub(crate) repeat: u32,
}

/// A call that is to be made.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The number of its node.
    pub(crate) number: u32,
    pub(crate) worker: &'static str,
    pub(crate) pool: u32,
    /// A hash that equal calls share.
    pub(crate) structure: u64,
}

/// Tells equal calls apart.
#[derive(Debug, Default)]
struct Occurrences {
    /// The pool of each call, counted among those of its worker, and how many equal calls there are
    /// before it. By the number of its node.
    of: HashMap<u32, (u32, u32)>,
    pools: HashMap<(&'static str, u32), u32>,
    pools_of: HashMap<&'static str, u32>,
    equals: HashMap<(u32, u64), u32>,
}

impl Occurrences {
    fn add(&mut self, call: &Expected) {
        let pool = *self.pools.entry((call.worker, call.pool)).or_insert_with(|| {
            let next = self.pools_of.entry(call.worker).or_default();
            *next += 1;
            *next - 1
        });
        let before = self.equals.entry((pool, call.structure)).or_default();
        self.of.insert(call.number, (pool, *before));
        *before += 1;
    }
}

/// The journal of a run. Whoever begins calls owns it, so nothing of the user's runs under a lock.
#[doc(hidden)]
#[derive(Debug)]
pub struct Ledger {
    groups: GroupedJournal,
    retry_failed: bool,
    occurrences: Occurrences,
    /// How many calls there were so far of each name.
    repeats: HashMap<Key, u32>,
    /// The calls on their way, by the number of the node.
    keys: HashMap<u32, Key>,
    /// Why no more calls are made.
    error: Option<Arc<JournalError>>,
}

/// What an earlier run has recorded of a call.
pub(crate) enum Found {
    /// Nothing: it is to be made.
    Nothing,
    /// It was made.
    Done(Box<RawValue>),
    /// It failed, and is not to be tried again.
    Failed(String),
    /// No more calls are made.
    Broken(Arc<JournalError>),
}

impl Ledger {
    /// Opens the journal of a graph.
    pub(crate) fn open(options: JournalOptions, in_flight: usize) -> Result<Self, JournalError> {
        let JournalOptions { path, tag, retry_failed, sync } = options;
        let journal = Journal::open(path, &Job::new("graph").tag(tag))?.sync_to_disk(sync);
        Ok(Self {
            groups: GroupedJournal::new(journal, in_flight),
            retry_failed,
            occurrences: Occurrences::default(),
            repeats: HashMap::new(),
            keys: HashMap::new(),
            error: None,
        })
    }

    /// Says which calls there will be, besides those said before.
    pub(crate) fn expect(&mut self, calls: &[Expected]) {
        calls.iter().for_each(|call| self.occurrences.add(call));
    }

    /// What an earlier run has recorded of a call that is about to be made. `key` names it, if it can
    /// be named.
    pub(crate) fn find(
        &mut self,
        about: About,
        number: u32,
        key: impl Fn(Described) -> Option<Result<Key, JournalError>>,
    ) -> Found {
        match self.try_find(about, number, key) {
            Ok(found) => found,
            Err(error) => Found::Broken(self.break_off(error)),
        }
    }

    fn try_find(
        &mut self,
        about: About,
        number: u32,
        key: impl Fn(Described) -> Option<Result<Key, JournalError>>,
    ) -> Result<Found, JournalError> {
        if let Some(error) = &self.error {
            return Ok(Found::Broken(Arc::clone(error)));
        }
        let About { worker, method, .. } = about;
        let Some(&(pool, occurrence)) = self.occurrences.of.get(&number) else {
            return Ok(Found::Nothing);
        };
        let mut call = Described { worker, method, pool, occurrence, repeat: 0 };
        let Some(first) = key(call) else { return Ok(Found::Nothing) };
        let first = first?;
        let repeats = self.repeats.entry(first).or_default();
        call.repeat = *repeats;
        *repeats += 1;
        let key = match call.repeat {
            0 => first,
            _ => key(call).transpose()?.unwrap_or(first),
        };
        match self.groups.journal().get(key)? {
            Some(Entry::Done(result)) => return Ok(Found::Done(result)),
            Some(Entry::Failed(message)) if !self.retry_failed => {
                return Ok(Found::Failed(message));
            }
            Some(Entry::Failed(_)) | None => {}
        }
        // A call that is made is either on its way or written, but for a few.
        self.groups.before_call()?;
        self.keys.insert(number, key);
        Ok(Found::Nothing)
    }

    /// A result in the journal is not of the type that the method gives now.
    pub(crate) fn unreadable(&mut self, source: serde_json::Error) -> Arc<JournalError> {
        let path = self.groups.journal().path().to_owned();
        self.break_off(JournalError::Result { path, source })
    }

    /// Whether a call is recorded when it has ended.
    pub(crate) fn records(&self, number: u32) -> bool {
        self.keys.contains_key(&number)
    }

    /// A call was made.
    pub(crate) fn done(&mut self, number: u32, result: serde_json::Result<Box<RawValue>>) {
        let Some(key) = self.keys.remove(&number) else { return };
        let recorded = match result {
            Ok(result) => self.groups.journal().done(key, None, &result),
            Err(source) => Err(JournalError::Value { what: "a result", source }),
        };
        self.check(recorded);
    }

    /// A call failed, with this message unless it is to be made again by the next run.
    pub(crate) fn failed(&mut self, number: u32, message: Option<&str>) {
        let (Some(key), Some(message)) = (self.keys.remove(&number), message) else { return };
        let recorded = self.groups.journal().fail(key, None, message);
        self.check(recorded);
    }

    /// Nothing is to be done at the moment: entries are written that have waited long enough.
    pub(crate) fn poll_idle(&mut self, context: &mut Context<'_>) {
        if self.error.is_none() {
            let written = self.groups.poll_idle(context);
            self.check(written);
        }
    }

    /// Writes what is not written. An error is also that of the whole run: it is not complete.
    pub(crate) fn finish(&mut self) -> Result<(), Arc<JournalError>> {
        match (self.groups.flush(), &self.error) {
            // The latest one, which has everything that is not written.
            (Err(error), _) => Err(Arc::new(error)),
            // What could not be written is by now; the run is not complete nevertheless.
            (Ok(()), Some(error)) => Err(Arc::clone(error)),
            (Ok(()), None) => Ok(()),
        }
    }

    fn check(&mut self, result: Result<(), JournalError>) {
        if let Err(error) = result {
            self.break_off(error);
        }
    }

    /// Keeps the first error. No more calls are made then.
    fn break_off(&mut self, error: JournalError) -> Arc<JournalError> {
        Arc::clone(self.error.get_or_insert_with(|| Arc::new(error)))
    }
}
