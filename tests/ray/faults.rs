//! Deaths: of a worker's process, of its actor, of its node, of the gateway.
//!
//! Every run of a call is noted in a file, so that a second one would be seen.

use std::time::{Duration, Instant};

use concurry::prelude::*;
use concurry::{CallError, WorkerDeath};
use concurry_testkit::wait_until;

use crate::Test;
use crate::cluster;
use crate::noters::{Noter, Notes, gateways_of, is_alive, kill, signal};

pub(crate) const TESTS: &[Test] = &[
    ("faults::a_crash_costs_exactly_the_call_that_ran", a_crash_costs_exactly_the_call_that_ran),
    ("faults::an_exit_is_told_with_its_code", an_exit_is_told_with_its_code),
    (
        "faults::a_killed_process_is_replaced_in_its_actor",
        a_killed_process_is_replaced_in_its_actor,
    ),
    ("faults::a_killed_actor_takes_its_process_along", a_killed_actor_takes_its_process_along),
    ("faults::idempotent_calls_are_tried_elsewhere", idempotent_calls_are_tried_elsewhere),
    (
        "faults::a_call_that_kills_every_worker_is_kept_from_them",
        a_call_that_kills_every_worker_is_kept_from_them,
    ),
    ("faults::a_worker_is_given_up_after_max_restarts", a_worker_is_given_up_after_max_restarts),
];

pub(crate) const ALONE: &[Test] = &[
    ("faults::a_killed_gateway_is_replaced", a_killed_gateway_is_replaced),
    ("faults::a_process_that_hangs_is_replaced", a_process_that_hangs_is_replaced),
    ("faults::a_killed_node_costs_only_what_ran_there", a_killed_node_costs_only_what_ran_there),
    // The last one of all: there is no cluster after it.
    ("faults::without_a_head_every_call_ends_soon", without_a_head_every_call_ends_soon),
];

fn death<E: std::fmt::Debug>(error: &CallError<E>) -> WorkerDeath {
    match error {
        CallError::WorkerDied(died) => died.cause.clone(),
        other => panic!("{other:?}"),
    }
}

fn a_crash_costs_exactly_the_call_that_ran() {
    let notes = Notes::new();
    let noter = notes.noter(1);
    // Known to be quick, so that many calls are sent ahead.
    gather((0..2_000).map(|_| noter.process())).results().unwrap();
    let calls: Vec<_> = (0..200)
        .map(|number| match number {
            100 => noter.note_and_die(number, "abort".into()),
            _ => noter.note(number),
        })
        .collect();
    let outcomes = gather(calls).outcomes();
    for (number, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(answer) => assert_eq!(*answer, number as u64),
            Err(error) => {
                assert_eq!((number, death(error)), (100, WorkerDeath::Signal { signal: 6 }));
            }
        }
    }
    assert_eq!(notes.counts(200), [1; 200], "each ran once, the deadly one as well");
    assert_eq!(noter.stats().restarts, 1);
}

fn an_exit_is_told_with_its_code() {
    let notes = Notes::new();
    let noter = notes.noter(1);
    let error = noter.note_and_die(0, "exit".into()).result().unwrap_err();
    assert_eq!(death(&error), WorkerDeath::Exit { code: 7 });
    assert!(error.to_string().contains("Noter::note_and_die"), "{error}");
    assert_eq!(noter.note(1).result().unwrap(), 1);
}

fn a_killed_process_is_replaced_in_its_actor() {
    let notes = Notes::new();
    let noter = notes.noter(1);
    let (process, actor) = (noter.process().result().unwrap(), noter.actor().result().unwrap());
    let waiting = noter.note_and_wait(0, notes.gate());
    wait_until("it runs", || notes.numbers() == [0]);
    kill(process);
    assert_eq!(death(&waiting.result().unwrap_err()), WorkerDeath::Signal { signal: 9 });
    assert_ne!(noter.process().result().unwrap(), process);
    assert_eq!(noter.actor().result().unwrap(), actor, "another process in the same actor");
}

