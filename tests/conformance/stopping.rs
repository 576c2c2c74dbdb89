//! `stop`, `stop_now` and dropping the last handle: nothing is lost, nothing waits for ever.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, Recorder, wait_until};
use concurry_time::FakeClock;

use crate::workers::{Counter, Probe, counter, probe};

// The method looks once; in a process the word may arrive a moment after that, so there it is
// `tests/process/cancelling.rs` that holds it, with a method that looks until it is told.
conformance!(queued_in_this_process:
    a_stop_now_is_seen_by_running_sync_calls,
);
conformance!(every:
    a_call_after_a_stop_fails_as_stopped,
    stopping_twice_from_two_threads_is_harmless,
    a_pool_that_was_never_used_stops,
    a_result_outlives_its_pool,
    the_state_is_dropped_by_the_time_a_stop_is_done,
);
conformance!(queued:
    a_stop_runs_what_is_queued,
    dropping_the_last_handle_runs_what_is_queued,
    a_stop_now_fails_what_has_not_begun_and_never_runs_it,
    a_stop_now_drops_running_async_calls,
    a_stop_that_takes_too_long_cancels_the_rest,
    a_stop_has_one_deadline_for_the_whole_pool,
    each_submit_beside_a_stop_ends_with_a_result_or_as_stopped,
);
conformance!(queued_in_this_process:
    a_stop_during_backed_off_restarts_completes_every_future,
);

fn a_call_after_a_stop_fails_as_stopped(mode: Mode) {
    let counter = counter(mode, 1);
    counter.add(1).result().unwrap();
    let report = counter.stop().result().unwrap();
    assert!(report.complete && report.drained, "{report:?}");
    assert!(counter.stats().stopped);
    for error in [counter.add(1).result().unwrap_err(), counter.add_later(1).result().unwrap_err()]
    {
        let CallError::Stopped(site) = error else { panic!("{error:?}") };
        assert_eq!(site.worker(), "Counter");
    }
}

fn stopping_twice_from_two_threads_is_harmless(mode: Mode) {
    let counter = counter(mode, 1);
    let stops: Vec<_> = (0..4)
        .map(|number| {
            let counter = counter.clone();
            thread::spawn(move || {
                let stop = if number % 2 == 0 { counter.stop() } else { counter.stop_now() };
                stop.result().unwrap()
            })
        })
        .collect();
    for stop in stops {
        assert!(stop.join().unwrap().complete);
    }
    assert!(counter.stop().result().unwrap().complete);
}

fn a_pool_that_was_never_used_stops(mode: Mode) {
    let report = counter(mode, 1).stop().result().unwrap();
    assert!(report.complete && report.drained, "{report:?}");
}

fn a_result_outlives_its_pool(mode: Mode) {
    let counter = counter(mode, 1);
    let future = counter.add(5);
    counter.stop().result().unwrap();
    drop(counter);
    assert_eq!(future.result().unwrap(), 5);
}

fn the_state_is_dropped_by_the_time_a_stop_is_done(mode: Mode) {
    let states = Dropped::new();
    let probe = Probe::options(mode, 1).init(Recorder::new(), states.clone()).unwrap();
    probe.record(1).result().unwrap();
    assert_eq!(states.count(), 0);
    probe.stop().result().unwrap();
    assert_eq!(states.count(), 1);
}

fn a_stop_runs_what_is_queued(mode: Mode) {
    let (seen, gate) = (Recorder::new(), Gate::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let held = probe.hold_alone(gate.clone());
    let queued: Vec<_> = (0..20).map(|number| probe.record(number)).collect();
    gate.wait_for_arrivals(1);
    let stop = probe.stop();
    assert!(matches!(probe.record(99).result(), Err(CallError::Stopped(_))));
    assert!(!stop.is_done());
    gate.open();
    assert_eq!(gather(queued).results().unwrap(), (0..20).collect::<Vec<_>>());
    assert_eq!(held.result().unwrap(), 1);
    let report = stop.result().unwrap();
    assert!(report.complete && report.drained, "{report:?}");
    assert_eq!(seen.count(), 20);
}

fn dropping_the_last_handle_runs_what_is_queued(mode: Mode) {
    let (seen, states, gate) = (Recorder::new(), Dropped::new(), Gate::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), states.clone()).unwrap();
    let held = probe.hold_alone(gate.clone());
    let queued: Vec<_> = (0..20).map(|number| probe.record(number)).collect();
    let detached = probe.record(20);
    drop(detached);
    drop(probe);
    gate.open();
    assert_eq!(held.result().unwrap(), 1);
    assert_eq!(gather(queued).results().unwrap().len(), 20);
    wait_until("the state is dropped", || states.count() == 1);
    let mut events = seen.events();
    events.sort_unstable();
    assert_eq!(events, (0..=20).collect::<Vec<_>>());
}

fn a_stop_now_fails_what_has_not_begun_and_never_runs_it(mode: Mode) {
    let (seen, gate, values) = (Recorder::new(), Gate::new(), Dropped::new());
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let _held = probe.hold_alone(gate.clone());
    let queued: Vec<_> = (0..20).map(|n| probe.record_with(n, values.value())).collect();
    gate.wait_for_arrivals(1);
    let stop = probe.stop_now();
    gate.open();
    for outcome in gather(queued).outcomes() {
        assert!(matches!(outcome, Err(CallError::Stopped(_))), "{outcome:?}");
    }
    let report = stop.result().unwrap();
    assert!(report.complete && !report.drained, "{report:?}");
    assert_eq!(seen.count(), 0);
    assert_eq!(values.count(), 20, "the arguments are dropped");
}

