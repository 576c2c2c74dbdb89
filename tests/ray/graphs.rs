//! Graphs and journals: what goes where is decided in this process, what is called is on the cluster.

use std::path::PathBuf;

use concurry::graph::Compute;
use concurry::prelude::*;
use concurry_testkit::Recorder;

use crate::Test;
use crate::cluster;

pub(crate) const TESTS: &[Test] = &[
    ("graphs::ready_calls_go_in_batches", ready_calls_go_in_batches),
    ("graphs::calls_wait_for_what_they_depend_on", calls_wait_for_what_they_depend_on),
    ("graphs::a_second_run_makes_no_call", a_second_run_makes_no_call),
    ("graphs::a_journaled_map_goes_on_where_it_was", a_journaled_map_goes_on_where_it_was),
];

/// Tells the test how many come together.
#[derive(Clone, serde::Deserialize, serde::Serialize, Worker)]
struct Doubler {
    batches: Recorder<usize>,
}

#[worker]
impl Doubler {
    pub fn double(&self, n: u64) -> Result<u64, String> {
        self.double_all(vec![n]).swap_remove(0)
    }

    #[batch(of = "double", max_size = 8, max_wait = "1ms")]
    fn double_all(&self, all: Vec<u64>) -> Vec<Result<u64, String>> {
        self.batches.record(all.len());
        all.into_iter().map(|n| if n == 13 { Err("13".to_owned()) } else { Ok(2 * n) }).collect()
    }

    pub fn add(&self, a: u64, b: u64) -> u64 {
        self.batches.record(1);
        a + b
    }
}

fn doubler(workers: usize) -> (DoublerHandle, Recorder<usize>) {
    let batches = Recorder::new();
    let options = Doubler::options(Mode::Ray, workers).ray(cluster::options());
    (options.init(Doubler { batches: batches.clone() }).unwrap(), batches)
}

fn journal(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("run.jsonl")
}

fn ready_calls_go_in_batches() {
    let (pool, batches) = doubler(1);
    let nodes: Vec<_> = (0..32).map(|n| pool.lazy().double(n).outcome()).collect();
    let outcomes = compute(nodes).unwrap();
    assert_eq!(batches.events(), [8; 4]);
    for (n, outcome) in outcomes.into_iter().enumerate() {
        match n {
            13 => assert!(outcome.unwrap_err().to_string().contains("13")),
            _ => assert_eq!(outcome.unwrap(), 2 * n as u64),
        }
    }
}

fn calls_wait_for_what_they_depend_on() {
    let (pool, _) = doubler(2);
    let mut rows: Vec<Lazy<u64>> = (0..6).map(|n| pool.lazy().double(n)).collect();
    for _ in 0..5 {
        rows = rows.into_iter().map(|row| pool.lazy().double(row)).collect();
    }
    assert_eq!(compute(rows).unwrap(), [0, 64, 128, 192, 256, 320]);
}

fn a_second_run_makes_no_call() {
    let folder = tempfile::tempdir().unwrap();
    for run in 0..2 {
        let (pool, calls) = doubler(2);
        let first = pool.lazy().add(1, 2);
        let sum = pool.lazy().add(first.clone(), 4);
        let values = Compute::of(Lazy::join(vec![first, sum])).journal(journal(&folder)).run();
        assert_eq!(values.unwrap(), [3, 7]);
        assert_eq!(calls.count(), if run == 0 { 2 } else { 0 }, "run {run}");
    }
}

fn a_journaled_map_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (pool, calls) = doubler(2);
    let run = |numbers: std::ops::Range<u64>| {
        let map = pool.map(numbers, |pool, n| pool.add(n, n)).journal(journal(&folder));
        let made = calls.count();
        (map.results().unwrap(), calls.count() - made)
    };
    assert_eq!(run(0..20), ((0..20).map(|n| 2 * n).collect(), 20));
    assert_eq!(run(0..30), ((0..30).map(|n| 2 * n).collect(), 10), "only what is new");
}
