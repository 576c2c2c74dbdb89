//! `on_done`: in order, once, whatever becomes of the future.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, PATIENCE, Recorder};

use crate::workers::{Counter, Probe, counter, probe};

conformance!(every:
    callbacks_see_the_outcome_once_and_in_the_order_they_were_added,
    a_callback_sees_the_methods_own_error,
    a_callback_that_panics_changes_nothing,
    a_callback_of_a_done_future_runs_at_once,
    a_callback_may_make_calls,
    a_step_that_panics_fails_the_pipeline_as_panicked,
);
conformance!(queued:
    callbacks_run_for_a_detached_call,
    callbacks_run_for_a_cancelled_call,
    callbacks_run_for_a_stopped_call,
);

fn receive<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(PATIENCE).unwrap()
}

fn callbacks_see_the_outcome_once_and_in_the_order_they_were_added(mode: Mode) {
    let counter = counter(mode, 1);
    let (sender, receiver) = channel();
    let mut future = counter.add(5);
    for number in 0..3 {
        let sender = sender.clone();
        future.on_done(move |outcome| {
            sender.send((number, *outcome.as_ref().unwrap())).unwrap();
        });
    }
    drop(sender);
    assert_eq!(future.result().unwrap(), 5);
    assert_eq!(receiver.iter().collect::<Vec<_>>(), [(0, 5), (1, 5), (2, 5)]);
}

fn a_callback_sees_the_methods_own_error(mode: Mode) {
    let counter = counter(mode, 1);
    let (sender, receiver) = channel();
    let mut future = counter.checked(7);
    future.on_done(move |outcome| {
        let failure = outcome.as_ref().err().and_then(CallError::failure).cloned();
        sender.send(failure).unwrap();
    });
    assert_eq!(receive(&receiver).as_deref(), Some("7 is odd"));
    assert!(future.result().is_err());
}

fn a_callback_that_panics_changes_nothing(mode: Mode) {
    let counter = counter(mode, 1);
    let (sender, receiver) = channel();
    let mut future = counter.add(5);
    future.on_done(|_| panic!("a callback of the test"));
    future.on_done(move |outcome| sender.send(*outcome.as_ref().unwrap()).unwrap());
    assert_eq!(receive(&receiver), 5);
    assert_eq!(future.result().unwrap(), 5);
    // Also where the call is done before the callback is there.
    let mut done = TaskFuture::<u64>::ready(Ok(6));
    done.on_done(|_| panic!("a callback of the test"));
    assert_eq!(done.result().unwrap(), 6);
    assert_eq!(counter.add(1).result().unwrap(), 6, "the worker is in order");
    assert_eq!(counter.stats().restarts, 0);
}

fn a_callback_of_a_done_future_runs_at_once(mode: Mode) {
    let counter = counter(mode, 1);
    let mut future = counter.add(5);
    counter.add(1).result().unwrap();
    let here = std::thread::current().id();
    let (sender, receiver) = channel();
    future.on_done(move |_| sender.send(std::thread::current().id()).unwrap());
    assert_eq!(receiver.try_recv().unwrap(), here);
}

fn a_callback_may_make_calls(mode: Mode) {
    let first = counter(mode, 1);
    let second = Counter::options(mode, 1).init(100).unwrap();
    let (sender, receiver) = channel();
    let mut future = first.add(5);
    future.on_done(move |outcome| {
        let mut next = second.add(*outcome.as_ref().unwrap());
        next.on_done(move |outcome| sender.send(*outcome.as_ref().unwrap()).unwrap());
    });
    assert_eq!(receive(&receiver), 105);
}

fn a_step_that_panics_fails_the_pipeline_as_panicked(mode: Mode) {
    let counter = counter(mode, 1);
    let before = counter.add(5);
    counter.add(1).result().unwrap();
    // Whether the call is done when the step is added makes no difference.
    for future in [before, counter.add(5), TaskFuture::ready(Ok(5))] {
        let error =
            future.map_ok(|_| -> u64 { panic!("a step of the test") }).result().unwrap_err();
        let CallError::Panicked(panic) = error else { panic!("{error:?}") };
        assert_eq!(panic.message, "a step of the test");
    }
    assert_eq!(counter.stats().restarts, 0);
}

fn callbacks_run_for_a_detached_call(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let (sender, receiver) = channel();
    let mut future = probe.hold(gate.clone());
    future.on_done(move |outcome| sender.send(outcome.is_ok()).unwrap());
    drop(future);
    assert!(receiver.try_recv().is_err());
    gate.open();
    assert!(receive(&receiver));
    assert!(receiver.recv().is_err(), "once");
}

fn callbacks_run_for_a_cancelled_call(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let _held = probe.hold_alone(gate.clone());
    gate.wait_for_arrivals(1);
    let (sender, receiver) = channel();
    let mut queued = probe.record(1);
    queued.on_done(move |outcome| {
        sender.send(outcome.as_ref().is_err_and(CallError::is_cancelled)).unwrap();
    });
    let _ = queued.cancel();
    assert!(receive(&receiver));
    gate.open();
}

fn callbacks_run_for_a_stopped_call(mode: Mode) {
    let gate = Gate::new();
    let options = Probe::options(mode, 1).stop_timeout(Duration::from_secs(60));
    let probe = options.init(Recorder::new(), Dropped::new()).unwrap();
    let _held = probe.hold_alone(gate.clone());
    gate.wait_for_arrivals(1);
    let (sender, receiver) = channel();
    let mut queued = probe.record(1);
    queued.on_done(move |outcome| {
        sender.send(matches!(outcome, Err(CallError::Stopped(_)))).unwrap();
    });
    drop(queued);
    let stop = probe.stop_now();
    gate.open();
    assert!(receive(&receiver));
    assert!(stop.result().unwrap().complete);
}
