//! `wait`: until a condition holds; nothing is taken, nothing is lost.

use std::time::Duration;

use concurry::prelude::*;
use concurry_testkit::Gate;
use concurry_time::block_on;

use crate::workers::{counter, probe};

conformance!(every:
    waiting_for_all_takes_no_results,
    waiting_for_an_error_ends_when_all_are_done_without_one,
    waiting_for_nothing_ends_at_once,
    a_wait_can_be_awaited,
);
conformance!(queued:
    waiting_for_the_first_leaves_the_rest_pending_and_usable,
    waiting_for_an_error_ends_with_the_first_one,
    a_wait_that_times_out_gives_both_parts,
    a_cancelled_future_is_done,
);

fn waiting_for_all_takes_no_results(mode: Mode) {
    let counter = counter(mode, 1);
    let futures = (0..20).map(|number| counter.checked(number));
    let (done, pending) = wait(futures, ReturnWhen::AllCompleted).partition();
    assert_eq!((done.len(), pending.len()), (20, 0));
    for (number, future) in done.into_iter().enumerate() {
        assert!(future.is_done());
        assert_eq!(future.result().is_ok(), number % 2 == 0);
    }
}

fn waiting_for_an_error_ends_when_all_are_done_without_one(mode: Mode) {
    let counter = counter(mode, 1);
    let futures = (0..20).map(|number| counter.checked_later(number * 2));
    let (done, pending) = wait(futures, ReturnWhen::FirstError).partition();
    assert_eq!((done.len(), pending.len()), (20, 0));
}

fn waiting_for_nothing_ends_at_once(mode: Mode) {
    let _counter = counter(mode, 1);
    for until in [ReturnWhen::AllCompleted, ReturnWhen::FirstCompleted, ReturnWhen::FirstError] {
        let (done, pending) = wait(Vec::<TaskFuture<u64>>::new(), until).partition();
        assert!(done.is_empty() && pending.is_empty());
    }
}

fn a_wait_can_be_awaited(mode: Mode) {
    let counter = counter(mode, 1);
    let waiting = wait([counter.add(1), counter.add(1)], ReturnWhen::AllCompleted);
    let (done, pending) = block_on(waiting.into_future());
    assert!(pending.is_empty());
    assert_eq!(gather(done).results().unwrap(), [1, 2]);
}

fn waiting_for_the_first_leaves_the_rest_pending_and_usable(mode: Mode) {
    let gate = Gate::new();
    let (held, quick) = (probe(mode, 1), probe(mode, 1));
    let futures = [held.hold(gate.clone()).map_ok(|_| 0), quick.record(5)];
    let (mut done, mut pending) = wait(futures, ReturnWhen::FirstCompleted).partition();
    assert_eq!((done.len(), pending.len()), (1, 1));
    assert_eq!(done.remove(0).result().unwrap(), 5);
    gate.open();
    assert_eq!(pending.remove(0).result().unwrap(), 0);
}

fn waiting_for_an_error_ends_with_the_first_one(mode: Mode) {
    let gate = Gate::new();
    let (held, quick) = (probe(mode, 1), counter(mode, 1));
    let slow = held.hold(gate.clone()).map_ok(|n| n as u64).fallible::<String>();
    let (done, pending) = wait([slow, quick.checked(3)], ReturnWhen::FirstError).partition();
    assert_eq!((done.len(), pending.len()), (1, 1));
    gate.open();
    assert_eq!(gather(pending).results().unwrap(), [1]);
}

fn a_wait_that_times_out_gives_both_parts(mode: Mode) {
    let gate = Gate::new();
    let (held, quick) = (probe(mode, 1), probe(mode, 1));
    let ready = quick.record(5);
    quick.record(6).result().unwrap();
    let futures = [held.hold(gate.clone()).map_ok(|_| 0), ready];
    let waiting = wait(futures, ReturnWhen::AllCompleted).timeout(Duration::from_millis(1));
    let (done, pending) = waiting.partition();
    assert_eq!(gather(done).results().unwrap(), [5]);
    gate.open();
    assert_eq!(gather(pending).results().unwrap(), [0]);
}

fn a_cancelled_future_is_done(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let held = probe.hold_alone(gate.clone());
    gate.wait_for_arrivals(1);
    let mut cancelled = probe.record(1);
    let _ = cancelled.cancel();
    let (done, pending) = wait([cancelled, held.map_ok(|_| 0)], ReturnWhen::FirstError).partition();
    assert_eq!((done.len(), pending.len()), (1, 1));
    gate.open();
}
