//! What goes wrong, and what it says.

use std::sync::atomic::Ordering;
use std::time::Duration;

use concurry::graph::{Compute, Stage};
use concurry::prelude::*;
use concurry_testkit::within;

use crate::worker::{MODES, arithmetic, gated};

#[test]
fn a_failure_names_its_node_and_skips_only_what_depends_on_it() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let failed = pool.lazy().halve(3);
        let skipped = pool.lazy().add(pool.lazy().add(failed.clone(), 1), 1);
        let fine = pool.lazy().add(1, 1);
        let outcomes = compute(vec![skipped.outcome(), fine.outcome()]).unwrap();
        let error = outcomes[0].as_ref().unwrap_err();
        assert_eq!((error.node().worker(), error.node().method()), ("Arithmetic", "halve"));
        let call = error.downcast_ref::<CallError<String>>().unwrap();
        assert_eq!(call.failure().unwrap(), "3 is odd");
        assert!(error.to_string().contains("3 is odd"), "{error}");
        assert_eq!(*outcomes[1].as_ref().unwrap(), 2);
        assert_eq!(calls.load(Ordering::Relaxed), 2, "the methods after it do not run");
        assert_eq!(failed.stage(), Stage::Failed);
    }
}

#[test]
fn a_panic_is_an_error_and_the_pool_goes_on() {
    for mode in MODES {
        let (pool, _) = arithmetic(mode);
        let panicked = pool.lazy().panic(7).outcome();
        let sums: Vec<_> = (0..50).map(|n| pool.lazy().add(n, 1)).collect();
        let (panicked, sums) = compute((panicked, sums)).unwrap();
        let error = panicked.unwrap_err();
        assert!(error.is_panic(), "{mode}: {error:?}");
        assert!(error.to_string().contains("7 is too much"), "{error}");
        assert_eq!(sums.len(), 50);
        assert_eq!(pool.add(1, 1).result().unwrap(), 2);
    }
}

#[test]
fn a_panic_within_a_fused_chain_ends_the_chain() {
    let (pool, calls) = arithmetic(Mode::Thread);
    let before = pool.lazy().add(1, 1);
    let after = pool.lazy().add(pool.lazy().panic(before), 1);
    let error = after.compute().unwrap_err();
    assert_eq!((error.node().method(), error.is_panic()), ("panic", true));
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn closures_that_panic_fail_their_node() {
    let error = Lazy::value(1).map(|_| -> u8 { panic!("no more") }).compute().unwrap_err();
    assert!(error.is_panic());
    assert!(error.to_string().contains("no more"), "{error}");
}

#[test]
fn nodes_of_a_stopped_pool_fail_as_stopped() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let chain = pool.lazy().add(pool.lazy().add(1, 2), 3);
        let lone = pool.lazy().add(1, 1);
        pool.stop().result().unwrap();
        let outcomes = compute((chain.outcome(), lone.outcome())).unwrap();
        for error in [outcomes.0.unwrap_err(), outcomes.1.unwrap_err()] {
            let call = error.downcast_ref::<CallError<std::convert::Infallible>>().unwrap();
            assert!(matches!(call, CallError::Stopped(_)), "{mode}: {call}");
        }
        assert_eq!(calls.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn a_pool_that_is_stopped_half_way_fails_the_rest() {
    within(|| {
        let (pool, _, gate) = gated(Mode::Thread, 1);
        let held = pool.lazy().held(1);
        let after = pool.lazy().add(held.clone(), 1);
        let future = Compute::of((held.outcome(), after.outcome())).submit();
        gate.wait_for_arrivals(1);
        let stopping = pool.stop();
        gate.open();
        let (held, after) = future.result().unwrap();
        assert_eq!(held.unwrap(), 1);
        let error = after.unwrap_err();
        assert!(error.to_string().contains("stopped"), "{error}");
        stopping.result().unwrap();
    });
}

#[test]
fn a_failed_or_cancelled_future_fails_what_it_is_an_argument_of() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let failed = pool.halve(3);
        let error = pool.lazy().add(failed, 1).compute().unwrap_err();
        assert!(error.downcast_ref::<CallError<String>>().is_some());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
    let (pool, _, gate) = gated(Mode::Thread, 1);
    let held = pool.held(1);
    let mut cancelled = pool.add(1, 1);
    let _ = cancelled.cancel();
    let error = pool.lazy().add(cancelled, 1).compute().unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    gate.open();
    held.result().unwrap();
}

#[test]
fn a_deadline_cancels_and_what_has_not_begun_can_be_computed_again() {
    within(|| {
        let (pool, calls, gate) = gated(Mode::Thread, 1);
        let held = pool.lazy().held(1);
        let after = pool.lazy().add(held, 1);
        let late = Compute::of(after.clone()).deadline(Duration::from_millis(20)).run();
        assert!(late.unwrap_err().is_timeout());
        gate.open();
        assert_eq!(pool.add(0, 0).result().unwrap(), 0);
        // The held call went on, as a sync method does, and has its value by now.
        assert_eq!(after.compute().unwrap(), 2);
        assert_eq!(calls.load(Ordering::Relaxed), 3, "no method ran twice");
    });
}

#[test]
fn a_worker_that_computes_on_its_own_full_pool_is_told() {
    within(|| {
        let pool = TaskPool::new(Mode::Thread, 1).unwrap();
        let inner = pool.clone();
        let outcome = pool.submit(move || {
            inner.lazy().submit((), |()| 1).compute().map_err(|error| error.to_string())
        });
        let message = outcome.result().unwrap().unwrap_err();
        assert!(message.contains("would never end"), "{message}");
    });
}
