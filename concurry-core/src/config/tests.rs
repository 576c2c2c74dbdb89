//! The layers together. Those of the process are the tests' own; only scopes, which no other thread
//! sees, are the real ones.

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;
use std::time::Duration;

use super::stack::{Stack, Stored};
use super::{ConfigError, Layer, Resolved, Settings, Snapshot, resolve, scope, scoped, scoped_for};
use crate::Mode;
use crate::balance::Balance;
use crate::overflow::Overflow;

/// What the layers come to, with an environment of its own.
fn stack<T>(
    stored: &Stored,
    environment: &[(&str, &str)],
    look: impl FnOnce(&Stack<'_>) -> T,
) -> T {
    let lookup = |name: &str| {
        environment.iter().find(|(variable, _)| *variable == name).map(|(_, v)| OsString::from(v))
    };
    let stored = stored.clone();
    look(&Stack { stored, environment: &lookup, scopes: scope::of_thread() })
}

fn workers(stored: &Stored, environment: &[(&str, &str)], mode: Mode) -> usize {
    stack(stored, environment, |stack| stack.resolve(mode)).unwrap().max_workers
}

fn layered(global: usize, thread: usize) -> Stored {
    let mut stored = Stored::new();
    stored.global = Settings::new().max_workers(global);
    stored.modes.insert(Mode::Thread, Settings::new().max_workers(thread));
    stored
}

#[test]
fn each_layer_overrides_the_weaker_ones() {
    let (none, both) = (Stored::new(), layered(2, 3));
    let general = ("CONCURRY_MAX_WORKERS", "4");
    let of_thread = ("CONCURRY_THREAD_MAX_WORKERS", "5");
    assert_eq!(workers(&none, &[], Mode::Thread), 1);
    assert_eq!(workers(&both, &[], Mode::Async), 2);
    assert_eq!(workers(&both, &[], Mode::Thread), 3);
    assert_eq!(workers(&both, &[general], Mode::Thread), 4);
    assert_eq!(workers(&both, &[general, of_thread], Mode::Thread), 5);
    assert_eq!(workers(&both, &[general, of_thread], Mode::Async), 4);
    let _guard = scoped(Settings::new().max_workers(6)).unwrap();
    assert_eq!(workers(&both, &[general, of_thread], Mode::Thread), 6);
    let _inner = scoped_for(Mode::Thread, Settings::new().max_workers(7)).unwrap();
    assert_eq!(workers(&both, &[general, of_thread], Mode::Thread), 7);
    assert_eq!(workers(&both, &[general, of_thread], Mode::Async), 6);
    let _innermost = scoped(Settings::new().max_workers(8)).unwrap();
    assert_eq!(workers(&both, &[general, of_thread], Mode::Thread), 8);
}

#[test]
fn layers_override_value_by_value() {
    let environment = [("CONCURRY_TIMEOUT", "1.5"), ("CONCURRY_THREAD_MAX_RETRIES", "2")];
    let _guard = scoped(Settings::new().concurrency(7)).unwrap();
    let resolved = stack(&layered(2, 3), &environment, |stack| stack.resolve(Mode::Thread));
    let expected = Resolved {
        max_workers: 3,
        timeout: Some(Duration::from_millis(1_500)),
        max_retries: 2,
        concurrency: 7,
        ..Resolved::LIBRARY
    };
    assert_eq!(resolved, Ok(expected));
}

#[test]
fn every_setting_is_read_from_the_environment() {
    let environment = [
        ("CONCURRY_MAX_WORKERS", " 2 "),
        ("CONCURRY_CONCURRENCY", "3"),
        ("CONCURRY_MAX_QUEUED", "4"),
        ("CONCURRY_OVERFLOW", "Reject"),
        ("CONCURRY_BALANCE", "least-active"),
        ("CONCURRY_ON_DEMAND", "yes"),
        ("CONCURRY_INIT_TIMEOUT", "30m"),
        ("CONCURRY_STOP_TIMEOUT", "500ms"),
        ("CONCURRY_TIMEOUT", "1.5"),
        ("CONCURRY_DEADLINE", "2m"),
        ("CONCURRY_MAX_RETRIES", "0"),
        ("CONCURRY_MODE", "asyncio"),
    ];
    stack(&Stored::new(), &environment, |stack| {
        let expected = Resolved {
            max_workers: 2,
            concurrency: 3,
            max_queued: Some(4),
            overflow: Overflow::Reject,
            balance: Balance::LeastActive,
            on_demand: true,
            init_timeout: Duration::from_secs(1_800),
            stop_timeout: Duration::from_millis(500),
            timeout: Some(Duration::from_millis(1_500)),
            deadline: Some(Duration::from_secs(120)),
            max_retries: 0,
        };
        assert_eq!(stack.resolve(Mode::Thread), Ok(expected));
        assert_eq!(stack.default_mode(), Ok(Some((Mode::Async, Layer::Environment(None)))));
    });
}

#[test]
fn variables_that_are_empty_or_not_ours_change_nothing() {
    let environment = [
        ("CONCURRY_MAX_WORKERS", ""),
        ("CONCURRY_PROGRESS", "off"),
        ("CONCURRY_MAX_WORKER", "zero"),
        ("CONCURRY_THREAD_MODE", "nonsense"),
        ("CONCURRY_ASYNC_MAX_WORKERS", "zero"), // of a mode that is not asked for
    ];
    let resolved = stack(&Stored::new(), &environment, |stack| stack.resolve(Mode::Thread));
    assert_eq!(resolved, Ok(Resolved::LIBRARY));
}

#[test]
fn an_illegal_variable_is_an_error_that_names_it() {
    for (variable, got, message) in [
        ("CONCURRY_MAX_WORKERS", "0", "a whole number, at least 1"),
        ("CONCURRY_MAX_WORKERS", "-1", "a whole number, at least 1"),
        ("CONCURRY_THREAD_MAX_QUEUED", "many", "a whole number, at least 1"),
        ("CONCURRY_MODE", "fork", "sync, thread, async, process or ray"),
        (
            "CONCURRY_BALANCE",
            "fair",
            "any_idle, round_robin, least_active, least_total, random or two_choices",
        ),
        ("CONCURRY_OVERFLOW", "drop", "wait or reject"),
        (
            "CONCURRY_TIMEOUT",
            "0s",
            "more than zero, such as `30s`, `500ms`, `2m`, or in seconds, `1.5`; left out for the default",
        ),
    ] {
        let error = stack(&Stored::new(), &[(variable, got)], |stack| stack.resolve(Mode::Thread))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the environment variable {variable} is `{got}`, but has to be {message}")
        );
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_an_error() {
    use std::os::unix::ffi::OsStringExt;

    let lookup =
        |name: &str| (name == "CONCURRY_MAX_WORKERS").then(|| OsString::from_vec(vec![b'8', 0xFF]));
    let stack = Stack { stored: Stored::new(), environment: &lookup, scopes: Vec::new() };
    assert!(matches!(
        stack.resolve(Mode::Thread),
        Err(ConfigError::Variable { variable, .. }) if variable == "CONCURRY_MAX_WORKERS"
    ));
}

#[test]
fn contradictions_in_the_environment_are_errors() {
    let stored = Stored::new();
    let both = [("CONCURRY_TIMEOUT", "20s"), ("CONCURRY_DEADLINE", "10s")];
    let of_sync = [("CONCURRY_SYNC_MAX_WORKERS", "2")];
    for (environment, mode) in [(&both[..], Mode::Thread), (&of_sync[..], Mode::Sync)] {
        let error = stack(&stored, environment, |stack| stack.resolve(mode)).unwrap_err();
        assert!(matches!(error, ConfigError::Contradiction { layer: Layer::Environment(_), .. }));
    }
}

#[test]
fn a_mode_passes_over_what_it_cannot_have() {
    let mut stored = Stored::new();
    stored.global = Settings::new().max_workers(8).on_demand(true).max_retries(2);
    let environment = [("CONCURRY_MAX_WORKERS", "4")];
    let _guard = scoped(Settings::new().max_workers(16)).unwrap();
    stack(&stored, &environment, |stack| {
        let sync = stack.resolve(Mode::Sync).unwrap();
        assert_eq!((sync.max_workers, sync.on_demand, sync.max_retries), (1, false, 2));
        let asynchronous = stack.resolve(Mode::Async).unwrap();
        assert_eq!((asynchronous.max_workers, asynchronous.on_demand), (16, false));
        let thread = stack.resolve(Mode::Thread).unwrap();
        assert_eq!((thread.max_workers, thread.on_demand), (16, true));
    });
}

#[test]
fn the_default_mode_comes_from_the_strongest_layer() {
    let mut stored = Stored::new();
    let mode = |stored: &Stored, environment: &[_]| {
        stack(stored, environment, |stack| stack.default_mode()).unwrap()
    };
    assert_eq!(mode(&stored, &[]), None);
    stored.global = Settings::new().mode(Mode::Thread);
    assert_eq!(mode(&stored, &[]), Some((Mode::Thread, Layer::Global)));
    let environment = [("CONCURRY_MODE", "async")];
    assert_eq!(mode(&stored, &environment), Some((Mode::Async, Layer::Environment(None))));
    let _guard = scoped(Settings::new().mode(Mode::Sync)).unwrap();
    let _inner = scoped(Settings::new().max_workers(2)).unwrap();
    assert_eq!(mode(&stored, &environment), Some((Mode::Sync, Layer::Scoped(None))));
    let _innermost = scoped(Settings::new().mode(Mode::Process)).unwrap();
    assert_eq!(mode(&stored, &environment), Some((Mode::Process, Layer::Scoped(None))));
}

fn scoped_workers() -> usize {
    workers(&Stored::new(), &[], Mode::Thread)
}

#[test]
fn guards_may_be_dropped_in_any_order() {
    let outer = scoped(Settings::new().max_workers(2)).unwrap();
    let middle = scoped(Settings::new().max_workers(3)).unwrap();
    let inner = scoped(Settings::new().max_workers(4)).unwrap();
    drop(middle);
    assert_eq!(scoped_workers(), 4);
    drop(outer);
    assert_eq!(scoped_workers(), 4);
    drop(inner);
    assert_eq!(scoped_workers(), 1);
}

#[test]
fn a_panic_ends_its_scopes() {
    let _outer = scoped(Settings::new().max_workers(2)).unwrap();
    let mut inside = 0;
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _inner = scoped(Settings::new().max_workers(3)).unwrap();
        inside = scoped_workers();
        resume_unwind(Box::new("on purpose"));
    }));
    assert!(panic.is_err());
    assert_eq!((inside, scoped_workers()), (3, 2));
}

