//! Calls on a cluster.

use concurry::prelude::*;

use crate::Test;
use crate::cluster;

pub(crate) const TESTS: &[Test] = &[("calls::a_call_comes_back", a_call_comes_back)];

pub(crate) const ALONE: &[Test] =
    &[("calls::many_calls_come_back_in_order", many_calls_come_back_in_order)];

#[derive(Worker)]
struct Adder {
    total: u64,
}

#[worker]
impl Adder {
    fn new(start: u64) -> Self {
        Self { total: start }
    }

    pub fn add(&mut self, number: u64) -> u64 {
        self.total += number;
        self.total
    }

    pub fn process(&self) -> u32 {
        std::process::id()
    }
}

fn a_call_comes_back() {
    let adder = Adder::options(Mode::Ray, 1).ray(cluster::options()).init(5).unwrap();
    assert_eq!(adder.add(2).result().unwrap(), 7);
    assert_ne!(adder.process().result().unwrap(), std::process::id());
    let report = adder.stop().result().unwrap();
    assert!(report.complete && report.drained, "{report:?}");
}

fn many_calls_come_back_in_order() {
    let adder = Adder::options(Mode::Ray, 1).ray(cluster::options()).init(0).unwrap();
    let futures: Vec<_> = (0..20_000).map(|_| adder.add(1)).collect();
    let totals: Vec<u64> = gather(futures).results().unwrap();
    assert_eq!(totals, (1..=20_000).collect::<Vec<_>>());
}
