//! Values that many calls share, on workers that can't open the memory of the test.

use std::sync::atomic::{AtomicU64, Ordering};

use concurry::Shared;
use concurry::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Test;
use crate::cluster;
use crate::noters::kill;

pub(crate) const TESTS: &[Test] = &[
    (
        "shared::a_shared_argument_is_brought_to_each_worker_once",
        a_shared_argument_is_brought_to_each_worker_once,
    ),
    ("shared::a_shared_value_may_hold_others", a_shared_value_may_hold_others),
    (
        "shared::a_shared_parameter_is_there_after_a_restart",
        a_shared_parameter_is_there_after_a_restart,
    ),
    ("shared::a_shared_result_comes_as_a_whole", a_shared_result_comes_as_a_whole),
];

static DECODED: AtomicU64 = AtomicU64::new(0);

/// Counts how often it is decoded in this process.
#[derive(Debug, Serialize)]
struct Table(Vec<u64>);

impl<'de> Deserialize<'de> for Table {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        Vec::deserialize(deserializer).map(Self)
    }
}

#[derive(Serialize, Deserialize)]
struct Pair {
    first: Shared<Table>,
    second: Shared<Table>,
}

#[derive(Worker)]
struct Reader {
    own: Shared<Table>,
}

#[worker]
impl Reader {
    pub fn new(own: Shared<Table>) -> Self {
        Self { own }
    }

    pub fn process(&self) -> u32 {
        std::process::id()
    }

    pub fn own(&self, place: usize) -> u64 {
        self.own.0[place]
    }

    /// What stands at the place, and how often a table was decoded here.
    pub fn read(&self, table: Shared<Table>, place: usize) -> (u64, u64) {
        (table.0[place], DECODED.load(Ordering::Relaxed))
    }

    pub fn read_both(&self, pair: Shared<Pair>, place: usize) -> (u64, u64) {
        (pair.first.0[place], pair.second.0[place])
    }

    pub fn same(&self, table: Shared<Table>) -> Shared<Table> {
        table
    }
}

fn table(start: u64) -> Shared<Table> {
    Shared::new(Table((start..start + 300_000).collect())).unwrap()
}

fn reader(workers: usize) -> ReaderHandle {
    Reader::options(Mode::Ray, workers).ray(cluster::options()).init(table(1_000_000)).unwrap()
}

fn a_shared_argument_is_brought_to_each_worker_once() {
    let reader = reader(2);
    let (numbers, others) = (table(0), table(500_000));
    for _ in 0..3 {
        let calls = (0..200).map(|place| match place % 2 {
            0 => reader.read(numbers.clone(), place),
            _ => reader.read(others.clone(), place),
        });
        for (place, read) in gather(calls).results().unwrap().into_iter().enumerate() {
            let expected = if place % 2 == 0 { place } else { 500_000 + place };
            // Its own, and these two, each once.
            assert!(read.0 == expected as u64 && read.1 <= 3, "{place}: {read:?}");
        }
    }
}

fn a_shared_value_may_hold_others() {
    let reader = reader(1);
    let pair = Pair { first: table(0), second: table(100) };
    let pair = Shared::new(pair).unwrap();
    assert_eq!(reader.read_both(pair.clone(), 7).result().unwrap(), (7, 107));
    assert_eq!(reader.read_both(pair, 8).result().unwrap(), (8, 108));
}

fn a_shared_parameter_is_there_after_a_restart() {
    let reader = reader(1);
    let argument = table(0);
    assert_eq!(reader.own(5).result().unwrap(), 1_000_005);
    assert_eq!(reader.read(argument.clone(), 5).result().unwrap().0, 5);
    kill(reader.process().result().unwrap());
    // What is sent before the death is noticed may be lost with it.
    while reader.own(5).result().is_err() {}
    assert_eq!(reader.read(argument, 6).result().unwrap(), (6, 2), "in a new process");
}

fn a_shared_result_comes_as_a_whole() {
    let reader = reader(1);
    let back = reader.same(table(3)).result().unwrap();
    drop(reader);
    assert_eq!(back.0[7], 10);
}