fn a_stop_now_drops_running_async_calls(mode: Mode) {
    let (gate, values) = (Gate::new(), Dropped::new());
    let probe = probe(mode, 1);
    let running = probe.hold_with(gate.clone(), values.value());
    gate.wait_for_arrivals(1);
    let report = probe.stop_now().result().unwrap();
    assert!(report.complete, "{report:?}");
    assert!(matches!(running.result(), Err(CallError::Stopped(_))));
    assert_eq!(values.count(), 1);
}

fn a_stop_now_is_seen_by_running_sync_calls(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let running = probe.heed(gate.clone());
    gate.wait_for_arrivals(1);
    let stop = probe.stop_now();
    gate.open();
    let error = running.result().unwrap_err();
    assert!(matches!(error.failure().map(String::as_str), Some("cancelled")), "{error:?}");
    assert!(stop.result().unwrap().complete);
}

fn a_stop_that_takes_too_long_cancels_the_rest(mode: Mode) {
    let (fake, gate, minute) = (FakeClock::new(), Gate::new(), Duration::from_secs(60));
    let options = Probe::options(mode, 1).clock(fake.clock()).stop_timeout(minute);
    let probe = options.init(Recorder::new(), Dropped::new()).unwrap();
    let held = probe.hold_alone_later(gate.clone());
    let queued = probe.record(1);
    gate.wait_for_arrivals(1);
    let stop = probe.stop();
    fake.wait_for_sleepers(1);
    assert!(!held.is_done() && !queued.is_done());
    fake.advance(minute);
    let report = stop.result().unwrap();
    assert!(report.complete && !report.drained, "{report:?}");
    assert!(matches!(held.result(), Err(CallError::Stopped(_))));
    assert!(matches!(queued.result(), Err(CallError::Stopped(_))));
}

fn a_stop_has_one_deadline_for_the_whole_pool(mode: Mode) {
    let (fake, gate, minute) = (FakeClock::new(), Gate::new(), Duration::from_secs(60));
    let options = Probe::options(mode, 4).clock(fake.clock()).stop_timeout(minute);
    let probe = options.init(Recorder::new(), Dropped::new()).unwrap();
    // Sync methods that heed nothing: only the grace ends the wait.
    let held: Vec<_> = (0..4).map(|_| probe.hold(gate.clone())).collect();
    gate.wait_for_arrivals(4);
    let before = fake.clock().now();
    let stop = probe.stop();
    while !stop.is_done() {
        fake.wait_for_sleepers(1);
        fake.advance_to_next();
    }
    let report = stop.result().unwrap();
    assert!(!report.complete && !report.drained, "{report:?}");
    assert_eq!(fake.clock().now() - before, minute + Duration::from_secs(1));
    gate.open();
    for outcome in gather(held).outcomes() {
        assert!(outcome.is_ok() || matches!(outcome, Err(CallError::Stopped(_))), "{outcome:?}");
    }
}

fn each_submit_beside_a_stop_ends_with_a_result_or_as_stopped(mode: Mode) {
    // A pool on a cluster takes half a second to start.
    let rounds = if mode == Mode::Ray { 3 } else { 20 };
    for _ in 0..rounds {
        let counter = counter(mode, 2);
        let (begun, begins) = channel();
        let submitters: Vec<_> = (0..4)
            .map(|_| {
                let (counter, begun) = (counter.clone(), begun.clone());
                thread::spawn(move || {
                    let futures: Vec<_> = (0..50)
                        .map(|number| {
                            let _ = begun.send(());
                            counter.add(number)
                        })
                        .collect();
                    gather(futures).outcomes()
                })
            })
            .collect();
        (0..10).for_each(|_| begins.recv().unwrap());
        assert!(counter.stop().result().unwrap().complete);
        let outcomes = submitters.into_iter().flat_map(|submitter| submitter.join().unwrap());
        let mut done = 0;
        for outcome in outcomes {
            match outcome {
                Ok(_) => done += 1,
                Err(error) => assert!(matches!(error, CallError::Stopped(_)), "{error:?}"),
            }
        }
        assert_eq!(counter.stats().done, done);
    }
}

fn a_stop_during_backed_off_restarts_completes_every_future(mode: Mode) {
    let fake = FakeClock::new();
    let counter = Counter::options(mode, 1).clock(fake.clock()).init(0).unwrap();
    for _ in 0..2 {
        assert!(counter.panic("poison".to_owned()).result().unwrap_err().is_panic());
    }
    let queued: Vec<_> = (0..5).map(|number| counter.add(number)).collect();
    // The second restart in a row waits, on a clock that stands still.
    fake.wait_for_sleepers(1);
    let report = counter.stop_now().result().unwrap();
    assert!(report.complete, "{report:?}");
    for outcome in gather(queued).outcomes() {
        assert!(matches!(outcome, Err(CallError::Stopped(_))), "{outcome:?}");
    }
}
