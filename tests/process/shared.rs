//! Values that cross once.

use std::sync::atomic::{AtomicU64, Ordering};

use concurry::Shared;
use concurry::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

static DECODED: AtomicU64 = AtomicU64::new(0);

/// Counts how often it is decoded in this process.
#[derive(Serialize)]
struct Table(Vec<u64>);

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        Vec::deserialize(deserializer).map(Self)
    }
}

#[derive(Worker)]
struct Reader;

#[worker]
impl Reader {
    pub fn new() -> Self {
        Self
    }

    /// What stands at the place, and how often a table was decoded here.
    pub fn read(&self, table: Shared<Table>, place: usize) -> (u64, u64) {
        (table.0[place], DECODED.load(Ordering::Relaxed))
    }
}

#[test]
fn a_shared_argument_is_decoded_once_in_each_process() {
    let table = Shared::new(Table((0..100_000).map(|n| n * 2).collect())).unwrap();
    let reader = Reader::options(Mode::Process, 1).init().unwrap();
    for place in [7, 99_999, 0] {
        let (value, decoded) = reader.read(table.clone(), place).result().unwrap();
        assert_eq!((value, decoded), (place as u64 * 2, 1));
    }
    let other = Shared::new(Table(vec![5])).unwrap();
    assert_eq!(reader.read(other, 0).result().unwrap(), (5, 2));
    assert_eq!(reader.read(table, 1).result().unwrap(), (2, 2));
}

/// Has a table of its own.
#[derive(Worker)]
struct Owner {
    table: Shared<Table>,
}

#[worker]
impl Owner {
    pub fn new(table: Shared<Table>) -> Self {
        Self { table }
    }

    pub fn read(&self, place: usize) -> u64 {
        self.table.0[place]
    }

    pub fn crash(&self) {
        std::process::abort()
    }

    pub fn give(&self) -> Shared<Vec<u64>> {
        Shared::new(vec![7, 8]).unwrap()
    }
}

#[test]
fn a_shared_parameter_is_there_as_long_as_workers_are_started() {
    let owner = Owner::options(Mode::Process, 1).init(Shared::new(Table(vec![1, 2])).unwrap());
    let owner = owner.unwrap();
    assert_eq!(owner.read(1).result().unwrap(), 2);
    assert!(owner.crash().result().is_err());
    assert_eq!(owner.read(1).result().unwrap(), 2);
}

#[test]
fn a_shared_result_outlives_its_process() {
    let owner = Owner::options(Mode::Process, 1).init(Shared::new(Table(vec![1])).unwrap());
    let owner = owner.unwrap();
    let table = owner.give().result().unwrap();
    owner.stop().result().unwrap();
    assert_eq!(table[1], 8);
}

#[test]
fn in_the_modes_of_this_process_it_is_the_same_value() {
    let table = Shared::new(Table(vec![1])).unwrap();
    let reader = Reader::options(Mode::Thread, 1).init().unwrap();
    assert_eq!(reader.read(table.clone(), 0).result().unwrap(), (1, 0));
}