#[test]
fn other_threads_do_not_see_a_scope() {
    let _guard = scoped(Settings::new().max_workers(2)).unwrap();
    assert_eq!(thread::scope(|threads| threads.spawn(scoped_workers).join().unwrap()), 1);
    assert_eq!(scoped_workers(), 2);
}

#[test]
fn an_illegal_scope_does_not_begin() {
    assert!(scoped(Settings::new().max_workers(0)).is_err());
    assert!(scoped_for(Mode::Thread, Settings::new().mode(Mode::Thread)).is_err());
    assert!(scope::of_thread().is_empty());
}

#[test]
fn a_resolution_sees_the_scopes_of_its_thread() {
    let _guard = scoped(Settings::new().max_queued(17)).unwrap();
    assert_eq!(resolve(Mode::Thread).unwrap().max_queued, Some(17));
    let _inner = scoped(Settings::new().mode(Mode::Ray)).unwrap();
    assert_eq!(super::default_mode(), Ok(Some(Mode::Ray)));
}

#[test]
fn a_guard_that_outlives_the_threads_scopes_does_nothing() {
    use std::cell::RefCell;
    thread_local!(static KEPT: RefCell<Option<super::ScopeGuard>> = const { RefCell::new(None) });
    let ended = thread::spawn(|| {
        KEPT.set(None);
        KEPT.set(scoped(Settings::new().max_workers(2)).ok());
    });
    assert!(ended.join().is_ok());
}

