//! Graphs that go on after they were killed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use concurry::graph::Compute;
use concurry::journal::JournalError;
use concurry::prelude::*;
use concurry_testkit::within;

use crate::worker::{ArithmeticHandle, MODES, arithmetic};

fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("run.jsonl")
}

/// Two pools, equal calls, and calls whose arguments come out of others.
fn graph(one: &ArithmeticHandle, other: &ArithmeticHandle) -> Lazy<Vec<u64>> {
    let (one, other) = (one.lazy(), other.lazy());
    let first = one.add(1, 2);
    let second = other.add(1, 2); // the same, but of another pool
    let third = one.add(1, 2); // the same call twice
    let sum = one.sum(vec![first.clone(), second, third]);
    let half = other.halve(sum.clone().map(|sum| sum + 1));
    Lazy::join(vec![first, sum, half, one.later(7)])
}

#[test]
fn a_second_run_makes_no_call_and_gives_the_same() {
    within(|| {
        for mode in MODES {
            let folder = tempfile::tempdir().unwrap();
            for run in 0..2 {
                let ((one, calls), (other, others)) = (arithmetic(mode), arithmetic(mode));
                let values = Compute::of(graph(&one, &other)).journal(path(&folder)).run().unwrap();
                assert_eq!(values, [3, 9, 5, 7]);
                let made = calls.load(Ordering::Relaxed) + others.load(Ordering::Relaxed);
                assert_eq!(made, if run == 0 { 6 } else { 0 }, "{mode}, run {run}");
            }
        }
    });
}

#[test]
fn a_graph_may_grow_and_only_what_is_new_is_called() {
    within(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pool, calls) = arithmetic(Mode::Thread);
        let run = |numbers: &[u64]| {
            let doubled: Vec<_> = numbers.iter().map(|&n| pool.lazy().add(n, n)).collect();
            let values = Compute::of(doubled).journal(path(&folder)).run().unwrap();
            assert!(values.iter().zip(numbers).all(|(value, n)| *value == 2 * n));
            calls.swap(0, Ordering::Relaxed)
        };
        assert_eq!(run(&[1, 2, 3]), 3);
        assert_eq!(run(&[0, 3, 2, 4, 1]), 2, "in whichever order they are written down");
        assert_eq!(run(&[1, 1, 2]), 1, "an equal call is another one");
        assert_eq!(run(&[1, 1, 2]), 0);
    });
}

#[test]
fn calls_whose_arguments_turn_out_to_be_equal_keep_results_of_their_own() {
    within(|| {
        for mode in MODES {
            let folder = tempfile::tempdir().unwrap();
            let (pool, calls) = arithmetic(mode);
            let drawn = Arc::new(AtomicU64::new(0));
            let draws = Draws::options(mode, 1).init(Arc::clone(&drawn)).unwrap();
            let run = |retry| {
                let sums = [(1, 2), (2, 1), (3, 0)].map(|(a, b)| pool.lazy().add(a, b));
                let nodes = sums.map(|sum| draws.lazy().draw(sum).outcome());
                let run = Compute::of(nodes).journal(path(&folder)).retry_failed(retry).run();
                let mut drawn: Vec<_> = run.unwrap().into_iter().map(Result::ok).collect();
                drawn.sort_unstable();
                drawn
            };
            assert_eq!(run(false), [None, Some(0), Some(2)], "{mode}");
            assert_eq!(run(false), [None, Some(0), Some(2)], "{mode}");
            assert_eq!(run(true), [Some(0), Some(2), Some(3)], "{mode}");
            assert_eq!((calls.load(Ordering::Relaxed), drawn.load(Ordering::Relaxed)), (3, 4));
        }
    });
}

/// Gives another number each time, and fails once.
#[derive(Worker)]
struct Draws {
    drawn: Arc<AtomicU64>,
}

#[worker]
impl Draws {
    fn new(drawn: Arc<AtomicU64>) -> Self {
        Self { drawn }
    }

