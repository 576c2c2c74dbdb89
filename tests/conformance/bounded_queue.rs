//! `max_queued`: a bound on what waits, and what happens when it is reached.

use std::thread;
use std::time::Duration;

use concurry::prelude::*;
use concurry::{Overflow, Rejection};
use concurry_testkit::{Dropped, Gate, Recorder};
use concurry_time::FakeClock;

use crate::workers::{Probe, ProbeHandle};

conformance!(queued:
    a_full_queue_rejects_and_gives_the_arguments_back,
    a_full_queue_makes_the_submit_wait_for_room,
    a_cancelled_call_makes_room,
    a_failing_call_makes_room,
    a_stop_ends_a_submit_that_waits_for_room,
    a_map_never_overfills_a_bounded_queue,
    a_thousand_calls_go_through_a_queue_of_one,
    calls_that_wait_for_a_limit_count_as_queued_and_hold_up_no_timer,
);

fn bounded(mode: Mode, queued: usize, overflow: Overflow) -> (ProbeHandle, Recorder<u64>) {
    let seen = Recorder::new();
    let options = Probe::options(mode, 1).concurrency(1).max_queued(queued).overflow(overflow);
    (options.init(seen.clone(), Dropped::new()).unwrap(), seen)
}

fn a_full_queue_rejects_and_gives_the_arguments_back(mode: Mode) {
    let (probe, seen) = bounded(mode, 2, Overflow::Reject);
    let (gate, values) = (Gate::new(), Dropped::new());
    let held = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let queued = [probe.record(1), probe.record(2)];
    let rejected = probe.record_with(3, values.value());
    assert!(rejected.is_done());
    let error = rejected.result().unwrap_err();
    let text = error.to_string();
    let CallError::Rejected(rejected) = error else { panic!("{text}") };
    assert_eq!(rejected.reason(), Rejection::QueueFull { max_queued: 2 });
    assert!(text.contains("Probe::record_with") && text.contains("max_queued = 2"), "{text}");
    let rejected = rejected.into_arguments::<(u64,)>().unwrap_err();
    let (number, value) = rejected.into_arguments::<(u64, concurry_testkit::Counted)>().unwrap();
    assert_eq!((number, values.count()), (3, 0));
    drop(value);
    gate.open();
    held.result().unwrap();
    gather(queued).results().unwrap();
    assert_eq!(probe.record(4).result().unwrap(), 4, "there is room again");
    assert_eq!(seen.events(), [1, 2, 4]);
}

fn a_full_queue_makes_the_submit_wait_for_room(mode: Mode) {
    let (probe, seen) = bounded(mode, 1, Overflow::Wait);
    let gate = Gate::new();
    let held = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let first = probe.record(1);
    let submitter = probe.clone();
    let second = thread::spawn(move || submitter.record(2).result().unwrap());
    assert_eq!(probe.stats().queued, 1);
    assert!(!second.is_finished());
    gate.open();
    assert_eq!(second.join().unwrap(), 2);
    assert_eq!(first.result().unwrap(), 1);
    held.result().unwrap();
    assert_eq!(seen.events(), [1, 2]);
}

fn a_cancelled_call_makes_room(mode: Mode) {
    let (probe, seen) = bounded(mode, 1, Overflow::Reject);
    let gate = Gate::new();
    let held = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    for number in 0..5 {
        let mut queued = probe.record(number);
        assert!(!queued.is_done(), "rejected");
        let _ = queued.cancel();
    }
    let queued = probe.record(9);
    gate.open();
    assert_eq!(queued.result().unwrap(), 9);
    held.result().unwrap();
    assert_eq!(seen.events(), [9]);
}

fn a_failing_call_makes_room(mode: Mode) {
    let options = crate::workers::Counter::options(mode, 1).max_queued(1);
    let counter = options.overflow(Overflow::Wait).init(0).unwrap();
    for number in 0..20 {
        assert!(counter.checked(number * 2 + 1).result().is_err());
        assert!(counter.panic("bad luck".to_owned()).result().unwrap_err().is_panic());
        assert!(counter.checked_later(number * 2).result().is_ok());
    }
    assert_eq!(counter.stats().queued, 0);
}

fn a_stop_ends_a_submit_that_waits_for_room(mode: Mode) {
    let (probe, _) = bounded(mode, 1, Overflow::Wait);
    let gate = Gate::new();
    let held = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let queued = probe.record(1);
    let submitter = probe.clone();
    let waiting = thread::spawn(move || submitter.record(2).result());
    let stop = probe.stop();
    assert!(matches!(waiting.join().unwrap(), Err(CallError::Stopped(_))));
    gate.open();
    assert_eq!(queued.result().unwrap(), 1);
    held.result().unwrap();
    assert!(stop.result().unwrap().drained);
}

fn a_map_never_overfills_a_bounded_queue(mode: Mode) {
    let (probe, seen) = bounded(mode, 4, Overflow::Wait);
    let numbers = probe.map(0..200, |probe, number| probe.record(number)).in_flight(8);
    assert_eq!(numbers.results().unwrap(), (0..200).collect::<Vec<_>>());
    assert_eq!(seen.count(), 200);
}

fn a_thousand_calls_go_through_a_queue_of_one(mode: Mode) {
    let (probe, seen) = bounded(mode, 1, Overflow::Wait);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| gather((0..250).map(|n| probe.record(n))).results().unwrap());
        }
    });
    assert_eq!(seen.count(), 1_000);
}

fn calls_that_wait_for_a_limit_count_as_queued_and_hold_up_no_timer(mode: Mode) {
    let (fake, seen, gate) = (FakeClock::new(), Recorder::new(), Gate::new());
    let limits = LimitSet::builder().with(CallLimit::per_second(1)).clock(fake.clock());
    let options = Probe::options(mode, 1).concurrency(1).clock(fake.clock());
    let options = options.limits(limits.build().unwrap()).max_queued(2);
    let probe = options.overflow(Overflow::Reject).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let calls = [probe.record(1), probe.record(2)];
    let rejected = probe.record(3).result().unwrap_err();
    assert!(matches!(rejected, CallError::Rejected(_)), "{rejected:?}");
    // The clock's thread, here the test's own, is never the one that waits for room.
    for _ in 0..3 {
        fake.advance(Duration::from_secs(1));
    }
    assert!(calls.iter().all(|call| !call.is_done()));
    gate.open();
    held.result().unwrap();
    assert_eq!(gather(calls).results().unwrap(), [1, 2]);
    assert_eq!(seen.events(), [1, 2]);
}
