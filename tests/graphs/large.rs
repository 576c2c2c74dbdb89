//! Graphs of a million nodes: no recursion, and memory that is given back.

use std::sync::atomic::{AtomicU64, Ordering};

use concurry::graph::{Compute, Passes};
use concurry::prelude::*;
use concurry_testkit::{
    Counted, Dropped, Gate, PATIENCE, threads_named, wait_until, within, within_patience,
};

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

/// Holds its calls up from half of them on.
#[derive(Worker)]
struct HalfWay {
    calls: AtomicU64,
    gate: Gate,
}

#[worker]
impl HalfWay {
    fn new(gate: Gate) -> Self {
        Self { calls: AtomicU64::new(0), gate }
    }

    pub fn pass_on(&self, value: Counted, _before: Counted) -> Counted {
        if self.calls.fetch_add(1, Ordering::Relaxed) == MANY / 2 {
            self.gate.pass();
        }
        value
    }
}

/// Cancels a graph whose call in the middle is running, and looks for what is left of it.
fn cancel_half_way(passes: Passes, graph: fn(&HalfWayHandle, &Dropped) -> Lazy<Vec<Counted>>) {
    let (gate, values) = (Gate::new(), Dropped::new());
    let pool = HalfWay::options(Mode::Thread, 1).init(gate.clone()).unwrap();
    let before = threads_named("HalfWay");
    let mut run = Compute::of(graph(&pool, &values)).passes(passes).submit();
    gate.wait_for_arrivals(1);
    let _ = run.cancel();
    gate.open();
    assert!(run.result().unwrap_err().is_cancelled());
    let given = usize::try_from(2 * MANY).unwrap();
    wait_until("all that went into the graph is dropped", || values.count() == given);
    let one = pool.pass_on(values.value(), values.value()).result().unwrap();
    let [first, second] = [0, 1].map(|_| pool.lazy().pass_on(one.clone(), one.clone()));
    drop(one);
    assert_eq!(compute(vec![first, second]).unwrap().len(), 2);
    assert_eq!(threads_named("HalfWay"), before, "no thread is left of the run");
    assert!(pool.stop().result().unwrap().complete);
    wait_until("no thread is left of the pool", || threads_named("HalfWay") == 0);
}

#[test]
fn a_graph_of_a_million_that_is_cancelled_half_way_leaves_nothing_and_the_pool_is_usable() {
    fn wide(pool: &HalfWayHandle, values: &Dropped) -> Lazy<Vec<Counted>> {
        let call = |_| pool.lazy().pass_on(values.value(), values.value());
        Lazy::join((0..MANY).map(call).collect::<Vec<_>>())
    }
    fn deep(pool: &HalfWayHandle, values: &Dropped) -> Lazy<Vec<Counted>> {
        let mut last = pool.lazy().pass_on(values.value(), values.value());
        for _ in 1..MANY {
            let _kept = values.value();
            last = pool.lazy().pass_on(last, values.value());
        }
        Lazy::join(vec![last])
    }
    within_patience(4 * PATIENCE, || {
        cancel_half_way(Passes::default(), wide);
        cancel_half_way(Passes::none(), wide);
        cancel_half_way(Passes::default(), deep);
    });
}
