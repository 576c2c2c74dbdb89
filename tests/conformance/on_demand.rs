//! Pools whose workers are built for single calls.

use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, Recorder, threads_named, wait_until};

use crate::workers::{Counter, Probe};

conformance!(on_demand:
    each_call_has_a_worker_of_its_own,
    no_worker_is_there_before_a_call_or_after_it,
    at_most_max_workers_run_and_submitting_never_blocks,
    a_stop_while_calls_run_drains,
    a_stop_now_while_calls_run_ends,
    a_constructor_that_fails_fails_its_call,
    a_panic_costs_its_call_only,
    a_map_runs_on_an_on_demand_pool,
    dropping_the_handle_runs_what_is_queued,
);

fn each_call_has_a_worker_of_its_own(mode: Mode) {
    let counter = Counter::options(mode, 2).on_demand(true).init(5).unwrap();
    let totals = gather((0..20).map(|_| counter.add(1))).results().unwrap();
    assert_eq!(totals, [6; 20]);
}

fn no_worker_is_there_before_a_call_or_after_it(mode: Mode) {
    let states = Dropped::new();
    let options = Probe::options(mode, 2).on_demand(true);
    let probe = options.init(Recorder::new(), states.clone()).unwrap();
    assert_eq!((states.count(), probe.stats().workers), (0, 0));
    assert_eq!(probe.record(1).result().unwrap(), 1);
    assert_eq!(states.count(), 1, "dropped before its result is out");
    assert!(probe.stop().result().unwrap().complete);
}

fn at_most_max_workers_run_and_submitting_never_blocks(mode: Mode) {
    let (seen, gate) = (Recorder::new(), Gate::new());
    let options = Probe::options(mode, 3).on_demand(true);
    let probe = options.init(seen.clone(), Dropped::new()).unwrap();
    let futures: Vec<_> = (0..12).map(|_| probe.hold(gate.clone())).collect();
    gate.wait_for_arrivals(3);
    assert_eq!(probe.stats().running, 3);
    gate.open();
    gather(futures).results().unwrap();
    assert_eq!(seen.most_inside(), 3);
}

fn a_stop_while_calls_run_drains(mode: Mode) {
    let gate = Gate::new();
    let options = Probe::options(mode, 2).on_demand(true);
    let probe = options.init(Recorder::new(), Dropped::new()).unwrap();
    let futures: Vec<_> = (0..6).map(|_| probe.hold(gate.clone())).collect();
    gate.wait_for_arrivals(2);
    let stop = probe.stop();
    assert!(matches!(probe.record(1).result(), Err(CallError::Stopped(_))));
    gate.open();
    let report = stop.result().unwrap();
    assert!(report.complete && report.drained, "{report:?}");
    assert_eq!(gather(futures).results().unwrap().len(), 6);
}

fn a_stop_now_while_calls_run_ends(mode: Mode) {
    let gate = Gate::new();
    let options = Probe::options(mode, 2).on_demand(true);
    let probe = options.init(Recorder::new(), Dropped::new()).unwrap();
    let futures: Vec<_> = (0..6).map(|_| probe.heed(gate.clone())).collect();
    gate.wait_for_arrivals(2);
    let stop = probe.stop_now();
    gate.open();
    let outcomes = gather(futures).outcomes();
    let heeded = outcomes.iter().filter(|outcome| matches!(outcome, Err(CallError::Failed(_))));
    assert_eq!(heeded.count(), 2);
    let stopped = outcomes.iter().filter(|outcome| matches!(outcome, Err(CallError::Stopped(_))));
    assert_eq!(stopped.count(), 4);
    assert!(stop.result().unwrap().complete);
}

fn a_constructor_that_fails_fails_its_call(mode: Mode) {
    #[derive(Worker)]
    struct Broken;

    #[worker]
    impl Broken {
        fn new() -> Result<Self, String> {
            Err("no model".to_owned())
        }

        pub fn number(&self) -> u64 {
            1
        }
    }

    let broken = Broken::options(mode, 1).on_demand(true).init().unwrap();
    let error = broken.number().result().unwrap_err();
    assert!(matches!(error, CallError::WorkerDied(_)), "{error:?}");
    assert!(broken.stop().result().unwrap().complete);
}

fn a_panic_costs_its_call_only(mode: Mode) {
    let counter = Counter::options(mode, 1).on_demand(true).init(0).unwrap();
    let panicking = counter.panic("bad luck".to_owned());
    let after = counter.add(1);
    assert!(panicking.result().unwrap_err().is_panic());
    assert_eq!(after.result().unwrap(), 1);
}

fn a_map_runs_on_an_on_demand_pool(mode: Mode) {
    let counter = Counter::options(mode, 2).on_demand(true).init(0).unwrap();
    let halves = counter.map(0..50, |counter, n| counter.checked(n * 2)).in_flight(4).results();
    assert_eq!(halves.unwrap(), (0..50).collect::<Vec<_>>());
    assert_eq!(counter.stats().running, 0);
}

fn dropping_the_handle_runs_what_is_queued(mode: Mode) {
    #[derive(Worker)]
    struct DroppedDemand(Gate);

    #[worker]
    impl DroppedDemand {
        fn new(gate: Gate) -> Self {
            Self(gate)
        }

        pub fn hold(&self) -> usize {
            self.0.pass();
            1
        }
    }

    let gate = Gate::new();
    let pool = DroppedDemand::options(mode, 2).on_demand(true).init(gate.clone()).unwrap();
    let futures: Vec<_> = (0..6).map(|_| pool.hold()).collect();
    drop(pool);
    gate.open();
    assert_eq!(gather(futures).results().unwrap(), [1; 6]);
    wait_until("the threads are gone", || threads_named("DroppedDemand") == 0);
}
