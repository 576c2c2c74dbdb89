//! Maps whose calls go to their processes together: each item is a call of its own all the same.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc;

use concurry::prelude::*;
use concurry::{Cancel, WorkerDeath};
use concurry_testkit::{Gate, Recorder, within};
use serde::{Deserialize, Serialize};

use crate::workers::{lines, log_file, signal};

/// Works on items. All of its methods are sync.
#[derive(Worker)]
pub(crate) struct Clerk {
    /// Where each item that is begun leaves a line.
    log: Option<PathBuf>,
}

/// What is to become of an item.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Task {
    Number,
    Fail,
    Panic,
    Abort,
    Wait(Gate),
    /// Its result is so long.
    Swell(usize),
}

/// It can leave its process if it is `true`.
#[derive(Debug, Deserialize)]
pub(crate) struct Travels(bool);

impl Serialize for Travels {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            true => serializer.serialize_newtype_struct("Travels", &true),
            false => Err(serde::ser::Error::custom("it stays")),
        }
    }
}

#[worker]
impl Clerk {
    pub(crate) fn new(log: Option<PathBuf>) -> Self {
        Self { log }
    }

    pub(crate) fn work(&self, number: u64, task: Task) -> Result<Vec<u8>, String> {
        if let Some(log) = &self.log
            && let Ok(mut file) = OpenOptions::new().append(true).create(true).open(log)
        {
            let _ = file.write_all(format!("{number}\n").as_bytes());
        }
        match task {
            Task::Number => {}
            Task::Fail => return Err(format!("{number} fails")),
            Task::Panic => panic!("{number} panics"),
            Task::Abort => std::process::abort(),
            Task::Wait(gate) => gate.pass(),
            Task::Swell(length) => return Ok(vec![7; length]),
        }
        Ok(number.to_le_bytes().to_vec())
    }

    pub(crate) fn next(&self, number: u64) -> u64 {
        number + 1
    }

    pub(crate) fn measure(&self, text: String, travels: Travels) -> usize {
        text.len() + usize::from(travels.0) - 1
    }

    pub(crate) fn pid(&self) -> u32 {
        std::process::id()
    }
}

#[task(mode = "process", max_workers = 2)]
fn square(number: u64) -> u64 {
    number * number
}

fn clerk(workers: usize, log: Option<&PathBuf>) -> ClerkHandle {
    Clerk::options(Mode::Process, workers).init(log.cloned()).unwrap()
}

fn own(number: u64) -> Vec<u8> {
    number.to_le_bytes().to_vec()
}

#[test]
fn each_item_has_its_own_outcome() {
    within(|| {
        let task = |number: u64| match number % 1_000 {
            100 => Task::Fail,
            200 => Task::Panic,
            300 => Task::Swell(100_000),
            400 => Task::Swell(40_000),
            _ => Task::Number,
        };
        let clerk = clerk(2, None);
        let map = clerk.map(0..5_000_u64, move |clerk, number| clerk.work(number, task(number)));
        let outcomes = map.outcomes();
        assert_eq!(outcomes.len(), 5_000);
        for (number, outcome) in (0..).zip(outcomes) {
            match (task(number), outcome) {
                (Task::Number, Ok(bytes)) => assert_eq!(bytes, own(number)),
                (Task::Swell(length), Ok(bytes)) => assert_eq!(bytes, vec![7; length]),
                (Task::Fail, Err(CallError::Failed(error))) => {
                    assert_eq!(error, format!("{number} fails"));
                }
                (Task::Panic, Err(CallError::Panicked(panic))) => {
                    assert_eq!(panic.message, format!("{number} panics"));
                    assert!(panic.location.is_some());
                }
                (task, outcome) => panic!("{number}, {task:?}: {outcome:?}"),
            }
        }
        let stats = clerk.stats();
        assert_eq!((stats.done, stats.failed), (4_990, 10));
    });
}

#[test]
fn long_arguments_cross_and_what_can_not_leave_fails_alone() {
    within(|| {
        let clerk = clerk(2, None);
        let length =
            |number: usize| if number % 100 == 50 { 200_000 + number } else { number % 70 };
        let travels = |number: usize| number % 90 != 45;
        let map = clerk.map(0..2_000_usize, move |clerk, number| {
            clerk.measure("x".repeat(length(number)), Travels(travels(number)))
        });
        for (number, outcome) in map.outcomes().into_iter().enumerate() {
            match outcome {
                Ok(measured) => assert!(travels(number) && measured == length(number), "{number}"),
                Err(CallError::Codec(error)) => {
                    assert!(!travels(number) && error.message.contains("it stays"), "{number}");
                }
                Err(error) => panic!("{number}: {error}"),
            }
        }
    });
}

