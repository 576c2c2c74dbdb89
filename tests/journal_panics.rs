//! Maps with a journal whose values and errors panic when they are written, read or printed.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![cfg(feature = "journal")]

use concurry::JournaledMapError;
use concurry::journal::{Job, Journal, Key};
use concurry::prelude::*;

const MODES: [Mode; 3] = [Mode::Sync, Mode::Thread, Mode::Async];

/// Panics when it is used.
#[derive(Debug)]
struct Bomb;

impl std::fmt::Display for Bomb {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("a bomb is printed")
    }
}

impl serde::Serialize for Bomb {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a bomb is written")
    }
}

impl<'de> serde::Deserialize<'de> for Bomb {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        panic!("a bomb is read")
    }
}

#[derive(Worker)]
struct Bomber;

#[worker]
impl Bomber {
    pub fn new() -> Self {
        Self
    }

    pub fn fail(&self, item: u64) -> Result<u64, Bomb> {
        if item == 1 { Err(Bomb) } else { Ok(item) }
    }

    pub fn make(&self, _item: u64) -> Bomb {
        Bomb
    }
}

#[test]
fn an_error_that_panics_when_it_is_printed_is_given_and_recorded() {
    for mode in MODES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let pool = Bomber::options(mode, 1).init().unwrap();
        let run = || pool.map(0..3, |pool, item| pool.fail(item)).journal(&path).outcomes();
        let outcomes = run().unwrap();
        assert!(matches!(outcomes[1], Err(CallError::Failed(Bomb))), "{mode}");
        assert!(matches!((&outcomes[0], &outcomes[2]), (Ok(0), Ok(2))), "{mode}");
        let error = run().unwrap().swap_remove(1).unwrap_err();
        let CallError::FailedEarlier(earlier) = error else { panic!("{mode}: {error:?}") };
        let text = earlier.to_string();
        assert!(text.contains("it panicked: a bomb is printed"), "{mode}: {text}");
    }
}

#[test]
fn a_value_that_panics_when_it_is_written_or_read_is_a_typed_error() {
    for mode in MODES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let pool = Bomber::options(mode, 1).init().unwrap();
        let text = |error: JournaledMapError<_>| {
            let JournaledMapError::Journal(error) = error else { panic!("{mode}: {error:?}") };
            error.to_string()
        };
        let items = pool.map([Bomb], |pool, _| pool.make(0)).journal(&path).results();
        let items = text(items.unwrap_err());
        assert!(items.contains("description of the work") && items.contains("written"), "{items}");
        let make = || pool.map([0], |pool, item| pool.make(item));
        let results = text(make().journal(&path).results().unwrap_err());
        assert!(results.contains("it panicked: a bomb is written"), "{mode}: {results}");
        let mut journal = Journal::open(&path, &Job::new("Bomber")).unwrap();
        journal.done(Key::of(&(0, 0)).unwrap(), Some(0), &1).unwrap();
        drop(journal);
        let read = text(make().journal(&path).results().unwrap_err());
        let says_so = read.contains("not of the type") && read.contains("a bomb is read");
        assert!(says_so, "{mode}: {read}");
    }
}