fn a_killed_actor_takes_its_process_along() {
    let notes = Notes::new();
    let noter = notes.noter(1);
    let (process, actor) = (noter.process().result().unwrap(), noter.actor().result().unwrap());
    let waiting = noter.note_and_wait(0, notes.gate());
    wait_until("it runs", || notes.numbers() == [0]);
    kill(actor);
    let error = waiting.result().unwrap_err();
    assert!(matches!(death(&error), WorkerDeath::Lost { .. }), "{error}");
    wait_until("its process is gone", || !is_alive(process));
    assert_ne!(noter.actor().result().unwrap(), actor);
    assert_eq!(notes.counts(1), [1]);
}

fn idempotent_calls_are_tried_elsewhere() {
    let notes = Notes::new();
    let options = Noter::options(Mode::Ray, 1).ray(cluster::options());
    let noter = options
        .retry(RetryPolicy::exponential(Duration::from_millis(1)).max_retries(3))
        .init(notes.file())
        .unwrap();
    let process = noter.process().result().unwrap();
    let again = noter.note_twice_if_need_be(0, notes.gate());
    wait_until("it runs", || notes.numbers() == [0]);
    kill(process);
    wait_until("it runs again", || notes.numbers() == [0, 0]);
    notes.open_gate();
    assert_eq!(again.result().unwrap(), 0);
    let once = noter.note_and_die(1, "exit".into());
    assert!(matches!(death(&once.result().unwrap_err()), WorkerDeath::Exit { code: 7 }));
    assert_eq!(notes.counts(2), [2, 1], "what is not idempotent runs once");
}

#[derive(Worker)]
struct Deadly;

#[worker]
impl Deadly {
    fn new() -> Self {
        Self
    }

    #[idempotent]
    pub fn die(&self) -> u64 {
        std::process::abort()
    }

    pub fn live(&self) -> u64 {
        1
    }
}

fn a_call_that_kills_every_worker_is_kept_from_them() {
    let options = Deadly::options(Mode::Ray, 1).ray(cluster::options());
    let policy = RetryPolicy::exponential(Duration::from_millis(1)).max_retries(10);
    let deadly = options.retry(policy).init().unwrap();
    let error = deadly.die().result().unwrap_err();
    assert!(error.to_string().contains('3'), "after three workers: {error}");
    assert_eq!(deadly.live().result().unwrap(), 1);
    assert_eq!(deadly.stats().restarts, 3);
}

fn a_killed_gateway_is_replaced() {
    let notes = Notes::new();
    let noter = notes.noter(2);
    let processes = gather((0..8).map(|_| noter.process())).results();
    let processes = processes.unwrap();
    let waiting = noter.note_and_wait(0, notes.gate());
    wait_until("it runs", || notes.numbers() == [0]);
    cluster::forget_connection();
    // Pools of earlier tests that still run what they have may use the same one, or one of their own.
    let gateways = gateways_of(std::process::id());
    assert!(!gateways.is_empty());
    gateways.into_iter().for_each(kill);
    let error = waiting.result().unwrap_err();
    assert!(matches!(death(&error), WorkerDeath::Lost { .. }), "{error}");
    assert!(error.to_string().contains("gateway"), "{error}");
    wait_until("its workers are gone", || !processes.iter().any(|process| is_alive(*process)));
    assert_eq!(noter.note(1).result().unwrap(), 1);
    assert_eq!(notes.counts(2), [1, 1]);
}