#[test]
fn a_kill_costs_the_item_that_runs_and_each_runs_once() {
    within(|| {
        let (log, gate) = (log_file("map-killed"), Gate::new());
        let clerk = clerk(1, Some(&log));
        let pid = clerk.pid().result().unwrap();
        let (at, mapped) = (gate.clone(), clerk.clone());
        let mapping = std::thread::spawn(move || {
            let task = move |number| {
                if number == 700 { Task::Wait(at.clone()) } else { Task::Number }
            };
            let map =
                mapped.map(0..2_000_u64, move |clerk, number| clerk.work(number, task(number)));
            map.outcomes()
        });
        gate.wait_for_arrivals(1);
        signal(pid, "-KILL");
        for (number, outcome) in (0..).zip(mapping.join().unwrap()) {
            match outcome {
                Ok(bytes) => assert!(number != 700 && bytes == own(number), "{number}"),
                Err(CallError::WorkerDied(died)) => {
                    let killed = WorkerDeath::Signal { signal: 9 };
                    assert_eq!((number, &died.cause, died.attempt), (700, &killed, 1));
                }
                Err(error) => panic!("{number}: {error}"),
            }
        }
        assert!(lines(&log, 2_000).iter().all(|count| *count == 1), "each ran once");
    });
}

#[test]
fn crashes_cost_the_items_that_crash_and_each_runs_once() {
    within(|| {
        let log = log_file("map-crashed");
        let clerk = clerk(2, Some(&log));
        let deadly = |number: u64| number % 1_000 == 333;
        let map = clerk.map(0..5_000_u64, move |clerk, number| {
            clerk.work(number, if deadly(number) { Task::Abort } else { Task::Number })
        });
        for (number, outcome) in (0..).zip(map.outcomes()) {
            match outcome {
                Ok(bytes) => assert!(!deadly(number) && bytes == own(number), "{number}"),
                Err(CallError::WorkerDied(_)) => assert!(deadly(number), "{number}"),
                Err(error) => panic!("{number}: {error}"),
            }
        }
        assert!(lines(&log, 5_000).iter().all(|count| *count == 1), "each ran once");
    });
}

/// Of items of which one waits at a gate, those that are done before it is opened.
fn done_beside_a_slow_one(workers: usize, others: usize) {
    let (log, gate) = (log_file(&format!("map-slow-{workers}")), Gate::new());
    let clerk = clerk(workers, Some(&log));
    let at = gate.clone();
    let map = clerk.map(0..1_500_u64, move |clerk, number| {
        clerk.work(number, if number == 700 { Task::Wait(at.clone()) } else { Task::Number })
    });
    let mut completed = map.as_completed();
    for (number, outcome) in completed.by_ref().take(others) {
        assert_eq!(outcome.unwrap(), own(number as u64));
        assert_ne!(number, 700);
    }
    gate.wait_for_arrivals(1);
    gate.open();
    assert_eq!(completed.filter(|(_, outcome)| outcome.is_ok()).count(), 1_500 - others);
    assert!(lines(&log, 1_500).iter().all(|count| *count == 1), "each ran once");
}

#[test]
fn a_slow_item_keeps_no_outcome_of_those_before_it() {
    within(|| done_beside_a_slow_one(1, 700));
}

#[test]
fn what_stands_behind_a_slow_item_is_done_elsewhere() {
    within(|| done_beside_a_slow_one(2, 1_499));
}

