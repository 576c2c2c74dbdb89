//! What `cancel` achieves, and what it leaves alone.

use concurry::Cancel;
use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, Recorder, wait_until};

use crate::workers::{Probe, counter, probe};

// The method looks once; in a process the word may arrive a moment after that, so there it is
// `tests/process/cancelling.rs` that holds it, with a method that looks until it is told.
conformance!(queued_in_this_process:
    a_running_sync_call_is_told_and_its_outcome_stands,
);
conformance!(every:
    a_call_that_is_done_keeps_its_outcome,
);
conformance!(queued:
    a_call_that_has_not_begun_never_runs_and_drops_its_arguments_at_once,
    a_running_async_call_is_dropped,
    a_cancelled_call_leaves_the_worker_in_order,
    dropping_a_future_detaches_the_call,
    cancel_on_drop_cancels_a_call_that_has_not_begun,
    cancel_on_drop_cancels_a_running_async_call,
    a_cancelled_pipeline_cancels_the_call_it_waits_for,
    a_stop_from_another_thread_completes_a_blocked_wait,
);

fn a_call_that_is_done_keeps_its_outcome(mode: Mode) {
    let counter = counter(mode, 1);
    let mut future = counter.add(2);
    // Calls of one worker run in order, so this one is done as well.
    counter.add(1).result().unwrap();
    assert_eq!(future.cancel(), Cancel::TooLate);
    assert!(future.is_done());
    assert_eq!(future.result().unwrap(), 2);
}

fn a_call_that_has_not_begun_never_runs_and_drops_its_arguments_at_once(mode: Mode) {
    let (seen, gate, values) = (Recorder::new(), Gate::new(), Dropped::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold_alone(gate.clone());
    gate.wait_for_arrivals(1);
    let mut queued = probe.record_with(1, values.value());
    assert_eq!(values.count(), 0);
    assert_eq!(queued.cancel(), Cancel::Dequeued);
    assert_eq!(values.count(), 1, "dropped by the cancel itself, the worker is still held");
    assert!(queued.is_done());
    assert_eq!(queued.cancel(), Cancel::TooLate);
    let error = queued.result().unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.to_string(), "the call of `Probe::record_with` was cancelled");
    gate.open();
    held.result().unwrap();
    assert_eq!(probe.record(2).result().unwrap(), 2);
    assert_eq!(seen.events(), [2]);
}

fn a_running_async_call_is_dropped(mode: Mode) {
    let (gate, values) = (Gate::new(), Dropped::new());
    let probe = probe(mode, 1);
    let mut running = probe.hold_with(gate.clone(), values.value());
    gate.wait_for_arrivals(1);
    assert_eq!(running.cancel(), Cancel::Signalled);
    assert!(running.result().unwrap_err().is_cancelled());
    assert_eq!(values.count(), 1, "what the call held is dropped with it");
    assert_eq!(probe.record(2).result().unwrap(), 2);
}

fn a_running_sync_call_is_told_and_its_outcome_stands(mode: Mode) {
    let seen = Recorder::new();
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    // One that looks for the cancel, and one that does not.
    let gate = Gate::new();
    let mut heeding = probe.heed(gate.clone());
    gate.wait_for_arrivals(1);
    assert_eq!(heeding.cancel(), Cancel::Signalled);
    gate.open();
    let error = heeding.result().unwrap_err();
    assert_eq!(error.failure().map(String::as_str), Some("cancelled"), "{error:?}");
    assert_eq!(seen.events(), [1]);

    let gate = Gate::new();
    let mut heedless = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    assert_eq!(heedless.cancel(), Cancel::Signalled);
    gate.open();
    assert_eq!(heedless.result().unwrap(), 1);
}

fn a_cancelled_call_leaves_the_worker_in_order(mode: Mode) {
    let (seen, gate) = (Recorder::new(), Gate::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold_alone(gate.clone());
    gate.wait_for_arrivals(1);
    let futures = (0..10).map(|number| {
        let mut future = probe.record(number);
        if number % 2 == 1 {
            assert_eq!(future.cancel(), Cancel::Dequeued);
        }
        future
    });
    let futures: Vec<_> = futures.collect();
    gate.open();
    held.result().unwrap();
    let outcomes = gather(futures).outcomes();
    let cancelled = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    assert_eq!(cancelled, 5);
    let mut events = seen.events();
    events.sort_unstable();
    assert_eq!(events, [0, 2, 4, 6, 8]);
    assert_eq!(probe.stats().restarts, 0);
}

fn dropping_a_future_detaches_the_call(mode: Mode) {
    let (seen, gate) = (Recorder::new(), Gate::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold_alone(gate.clone());
    drop(probe.record(1));
    drop(held);
    gate.open();
    assert!(probe.stop().result().unwrap().drained);
    assert_eq!(seen.events(), [1]);
}

fn cancel_on_drop_cancels_a_call_that_has_not_begun(mode: Mode) {
    let (seen, gate, values) = (Recorder::new(), Gate::new(), Dropped::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold_alone(gate.clone());
    gate.wait_for_arrivals(1);
    drop(probe.record_with(1, values.value()).cancel_on_drop());
    assert_eq!(values.count(), 1);
    gate.open();
    held.result().unwrap();
    assert_eq!(probe.record(2).cancel_on_drop().result().unwrap(), 2);
    assert_eq!(seen.events(), [2]);
}

fn cancel_on_drop_cancels_a_running_async_call(mode: Mode) {
    let (gate, values) = (Gate::new(), Dropped::new());
    let probe = probe(mode, 1);
    let running = probe.hold_with(gate.clone(), values.value()).cancel_on_drop();
    gate.wait_for_arrivals(1);
    drop(running);
    wait_until("the call is dropped", || values.count() == 1);
    assert_eq!(probe.record(2).result().unwrap(), 2);
}

fn a_cancelled_pipeline_cancels_the_call_it_waits_for(mode: Mode) {
    let (seen, gate) = (Recorder::new(), Gate::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold_alone(gate.clone());
    gate.wait_for_arrivals(1);
    let next = probe.clone();
    let mut chain = probe.record(1).map_ok(|n| n + 1).and_then(move |n| next.record(n));
    assert_eq!(chain.cancel(), Cancel::Dequeued);
    assert!(chain.result().unwrap_err().is_cancelled());
    gate.open();
    held.result().unwrap();
    probe.record(7).result().unwrap();
    assert_eq!(seen.events(), [7]);
}

fn a_stop_from_another_thread_completes_a_blocked_wait(mode: Mode) {
    let (gate, values) = (Gate::new(), Dropped::new());
    let probe = probe(mode, 1);
    let running = probe.hold_with(gate.clone(), values.value());
    gate.wait_for_arrivals(1);
    let waiter = std::thread::spawn(move || running.result());
    assert!(probe.stop_now().result().unwrap().complete);
    assert!(matches!(waiter.join().unwrap(), Err(CallError::Stopped(_))));
}
