//! Graphs of a million nodes: no recursion, and memory that is given back.

use concurry::graph::{Compute, Passes};
use concurry::prelude::*;
use concurry_testkit::within;

use crate::worker::{ArithmeticHandle, arithmetic};

const MANY: u64 = 1_000_000;

fn chain(pool: &ArithmeticHandle, links: u64) -> Lazy<u64> {
    let mut value = Lazy::value(0);
    for _ in 0..links {
        value = pool.lazy().add(value, 1);
    }
    value
}

#[test]
fn a_chain_of_a_million_is_dropped_without_having_run() {
    within(|| {
        let (pool, _) = arithmetic(Mode::Thread);
        drop(chain(&pool, MANY));
    });
}

#[test]
fn a_chain_of_a_million_is_run_and_dropped() {
    within(|| {
        let (pool, _) = arithmetic(Mode::Thread);
        let last = chain(&pool, MANY);
        let kept = last.clone();
        assert_eq!(last.compute().unwrap(), MANY);
        assert_eq!(kept.compute().unwrap(), MANY);
    });
}

#[test]
fn deep_graphs_run_without_fusing() {
    within(|| {
        for mode in [Mode::Sync, Mode::Thread] {
            let (pool, _) = arithmetic(mode);
            let last = chain(&pool, MANY / 5);
            let value = Compute::of(last).passes(Passes::none()).run().unwrap();
            assert_eq!(value, MANY / 5);
        }
    });
}

#[test]
fn a_wide_graph_of_a_million_is_run() {
    within(|| {
        let (pool, _) = arithmetic(Mode::Thread);
        let sums: Vec<_> = (0..MANY).map(|n| pool.lazy().add(n, 1)).collect();
        let sums = compute(sums).unwrap();
        assert_eq!(sums.last(), Some(&MANY));
    });
}
