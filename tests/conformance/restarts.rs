//! Workers that panic again and again, and workers that can't be built again.

use std::time::Duration;

use concurry::prelude::*;
use concurry::{Event, RestartPolicy, WorkerDeath};
use concurry_testkit::{Gate, Recorder, wait_until};
use concurry_time::FakeClock;

use crate::workers::Counter;

conformance!(every:
    a_worker_that_panics_on_every_call_answers_every_call,
);
// A process builds its state again by its own clock, which no test can move; and it counts the passes
// of an open gate for itself, so that the one that takes its place is built.
conformance!(queued_in_this_process:
    restarts_in_a_row_back_off_on_the_clock,
    a_worker_that_cannot_be_built_again_is_given_up_and_its_calls_fail,
    other_workers_take_over_from_one_that_is_given_up,
);
conformance!(queued:
    a_success_ends_the_row_of_panics,
    other_workers_go_on_while_one_panics,
    calls_that_overlap_with_a_panic_still_end,
);

/// Panics or waits, and can be told not to be built again.
#[derive(Worker)]
struct Mortal {
    broken: Gate,
}

#[worker]
impl Mortal {
    /// Fails once somebody has come to the gate.
    fn new(broken: Gate) -> Result<Self, String> {
        if broken.arrived() > 0 { Err("no model any more".to_owned()) } else { Ok(Self { broken }) }
    }

    pub fn die(&self) -> usize {
        self.broken.open();
        self.broken.pass();
        panic!("the last words")
    }

    pub fn panic(&self) -> usize {
        panic!("bad luck")
    }

    pub fn hold(&self, gate: Gate) -> usize {
        gate.pass();
        gate.arrived()
    }

    pub async fn hold_later(&self, gate: Gate) -> usize {
        gate.passed().await;
        gate.arrived()
    }

    pub fn number(&self, number: u64) -> u64 {
        number
    }
}

fn a_worker_that_panics_on_every_call_answers_every_call(mode: Mode) {
    let policy = RestartPolicy::new().first_wait(Duration::ZERO);
    let counter = Counter::options(mode, 1).restart(policy).init(0).unwrap();
    let futures: Vec<_> = (0..30).map(|n| counter.panic(format!("number {n}"))).collect();
    for (number, outcome) in gather(futures).outcomes().into_iter().enumerate() {
        let error = outcome.unwrap_err();
        assert!(error.is_panic() && error.to_string().ends_with(&format!("number {number}")));
    }
    assert_eq!(counter.total().result().unwrap(), 0);
    assert_eq!(counter.stats().restarts, 30);
}

fn restarts_in_a_row_back_off_on_the_clock(mode: Mode) {
    let (fake, seconds) = (FakeClock::new(), Duration::from_secs);
    let policy = RestartPolicy::new().first_wait(seconds(1)).max_wait(seconds(3));
    let options = Counter::options(mode, 1).clock(fake.clock()).restart(policy);
    let counter = options.init(0).unwrap();
    for wait in [0, 1, 2, 3, 3] {
        let panicking = counter.panic("bad luck".to_owned());
        assert!(panicking.result().unwrap_err().is_panic());
        // The next call waits for the restart, and the restart for the clock.
        if wait > 0 {
            fake.wait_for_sleepers(1);
            assert_eq!(fake.advance_to_next(), Some(seconds(wait)));
        }
    }
    assert_eq!(counter.add(1).result().unwrap(), 1);
    assert_eq!(counter.stats().restarts, 5);
}

fn a_success_ends_the_row_of_panics(mode: Mode) {
    let fake = FakeClock::new();
    let counter = Counter::options(mode, 1).clock(fake.clock()).init(0).unwrap();
    for _ in 0..10 {
        assert!(counter.panic("bad luck".to_owned()).result().unwrap_err().is_panic());
        // Would wait for the clock if it counted as one of a row.
        assert_eq!(counter.add(1).result().unwrap(), 1);
    }
    assert_eq!(counter.stats().restarts, 10);
}