fn a_process_that_hangs_is_replaced() {
    let notes = Notes::new();
    let options = cluster::options().silence_timeout(Duration::from_millis(600));
    let noter = Noter::options(Mode::Ray, 1).ray(options).init(notes.file()).unwrap();
    let process = noter.process().result().unwrap();
    // Slow is not silent: another thread answers.
    let mut slow = noter.note_and_wait(0, notes.gate());
    assert!(slow.result_timeout(Duration::from_millis(1_500)).is_err());
    notes.open_gate();
    assert_eq!(slow.result().unwrap(), 0);
    signal(process, "STOP");
    let error = noter.note(1).result().unwrap_err();
    assert!(matches!(death(&error), WorkerDeath::Hung { .. }), "{error}");
    assert_eq!(noter.note(2).result().unwrap(), 2);
    wait_until("it is ended", || !is_alive(process));
}

fn a_worker_is_given_up_after_max_restarts() {
    let notes = Notes::new();
    let options = cluster::options().max_restarts(1);
    let noter = Noter::options(Mode::Ray, 1).ray(options).init(notes.file()).unwrap();
    for number in 0..2 {
        noter.note_and_die(number, "exit".into()).result().unwrap_err();
    }
    let error = noter.note(2).result().unwrap_err();
    assert!(matches!(error, CallError::WorkerDied(_) | CallError::Stopped(_)), "{error}");
    assert_eq!(notes.counts(3), [1, 1, 0]);
}

fn a_killed_node_costs_only_what_ran_there() {
    let notes = Notes::new();
    let on = |name: &str| {
        let options = cluster::options().resource(name, 1.0);
        Noter::options(Mode::Ray, 2).ray(options).init(notes.file()).unwrap()
    };
    let (first, second) = (on("first"), on("second"));
    let there = gather([second.process(), second.process()]).results().unwrap();
    let waiting = second.note_and_wait(0, notes.gate());
    wait_until("it runs", || notes.numbers() == [0]);
    let here: Vec<_> = (1..500).map(|number| first.note(number)).collect();
    cluster::with(|cluster| cluster.kill_node());
    for outcome in gather(here).outcomes() {
        // Both nodes have one address here, and the gateway may be joined to either.
        assert!(matches!(outcome, Ok(_) | Err(CallError::WorkerDied(_))), "{outcome:?}");
    }
    let error = waiting.result().unwrap_err();
    assert!(matches!(death(&error), WorkerDeath::Lost { .. }), "{error}");
    wait_until("its workers are gone", || !there.iter().any(|process| is_alive(*process)));
    // On the node that comes in its place.
    cluster::with(|cluster| cluster.add_node());
    // What is sent before a death is noticed may have begun, so it is not sent again.
    let answered = (500..502).any(|number| second.note(number).result().is_ok());
    assert!(answered || second.note(502).result().is_ok(), "two workers, two deaths");
    assert!(notes.counts(503).into_iter().all(|runs| runs <= 1), "nothing runs twice");
}

fn without_a_head_every_call_ends_soon() {
    let notes = Notes::new();
    let noter = notes.noter(2);
    let processes = gather((0..8).map(|_| noter.process())).results().unwrap();
    let waiting = noter.note_and_wait(0, notes.gate());
    wait_until("it runs", || notes.numbers() == [0]);
    let begun = Instant::now();
    cluster::with(|cluster| cluster.kill_head());
    let error = waiting.result().unwrap_err();
    // The tests allow it three; Ray by itself would take a minute.
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
    // Unless the node notices it before the gateway does, and kills its workers itself; or Ray's library
    // does, and ends the gateway.
    let by_the_node = matches!(death(&error), WorkerDeath::Signal { .. });
    let told = error.to_string();
    let by_the_gateway = ["the head of the cluster", "the gateway to the cluster ended"]
        .iter()
        .any(|why| told.contains(why));
    assert!(by_the_node || by_the_gateway, "{told}");
    wait_until("its workers are gone", || !processes.iter().any(|process| is_alive(*process)));
    // Nor can there be new ones.
    let error = noter.note(1).result().unwrap_err();
    assert!(matches!(error, CallError::WorkerDied(_) | CallError::Stopped(_)), "{error}");
    assert!(noter.stop().result().unwrap().complete);
    assert_eq!(notes.counts(2), [1, 0]);
}