    pub fn draw(&self, _of: u64) -> Result<u64, String> {
        match self.drawn.fetch_add(1, Ordering::Relaxed) {
            1 => Err("bad luck".to_owned()),
            number => Ok(number),
        }
    }
}

#[test]
fn a_call_that_failed_is_made_again_only_if_asked() {
    within(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pool, calls) = arithmetic(Mode::Async);
        let graph = || {
            let half = pool.lazy().halve(3);
            Lazy::join(vec![half.outcome(), pool.lazy().halve(8).outcome()])
        };
        let run = |retry| {
            let run = Compute::of(graph()).journal(path(&folder)).retry_failed(retry);
            let mut outcomes = run.run().unwrap();
            assert_eq!(outcomes.pop().unwrap().unwrap(), 4);
            (outcomes.pop().unwrap().unwrap_err(), calls.swap(0, Ordering::Relaxed))
        };
        let (error, made) = run(false);
        assert_eq!(made, 2);
        let failure = error.downcast_ref::<CallError<String>>().and_then(CallError::failure);
        assert_eq!(failure.map(String::as_str), Some("3 is odd"));
        let (error, made) = run(false);
        assert_eq!(made, 0);
        let call = error.downcast_ref::<CallError<String>>();
        assert!(matches!(call, Some(CallError::FailedEarlier(_))), "{error}");
        assert!(error.to_string().contains("3 is odd"), "{error}");
        assert_eq!(run(true).1, 1, "what had succeeded is not made again");
    });
}

#[derive(Debug)]
struct Unprintable;

impl std::fmt::Display for Unprintable {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("can't be printed")
    }
}

#[derive(Worker)]
struct Refuser;

#[worker]
impl Refuser {
    fn new() -> Self {
        Self
    }

    pub fn refuse(&self, _number: u64) -> Result<u64, Unprintable> {
        Err(Unprintable)
    }
}

#[test]
fn an_error_that_panics_when_it_is_printed_is_given_and_recorded() {
    within(|| {
        for mode in MODES {
            let folder = tempfile::tempdir().unwrap();
            let pool = Refuser::options(mode, 1).init().unwrap();
            let run = || {
                let outcome = pool.lazy().refuse(1).outcome();
                Compute::of(outcome).journal(path(&folder)).run().unwrap().unwrap_err()
            };
            let first = run();
            let call = first.downcast_ref::<CallError<Unprintable>>();
            assert!(matches!(call, Some(CallError::Failed(Unprintable))), "{mode}");
            let second = run();
            let call = second.downcast_ref::<CallError<Unprintable>>();
            assert!(matches!(call, Some(CallError::FailedEarlier(_))), "{mode}: {second:?}");
        }
    });
}

fn journal_error(path: &Path, tag: &str, pool: &ArithmeticHandle) -> String {
    let run = Compute::of(pool.lazy().add(1, 2)).journal(path).tag(tag);
    let error = run.run().unwrap_err();
    assert!(error.downcast_ref::<JournalError>().is_some(), "{error:?}");
    error.to_string()
}

#[test]
fn a_journal_of_another_job_is_refused_before_a_call_is_made() {
    within(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pool, calls) = arithmetic(Mode::Thread);
        Compute::of(pool.lazy().add(1, 1)).journal(path(&folder)).tag("july").run().unwrap();
        let error = journal_error(&path(&folder), "august", &pool);
        assert!(error.contains("july") && error.contains("august"), "{error}");
        let map = folder.path().join("map.jsonl");
        pool.map([1], |pool, n| pool.add(n, 0)).journal(&map).results().unwrap();
        assert!(journal_error(&map, "", &pool).contains("another job"));
        let nowhere = &*folder.path().join("no-folder").join("run.jsonl");
        let places = [nowhere, folder.path()];
        // No one can make files there, not even the superuser; and the device is always full.
        let others = ["/proc/self/run.jsonl", "/dev/full"].map(Path::new);
        for path in places.iter().chain(others.iter().filter(|_| cfg!(target_os = "linux"))) {
            let error = journal_error(path, "", &pool);
            let remedy = if path.ends_with("full") { "make room" } else { "a folder that exists" };
            assert!(error.contains(path.to_str().unwrap()) && error.contains(remedy), "{error}");
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn calls_of_numbers_are_known_again_by_each_of_their_bits() {
    within(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pool, calls) = arithmetic(Mode::Thread);
        let run = || {
            let lazy = pool.lazy();
            let spread = (1..200).map(|n| lazy.scale(lazy.scale(n as f64, 1.1e-200), 3.3e180));
            let odd = [f64::NAN, f64::INFINITY, -f64::INFINITY].map(|odd| lazy.scale(odd, 1.0));
            let values = Compute::of(spread.chain(odd).collect::<Vec<_>>());
            let values = values.journal(path(&folder)).run().unwrap();
            (
                values.into_iter().map(f64::to_bits).collect::<Vec<_>>(),
                calls.swap(0, Ordering::Relaxed),
            )
        };
        let (values, made) = run();
        assert_eq!(made, 2 * 199 + 3);
        assert_eq!(run(), (values, 0));
    });
}