#[test]
fn a_snapshot_says_where_each_value_came_from() {
    let environment = [("CONCURRY_THREAD_TIMEOUT", "1500ms"), ("CONCURRY_MODE", "thread")];
    let _guard = scoped(Settings::new().balance(Balance::TwoChoices)).unwrap();
    let snapshot = stack(&layered(2, 3), &environment, Snapshot::of).unwrap();
    let printed = snapshot.to_string();
    let thread = printed.split("\n\n").find(|part| part.starts_with("[thread]")).unwrap();
    assert_eq!(
        thread,
        "[thread]\n\
         max_workers  = 3            (thread mode)\n\
         concurrency  = 1000         (library)\n\
         max_queued   = none         (library)\n\
         overflow     = wait         (library)\n\
         balance      = two_choices  (scope)\n\
         on_demand    = false        (library)\n\
         init_timeout = 30s          (library)\n\
         stop_timeout = 30s          (library)\n\
         timeout      = 1.5s         (CONCURRY_THREAD_TIMEOUT)\n\
         deadline     = none         (library)\n\
         max_retries  = 0            (library)"
    );
    assert!(printed.starts_with("mode         = thread       (CONCURRY_MODE)\n\n[sync]\n"));
    assert_eq!(snapshot.get(Mode::Async, "max_workers").unwrap().layer, Layer::Global);
    assert_eq!(snapshot.get(Mode::Async, "max_worker"), None);
}
