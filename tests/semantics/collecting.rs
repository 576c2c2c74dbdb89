//! What `gather`, `map` and `wait` do with calls that fail, are slow, or are not made yet.

use std::time::Duration;

use concurry::Timeout;
use concurry::prelude::*;
use concurry_testkit::{Gate, Recorder};

use crate::{every, queued};

/// Answers at once, or when a gate is opened.
#[derive(Worker)]
struct Answers {
    seen: Recorder<u64>,
}

#[worker]
impl Answers {
    fn new(seen: Recorder<u64>) -> Self {
        Self { seen }
    }

    pub async fn late(&self, gate: Gate, number: u64) -> Result<u64, String> {
        gate.passed().await;
        self.seen.record(number);
        Ok(number)
    }

    pub fn even(&self, number: u64) -> Result<u64, String> {
        self.seen.record(number);
        if number % 2 == 0 { Ok(number) } else { Err(format!("{number} is odd")) }
    }
}

#[test]
fn results_come_in_the_order_of_the_futures_and_as_completed_in_that_of_completion() {
    queued(|mode| {
        let answers = Answers::options(mode, 2).init(Recorder::new()).unwrap();
        let gate = Gate::new();
        let late = answers.late(gate.clone(), 1);
        gate.wait_for_arrivals(1);
        let futures = [late, answers.even(2)];
        let mut collected = gather(futures).as_completed();
        assert_eq!(collected.next().unwrap().0, 1, "the second one is done first");
        gate.open();
        assert_eq!(collected.next().unwrap().0, 0);

        let futures = [answers.late(gate.clone(), 1), answers.even(2), answers.even(4)];
        assert_eq!(gather(futures).results().unwrap(), [1, 2, 4]);
    });
}

#[test]
fn the_first_error_in_time_ends_a_gather_and_the_other_calls_go_on() {
    queued(|mode| {
        let (gate, seen) = (Gate::new(), Recorder::new());
        let answers = Answers::options(mode, 2).init(seen.clone()).unwrap();
        let late = answers.late(gate.clone(), 1);
        gate.wait_for_arrivals(1);
        let error = gather([late, answers.even(3)]).results().unwrap_err();
        assert_eq!(error.into_failure().unwrap(), "3 is odd");
        gate.open();
        assert!(answers.stop().result().unwrap().drained);
        assert_eq!(seen.events(), [3, 1], "the other call was detached, not cancelled");
    });
}

#[test]
fn outcomes_keep_every_error_in_its_place() {
    every(|mode| {
        let answers = Answers::options(mode, 1).init(Recorder::new()).unwrap();
        let outcomes = gather((0..4).map(|number| answers.even(number))).outcomes();
        let failed: Vec<_> = outcomes.iter().map(Result::is_err).collect();
        assert_eq!(failed, [false, true, false, true]);
    });
}

#[test]
fn a_timeout_ends_the_wait_and_not_the_calls() {
    queued(|mode| {
        let (gate, seen) = (Gate::new(), Recorder::new());
        let answers = Answers::options(mode, 1).init(seen.clone()).unwrap();
        let late = answers.late(gate.clone(), 1);
        gate.wait_for_arrivals(1);
        let error = gather([late]).timeout(Duration::from_millis(1)).results().unwrap_err();
        assert!(matches!(error, CallError::TimedOut(Timeout::Wait)), "{error:?}");

        let (done, pending) = {
            let futures = [answers.late(gate.clone(), 2)];
            wait(futures, ReturnWhen::AllCompleted).timeout(Duration::from_millis(1)).partition()
        };
        assert_eq!((done.len(), pending.len()), (0, 1));
        gate.open();
        assert_eq!(gather(pending).results().unwrap(), [2], "a pending future is still usable");
        answers.stop().result().unwrap();
        assert_eq!(seen.count(), 2);
    });
}

#[test]
fn a_map_has_no_more_calls_on_their_way_than_it_was_told() {
    queued(|mode| {
        let (gate, made) = (Gate::new(), Recorder::new());
        let answers = Answers::options(mode, 1).init(Recorder::new()).unwrap();
        let (at_gate, noted) = (gate.clone(), made.clone());
        let map = answers.map(0..20, move |answers, number| {
            noted.record(number);
            answers.late(at_gate.clone(), number)
        });
        let mut completed = map.in_flight(3).as_completed();
        let first = std::thread::spawn(move || {
            assert!(completed.next().is_some());
            completed
        });
        gate.wait_for_arrivals(1);
        gate.admit(1);
        let rest = first.join().unwrap();
        assert_eq!(made.count(), 3, "the fourth is made when the first outcome was taken");
        gate.open();
        assert_eq!(rest.count(), 19);
        assert_eq!(made.count(), 20);
    });
}