#[test]
fn what_can_not_be_kept_is_called_in_each_run() {
    within(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pool, calls) = arithmetic(Mode::Thread);
        let closures = TaskPool::new(Mode::Thread, 1).unwrap();
        for run in 0..2 {
            let three = closures.lazy().submit((), |()| 3);
            let nine = pool.lazy().square(three);
            assert_eq!(Compute::of(nine).journal(path(&folder)).run().unwrap(), 9);
            assert_eq!(calls.swap(0, Ordering::Relaxed), usize::from(run == 0));
        }
    });
}

#[test]
fn what_was_done_before_a_deadline_is_not_done_again() {
    within(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pool, calls, gate) = crate::worker::gated(Mode::Thread, 2);
        let sum = |held| pool.lazy().add(pool.lazy().add(1, 2), held);
        let computing = Compute::of(sum(pool.lazy().held(4))).journal(path(&folder)).submit();
        gate.wait_for_arrivals(1);
        concurry_testkit::wait_until("the first sum is written", || {
            std::fs::read_to_string(path(&folder)).unwrap().lines().count() == 2
        });
        let mut computing = computing;
        let _ = computing.cancel();
        // It has its journal until then.
        assert!(computing.result().unwrap_err().is_cancelled());
        gate.open();
        assert_eq!(calls.swap(0, Ordering::Relaxed), 2);
        let value = Compute::of(sum(pool.lazy().held(4))).journal(path(&folder)).run().unwrap();
        assert_eq!((value, calls.load(Ordering::Relaxed)), (7, 2), "one of three was done");
    });
}

#[test]
fn what_another_run_has_left_is_recorded_by_the_one_that_takes_it_over() {
    within(|| {
        let folder = tempfile::tempdir().unwrap();
        let (pool, calls, gate) = crate::worker::gated(Mode::Thread, 1);
        // Equal calls, of which another run takes two: they are told from the third all the same.
        let graph = || {
            let shared = pool.lazy().add(pool.lazy().add(1, 2), 3);
            (shared.clone(), Lazy::join((pool.lazy().add(shared, 4), pool.lazy().add(1, 2))))
        };
        let blocker = pool.held(0);
        gate.wait_for_arrivals(1);
        let (shared, all) = graph();
        let mut other = shared.submit();
        let run = Compute::of(all).journal(path(&folder)).submit();
        concurry_testkit::wait_until("the run has its journal", || path(&folder).exists());
        let _ = other.cancel();
        gate.open();
        blocker.result().unwrap();
        assert_eq!(run.result().unwrap(), (10, 3));
        assert_eq!(calls.swap(0, Ordering::Relaxed), 1 + 4);
        let recorded = std::fs::read_to_string(path(&folder)).unwrap();
        assert_eq!(recorded.lines().count(), 1 + 4, "{recorded}");
        let (_, all) = graph();
        assert_eq!(Compute::of(all).journal(path(&folder)).run().unwrap(), (10, 3));
        assert_eq!(calls.load(Ordering::Relaxed), 0);
    });
}
