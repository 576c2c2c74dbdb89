//! What overlaps on one async worker, and what runs alone. Recorded, not timed.

use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, Recorder};

use crate::workers::{Probe, ProbeHandle};

conformance!(overlapping:
    shared_async_calls_of_one_worker_overlap_up_to_the_concurrency,
    exclusive_calls_run_alone,
    calls_behind_an_exclusive_one_keep_their_order,
    a_sync_method_holds_up_no_other_worker,
    ten_thousand_calls_wait_on_one_worker,
);
conformance!(overlapping_in_this_process:
    shared_sync_calls_overlap_with_async_ones,
    a_sync_method_of_local_state_holds_up_no_other_worker,
);
conformance!(threads:
    calls_of_one_worker_run_one_at_a_time,
    as_many_calls_run_as_there_are_workers,
);

fn watched(mode: Mode, workers: usize, concurrency: usize) -> (ProbeHandle, Recorder<u64>) {
    let seen = Recorder::new();
    let options = Probe::options(mode, workers).concurrency(concurrency);
    (options.init(seen.clone(), Dropped::new()).unwrap(), seen)
}

fn shared_async_calls_of_one_worker_overlap_up_to_the_concurrency(mode: Mode) {
    let (probe, seen) = watched(mode, 1, 8);
    let gate = Gate::new();
    let futures: Vec<_> = (0..20).map(|_| probe.hold_later(gate.clone())).collect();
    gate.wait_for_arrivals(8);
    // As one leaves, another one comes.
    for more in 9..=20 {
        gate.admit(1);
        gate.wait_for_arrivals(more);
    }
    gate.open();
    gather(futures).results().unwrap();
    assert_eq!(seen.most_inside(), 8);
}

fn exclusive_calls_run_alone(mode: Mode) {
    let (probe, seen) = watched(mode, 1, 100);
    let gate = Gate::new();
    let futures: Vec<_> = (0..10)
        .map(|number| match number % 2 {
            0 => probe.hold_alone_later(gate.clone()),
            _ => probe.hold_alone(gate.clone()),
        })
        .collect();
    for arrivals in 1..=10 {
        gate.wait_for_arrivals(arrivals);
        gate.admit(1);
    }
    gather(futures).results().unwrap();
    assert_eq!(seen.most_inside(), 1);
}

fn calls_behind_an_exclusive_one_keep_their_order(mode: Mode) {
    let (probe, seen) = watched(mode, 1, 100);
    let (before, alone) = (Gate::new(), Gate::new());
    let shared: Vec<_> = (0..3).map(|_| probe.hold_later(before.clone())).collect();
    before.wait_for_arrivals(3);
    let exclusive = probe.hold_alone_later(alone.clone());
    let behind = probe.record(1);
    before.open();
    gather(shared).results().unwrap();
    alone.wait_for_arrivals(1);
    assert_eq!(seen.count(), 0, "what came after the exclusive call waits for it");
    assert!(!behind.is_done());
    alone.open();
    assert_eq!(exclusive.result().unwrap(), 1);
    assert_eq!(behind.result().unwrap(), 1);
}

fn shared_sync_calls_overlap_with_async_ones(mode: Mode) {
    let (probe, seen) = watched(mode, 1, 100);
    let gate = Gate::new();
    let futures =
        [probe.hold(gate.clone()), probe.hold_later(gate.clone()), probe.hold(gate.clone())];
    gate.wait_for_arrivals(3);
    assert_eq!(seen.most_inside(), 3);
    gate.open();
    assert_eq!(gather(futures).results().unwrap(), [3, 3, 3]);
}

fn a_sync_method_holds_up_no_other_worker(mode: Mode) {
    let (probe, _) = watched(mode, 4, 1);
    let gate = Gate::new();
    // Each worker takes one at a time, so each of the four has one of them.
    let futures: Vec<_> = (0..4).map(|_| probe.hold(gate.clone())).collect();
    gate.wait_for_arrivals(4);
    gate.open();
    assert_eq!(gather(futures).results().unwrap().len(), 4);
}

fn a_sync_method_of_local_state_holds_up_no_other_worker(mode: Mode) {
    #[derive(Worker)]
    struct LocalProbe {
        held: std::rc::Rc<std::cell::Cell<usize>>,
    }

    #[worker]
    impl LocalProbe {
        fn new() -> Self {
            Self { held: std::rc::Rc::default() }
        }

        pub fn hold(&self, gate: Gate) -> usize {
            gate.pass();
            self.held.set(self.held.get() + 1);
            self.held.get()
        }

        pub async fn hold_later(&self, gate: Gate) -> usize {
            gate.passed().await;
            self.held.set(self.held.get() + 1);
            self.held.get()
        }
    }

    let (gate, last) = (Gate::new(), Gate::new());
    let probe = LocalProbe::options(mode, 4).init().unwrap();
    let held: Vec<_> = (0..3).map(|_| probe.hold(gate.clone())).collect();
    gate.wait_for_arrivals(3);
    // Three workers are blocked on their threads; the fourth goes on.
    let free = probe.hold_later(last.clone());
    last.open();
    assert_eq!(free.result().unwrap(), 1);
    gate.open();
    assert_eq!(gather(held).results().unwrap(), [1, 1, 1]);
}

fn ten_thousand_calls_wait_on_one_worker(mode: Mode) {
    let (probe, seen) = watched(mode, 1, 10_000);
    let gate = Gate::new();
    let futures: Vec<_> = (0..10_000).map(|_| probe.hold_later(gate.clone())).collect();
    gate.wait_for_arrivals(10_000);
    gate.open();
    assert_eq!(gather(futures).results().unwrap().len(), 10_000);
    assert_eq!(seen.most_inside(), 10_000);
}

fn calls_of_one_worker_run_one_at_a_time(mode: Mode) {
    let (probe, seen) = watched(mode, 1, 100);
    let gate = Gate::new();
    let futures: Vec<_> = (0..10)
        .map(|number| match number % 2 {
            0 => probe.hold(gate.clone()),
            _ => probe.hold_later(gate.clone()),
        })
        .collect();
    for arrivals in 1..=10 {
        gate.wait_for_arrivals(arrivals);
        gate.admit(1);
    }
    assert_eq!(gather(futures).results().unwrap(), (1..=10).collect::<Vec<_>>());
    assert_eq!(seen.most_inside(), 1);
}

fn as_many_calls_run_as_there_are_workers(mode: Mode) {
    let (probe, seen) = watched(mode, 8, 1);
    let gate = Gate::new();
    let futures: Vec<_> = (0..16).map(|_| probe.hold(gate.clone())).collect();
    gate.wait_for_arrivals(8);
    assert_eq!((probe.stats().queued, probe.stats().running), (8, 8));
    gate.open();
    gather(futures).results().unwrap();
    assert_eq!(seen.most_inside(), 8);
}