fn a_worker_that_cannot_be_built_again_is_given_up_and_its_calls_fail(mode: Mode) {
    let (events, gate) = (Recorder::new(), Gate::new());
    let told = events.clone();
    let policy = RestartPolicy::new().first_wait(Duration::ZERO).max_failures(3);
    let options = Mortal::options(mode, 1).restart(policy).on_event(move |event| {
        if let Event::WorkerGivenUp { worker, message, .. } = event {
            told.record((*worker, message.clone()));
        }
    });
    let mortal = options.init(Gate::new()).unwrap();
    let held = mortal.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let dying = mortal.die();
    let queued: Vec<_> = (0..10).map(|number| mortal.number(number)).collect();
    gate.open();
    held.result().unwrap();
    assert!(dying.result().unwrap_err().is_panic());
    let mut failed = 0;
    for outcome in gather(queued).outcomes() {
        // Calls that overlapped with the panic were done before it.
        let Err(error) = outcome else { continue };
        failed += 1;
        let text = error.to_string();
        let CallError::WorkerDied(died) = error else { panic!("{text}") };
        assert_eq!((died.worker, died.site.method()), (0, "number"));
        let WorkerDeath::Constructor { failures: 3, message } = died.cause else {
            panic!("{text}");
        };
        assert!(!message.is_empty() && text.contains(&message), "{text}");
    }
    assert!(failed > 0 || mode == Mode::Async);
    wait_until("the worker is given up", || events.count() == 1);
    // The pool has nobody left: it says so instead of taking calls that nobody will run.
    assert!(matches!(mortal.number(1).result(), Err(CallError::Stopped(_))));
    assert!(mortal.stop().result().unwrap().complete);
}

fn other_workers_go_on_while_one_panics(mode: Mode) {
    let gate = Gate::new();
    let mortal = Mortal::options(mode, 2).init(Gate::new()).unwrap();
    let held = mortal.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let panicking = mortal.panic();
    let after: Vec<_> = (0..10).map(|number| mortal.number(number)).collect();
    if mode == Mode::Thread {
        // One is held, so it is the other one that panics, is built again and serves the rest.
        assert!(panicking.result().unwrap_err().is_panic());
        assert_eq!(gather(after).results().unwrap(), (0..10).collect::<Vec<_>>());
        gate.open();
    } else {
        gate.open();
        assert!(panicking.result().unwrap_err().is_panic());
        assert_eq!(gather(after).results().unwrap(), (0..10).collect::<Vec<_>>());
    }
    assert_eq!(held.result().unwrap(), 1);
    assert_eq!(mortal.number(3).result().unwrap(), 3);
}

fn other_workers_take_over_from_one_that_is_given_up(mode: Mode) {
    let policy = RestartPolicy::new().first_wait(Duration::ZERO).max_failures(1);
    let events = Recorder::new();
    let told = events.clone();
    let options = Mortal::options(mode, 2)
        .load_balance(concurry::Balance::RoundRobin)
        .restart(policy)
        .on_event(move |event| {
            if let Event::WorkerGivenUp { worker, .. } = event {
                told.record(*worker);
            }
        });
    let mortal = options.init(Gate::new()).unwrap();
    assert!(mortal.die().result().unwrap_err().is_panic());
    wait_until("the worker is given up", || events.count() == 1);
    wait_until("its thread has noted it", || mortal.stats().workers == 1);
    // Every second call would be for the one that is gone.
    let futures: Vec<_> = (0..20).map(|number| mortal.number(number)).collect();
    assert_eq!(gather(futures).results().unwrap(), (0..20).collect::<Vec<_>>());
    assert_eq!(events.events(), [0]);
}

fn calls_that_overlap_with_a_panic_still_end(mode: Mode) {
    let gate = Gate::new();
    let mortal = Mortal::options(mode, 1).init(Gate::new()).unwrap();
    let held: Vec<_> = (0..3).map(|_| mortal.hold_later(gate.clone())).collect();
    gate.wait_for_arrivals(1);
    let panicking = mortal.panic();
    let after = mortal.number(5);
    gate.open();
    assert!(panicking.result().unwrap_err().is_panic());
    for outcome in gather(held).outcomes() {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    assert_eq!(after.result().unwrap(), 5);
}