#[test]
fn a_stop_in_the_middle_takes_back_what_has_not_begun() {
    within(|| {
        let (log, gate) = (log_file("map-stopped"), Gate::new());
        let clerk = clerk(1, Some(&log));
        let (at, mapped) = (gate.clone(), clerk.clone());
        let (sender, receiver) = mpsc::channel();
        let mapping = std::thread::spawn(move || {
            let task = move |number| {
                if number == 300 { Task::Wait(at.clone()) } else { Task::Number }
            };
            let map =
                mapped.map(0..2_000_u64, move |clerk, number| clerk.work(number, task(number)));
            for outcome in map.as_completed() {
                sender.send(outcome).unwrap();
            }
        });
        gate.wait_for_arrivals(1);
        let stop = clerk.stop_now();
        for (number, outcome) in receiver {
            let stopped = matches!(outcome, Err(CallError::Stopped(_)));
            assert!(stopped || number <= 300 && outcome.is_ok(), "{number}: {outcome:?}");
            if number == 301 {
                // The one behind it has failed, and only now the item that runs is let go.
                gate.open();
            }
        }
        mapping.join().unwrap();
        assert!(stop.result().unwrap().complete);
        let counts = lines(&log, 2_000);
        assert!(counts[..=300].iter().all(|count| *count == 1), "these had begun");
        assert!(counts[301..].iter().all(|count| *count == 0), "these had not");
    });
}

#[test]
fn a_map_that_is_dropped_takes_no_more_items_and_those_on_their_way_go_on() {
    within(|| {
        let (log, pulled) = (log_file("map-dropped"), Recorder::new());
        let clerk = clerk(2, Some(&log));
        let items = pulled.clone();
        let endless = (0_u64..).inspect(move |&number| items.record(number));
        let map = clerk.map(endless, |clerk, number| clerk.work(number, Task::Number));
        let taken = map.in_flight(500).as_completed().take(2_000).count();
        assert_eq!(taken, 2_000);
        let pulled = pulled.count();
        assert!(pulled <= 2_500, "{pulled}");
        assert!(clerk.stop().result().unwrap().complete);
        assert_eq!(lines(&log, pulled), vec![1; pulled], "each ran once");
    });
}

#[test]
fn a_function_may_do_anything_with_its_futures() {
    within(|| {
        let clerk = clerk(2, None);
        let (sender, kept) = mpsc::channel();
        let map = clerk.map(0..700_u64, move |clerk, number| {
            let next = clerk.next(number);
            // As they are at first, so that calls are on their way.
            match if number < 200 { 0 } else { number % 7 } {
                1 => next.map_ok(|next| next),
                2 => TaskFuture::ready(Ok(next.result().unwrap())),
                3 => {
                    let clerk = clerk.clone();
                    next.and_then(move |next| clerk.next(next - 1))
                }
                4 => {
                    drop(next);
                    clerk.next(number)
                }
                5 => {
                    sender.send(next).unwrap();
                    clerk.next(number)
                }
                6 => std::thread::spawn(move || next.cancel_on_drop()).join().unwrap(),
                _ => next,
            }
        });
        assert_eq!(map.results().unwrap(), (1..=700).collect::<Vec<_>>());
        let kept: Vec<u64> = kept
            .iter()
            .map(|mut future| {
                assert_eq!(future.cancel(), Cancel::TooLate);
                future.result().unwrap()
            })
            .collect();
        assert_eq!(kept, (200..700).filter(|n| n % 7 == 5).map(|n| n + 1).collect::<Vec<_>>());
        assert_eq!(clerk.stats().queued, 0);
    });
}

#[test]
fn a_future_that_is_kept_has_its_outcome_also_where_calls_go_together() {
    within(|| {
        for keep in 1..20_u64 {
            let clerk = clerk(1, None);
            let (sender, kept) = mpsc::channel();
            // Only one, so that it is the first that is not given back.
            let map = clerk.map(0..40_u64, move |clerk, number| {
                let next = clerk.next(number);
                if number != keep {
                    return next;
                }
                sender.send(next).unwrap();
                TaskFuture::ready(Ok(0))
            });
            let results = map.results().unwrap();
            assert_eq!(results[keep as usize], 0);
            assert_eq!(kept.recv().unwrap().result().unwrap(), keep + 1);
        }
    });
}

#[test]
fn a_map_of_a_task_and_a_map_in_a_map_go_together_as_well() {
    within(|| {
        let pool = square::pool().unwrap();
        let squares: Vec<u64> = (0..3_000).map(|n| n * n).collect();
        assert_eq!(pool.map(0..3_000).results().unwrap(), squares);
        let clerk = clerk(1, None);
        let inner = clerk.clone();
        let map = clerk.map(0..50_u64, move |clerk, number| {
            let inner = inner.map(0..number, |clerk, n| clerk.next(n)).results().unwrap();
            clerk.next(inner.into_iter().sum())
        });
        let sums: Vec<u64> = (0..50).map(|n| n * (n + 1) / 2 + 1).collect();
        assert_eq!(map.results().unwrap(), sums);
    });
}
