//! How graphs run beside each other, and how a run ends early.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use concurry::graph::{Compute, Stage};
use concurry::limits::CallLimit;
use concurry::prelude::*;
use concurry_testkit::within;
use concurry_time::block_on;

use crate::worker::{Arithmetic, MODES, arithmetic, gated, shown_bar};

#[test]
fn graphs_that_share_nodes_may_run_at_the_same_time() {
    within(|| {
        for mode in [Mode::Thread, Mode::Async] {
            let (pool, calls, gate) = gated(mode, 2);
            let shared = pool.lazy().held(5);
            let sums: Vec<_> = (0..4).map(|n| pool.lazy().add(shared.clone(), n)).collect();
            drop(shared);
            let futures: Vec<_> = sums.into_iter().map(Lazy::submit).collect();
            gate.open();
            assert_eq!(gather(futures).results().unwrap(), [5, 6, 7, 8]);
            assert_eq!(calls.load(Ordering::Relaxed), 5, "{mode}: the shared node ran once");
        }
    });
}

#[test]
fn a_run_takes_over_what_another_has_left() {
    within(|| {
        let (pool, calls, gate) = gated(Mode::Thread, 1);
        let blocker = pool.held(0);
        gate.wait_for_arrivals(1);
        let shared = pool.lazy().add(1, 2);
        let mut first = pool.lazy().add(shared.clone(), 10).submit();
        let second = pool.lazy().add(shared.clone(), 20).submit();
        let _ = first.cancel();
        gate.open();
        blocker.result().unwrap();
        assert_eq!(second.result().unwrap(), 23);
        assert!(first.result().is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn a_run_that_is_planned_while_another_is_left_misses_nothing() {
    within(|| {
        for round in 0..1_000 {
            let (pool, calls) = arithmetic(Mode::Thread);
            let nodes: Vec<_> =
                (0..100).map(|n| pool.lazy().add(pool.lazy().square(n), 1)).collect();
            let again = nodes.iter().map(|node| node.clone().outcome()).collect::<Vec<_>>();
            let left = Compute::of(nodes).submit().cancel_on_drop();
            // Each time it is left at another moment.
            while !left.is_done() && calls.load(Ordering::Relaxed) < round % 200 {
                std::thread::yield_now();
            }
            drop(left);
            assert_eq!(compute(again).unwrap().len(), 100);
        }
    });
}

#[test]
fn a_call_that_another_run_waits_for_is_left_to_it() {
    within(|| {
        for mode in [Mode::Thread, Mode::Async] {
            let (pool, calls, gate) = gated(mode, 1);
            let pool = pool.with(CallOptions::new()); // so that all are ordinary calls
            let nodes: Vec<_> = (0..4).map(|n| pool.lazy().held(n)).collect();
            let shared = nodes.clone();
            let left = Compute::of(nodes).submit().cancel_on_drop();
            gate.wait_for_arrivals(1);
            let mut other = std::pin::pin!(Compute::of(shared).into_future());
            // From here on it waits for what the first one has sent.
            let first_look = other.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first_look.is_pending(), "{mode}");
            drop(left);
            gate.open();
            assert_eq!(block_on(other).unwrap(), [0, 1, 2, 3], "{mode}");
            assert_eq!(calls.load(Ordering::Relaxed), 4, "no method ran twice");
        }
    });
}

#[test]
fn dropping_a_computation_cancels_what_runs() {
    within(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (pool, calls, gate) = gated(Mode::Thread, 1);
        let held = pool.lazy().held(1);
        let after = pool.lazy().add(held, 1);
        let (left, gate_again) = (after.clone(), gate.clone());
        runtime.block_on(async move {
            tokio::select! {
                biased;
                _ = left.into_future() => panic!("nobody opened the gate"),
                () = async { gate.wait_for_arrivals(1) } => {}
            }
        });
        gate_again.open();
        pool.stop().result().unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert_eq!(after.stage(), Stage::New);
    });
}

#[test]
fn limits_and_retries_of_the_pools_hold() {
    let limits =
        LimitSet::builder().with(CallLimit::new(10, Duration::from_secs(3_600))).build().unwrap();
    let (_, calls) = arithmetic(Mode::Sync);
    let gate = concurry_testkit::Gate::new();
    let pool = Arithmetic::options(Mode::Thread, 2)
        .retry(RetryPolicy::constant(Duration::from_millis(1)).max_retries(2))
        .limits(&limits)
        .init(Arc::clone(&calls), gate)
        .unwrap();
    let error = pool.lazy().halve(pool.lazy().add(1, 2)).compute().unwrap_err();
    let call = error.downcast_ref::<CallError<String>>().unwrap();
    assert!(matches!(call, CallError::RetriesExhausted(_)), "{call}");
    assert_eq!(calls.load(Ordering::Relaxed), 1 + 3);
    assert_eq!(pool.stats().retries, 2);
}

#[test]
fn a_bounded_queue_holds() {
    within(|| {
        let (_, calls) = arithmetic(Mode::Sync);
        let gate = concurry_testkit::Gate::new();
        gate.open();
        let options = Arithmetic::options(Mode::Thread, 1).max_queued(2);
        let pool = options.init(calls, gate).unwrap();
        let sums: Vec<_> = (0..50).map(|n| pool.lazy().add(n, 1)).collect();
        assert_eq!(compute(sums).unwrap()[49], 50);
    });
}

#[test]
fn a_bar_counts_calls() {
    for mode in MODES {
        let (pool, _) = arithmetic(mode);
        let (progress, shown) = shown_bar();
        let sums: Vec<_> = (0..40).map(|n| pool.lazy().add(n, pool.lazy().later(1))).collect();
        Compute::of(sums).progress(progress).run().unwrap();
        assert_eq!(shown(), (80, Some(80)), "{mode}");
    }
}

#[test]
fn what_the_longest_path_hangs_on_runs_first() {
    within(|| {
        let order = Arc::new(Mutex::new(Vec::new()));
        let pool = TaskPool::new(Mode::Sync, 1).unwrap();
        let step = |name: &'static str, before: Vec<Lazy<()>>| {
            let order = Arc::clone(&order);
            pool.lazy().submit(before, move |_: Vec<()>| order.lock().unwrap().push(name))
        };
        let short = step("short", vec![]);
        let first = step("first", vec![]);
        let second = step("second", vec![first]);
        let third = step("third", vec![second]);
        compute((short, third)).unwrap();
        assert_eq!(order.lock().unwrap()[0], "first");
        order.lock().unwrap().clear();
        let short = step("short", vec![]);
        let second = Duration::from_secs(1);
        let costly = step("costly", vec![]).cost(second * 5);
        let chain = step("chain", vec![step("head", vec![]).cost(second)]).cost(second);
        compute((short, costly, chain)).unwrap();
        assert_eq!(order.lock().unwrap()[0], "costly");
    });
}
