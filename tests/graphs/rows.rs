//! Many calls that only one container wants: workers take them in rows.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use concurry::graph::{Compute, Passes};
use concurry::prelude::*;
use concurry_testkit::within;
use proptest::prelude::*;

use crate::early::Sharing;
use crate::random::passes;
use crate::worker::{MODES, arithmetic, gated, shown_bar};

/// What stands in a container, and would end a row or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Child {
    /// What rows are made of.
    Plain,
    /// Somebody else has it, too.
    Kept,
    /// Its call fails.
    Failing,
    /// It depends on a call.
    Deep,
    /// Somebody said what it costs.
    Costly,
    /// Equal ones are merged.
    Pure,
    /// Its value is known.
    Known,
    /// Another pool makes it.
    Elsewhere,
}

use Child::{Costly, Deep, Elsewhere, Failing, Kept, Known, Plain, Pure};

/// Stretches of equal children, of which some are long enough for a row.
fn children() -> impl Strategy<Value = Vec<Child>> {
    let child = prop::sample::select(vec![
        Plain, Plain, Plain, Kept, Failing, Deep, Costly, Pure, Known, Elsewhere,
    ]);
    let length = prop_oneof![1_usize..4, 60_usize..300];
    prop::collection::vec((child, length), 0..6).prop_map(|stretches| {
        stretches.into_iter().flat_map(|(child, length)| vec![child; length]).collect()
    })
}

fn check(children: &[Child], mode: Mode, passes: Passes) {
    let ((pool, calls), (other, _)) = (arithmetic(mode), arithmetic(mode));
    let (lazy, other) = (pool.lazy(), other.lazy());
    let mut kept = Vec::new();
    let nodes = children.iter().zip(0..).map(|(child, n): (_, u64)| match child {
        Plain => lazy.add(n, 1),
        Kept => {
            let node = lazy.add(n, 1);
            kept.push((node.clone(), n + 1));
            node
        }
        Failing => lazy.halve(2 * n + 1),
        Deep => lazy.add(lazy.add(n, 0), 1),
        Costly => lazy.add(n, 1).cost(Duration::from_secs(1)),
        Pure => lazy.square(n),
        Known => Lazy::value(n + 1),
        Elsewhere => other.add(n, 1),
    });
    let nodes: Vec<_> = nodes.collect();
    let outcome = Compute::of(nodes).passes(passes).run();
    match children.iter().position(|&child| child == Failing) {
        Some(first) => {
            let error = outcome.unwrap_err().to_string();
            let odd = format!("{} is odd", 2 * first + 1);
            assert!(error.contains(&odd), "{error} is not that {odd}");
        }
        None => {
            let expected = children.iter().zip(0..).map(|(child, n): (_, u64)| match child {
                Pure => n * n,
                _ => n + 1,
            });
            assert!(outcome.unwrap().into_iter().eq(expected));
        }
    }
    let made = children.iter().map(|child| match child {
        Deep => 2,
        Known | Elsewhere => 0,
        _ => 1,
    });
    assert_eq!(calls.load(Ordering::Relaxed), made.sum::<usize>(), "each call is made once");
    for (node, value) in kept {
        assert_eq!(node.compute().unwrap(), value);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn a_container_gives_the_same_in_rows(
        children in children(),
        mode in prop::sample::select(&MODES[..]),
        passes in passes(),
    ) {
        within(move || check(&children, mode, passes));
    }
}

#[test]
fn containers_of_containers_are_in_rows_too() {
    within(|| {
        let (pool, calls) = arithmetic(Mode::Thread);
        let row = |from: u64| (from..from + 100).map(|n| pool.lazy().add(n, 1)).collect::<Vec<_>>();
        let rows: Vec<_> = (0..100).map(|number| Lazy::join(row(number * 100))).collect();
        let rows = compute((rows, row(0))).unwrap();
        assert!(rows.0.into_iter().flatten().eq(1..=10_000));
        assert!(rows.1.into_iter().eq(1..=100));
        assert_eq!(calls.load(Ordering::Relaxed), 10_100);
    });
}

#[test]
fn all_workers_take_calls_of_one_row() {
    within(|| {
        let (pool, calls, gate) = gated(Mode::Thread, 3);
        let held: Vec<_> = (0..100).map(|n| pool.lazy().held(n)).collect();
        let future = Compute::of(held).submit();
        gate.wait_for_arrivals(3);
        gate.open();
        assert!(future.result().unwrap().into_iter().eq(0..100));
        assert_eq!(calls.load(Ordering::Relaxed), 100);
    });
}

#[test]
fn a_panic_costs_one_call_of_a_row() {
    within(|| {
        let shared = Arc::new(());
        let pool = Sharing::options(Mode::Thread, 2).init(Arc::clone(&shared)).unwrap();
        let lazy = pool.lazy();
        let nodes: Vec<_> = (0..200).map(|n| lazy.panic_if(n % 50 == 7)).collect();
        let error = compute(nodes).unwrap_err().to_string();
        assert!(error.contains("asked to"), "{error}");
        pool.stop().result().unwrap();
        let stats = pool.stats();
        assert_eq!(stats.failed, 4, "{stats:?}");
        // A visit that finds nothing to do counts as a call.
        assert!((196..206).contains(&stats.done), "{stats:?}");
    });
}

#[test]
fn a_row_of_a_stopped_pool_fails_as_stopped() {
    within(|| {
        let (progress, shown) = shown_bar();
        let (pool, calls) = arithmetic(Mode::Thread);
        let nodes: Vec<_> = (0..100).map(|n| pool.lazy().add(n, 1)).collect();
        pool.stop().result().unwrap();
        let error = Compute::of(nodes).progress(progress).run().unwrap_err();
        let call = error.downcast_ref::<CallError<std::convert::Infallible>>().unwrap();
        assert!(matches!(call, CallError::Stopped(_)), "{call}");
        assert_eq!(shown(), (100, Some(100)));
        assert_eq!(calls.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn a_pool_that_is_stopped_half_way_fails_the_rest_of_a_row() {
    within(|| {
        let (pool, calls, gate) = gated(Mode::Thread, 2);
        let held: Vec<_> = (0..100).map(|n| pool.lazy().held(n)).collect();
        let future = Compute::of(held).submit();
        gate.wait_for_arrivals(2);
        let stopping = pool.stop();
        gate.open();
        let error = future.result().unwrap_err().to_string();
        assert!(error.contains("stopped"), "{error}");
        stopping.result().unwrap();
        assert!(calls.load(Ordering::Relaxed) < 100);
    });
}

#[test]
fn a_row_that_nobody_wants_any_more_is_left() {
    within(|| {
        let (pool, calls, gate) = gated(Mode::Thread, 2);
        let held: Vec<_> = (0..100).map(|n| pool.lazy().held(n)).collect();
        let late = Compute::of(held).deadline(Duration::from_millis(20)).run();
        assert!(late.unwrap_err().is_timeout());
        gate.open();
        // Behind whatever the workers still do.
        pool.stop().result().unwrap();
        assert!(calls.load(Ordering::Relaxed) <= 2, "only what ran was not left");
    });
}

#[test]
fn what_a_left_row_has_given_is_dropped() {
    within(|| {
        let shared = Arc::new(());
        let pool = Sharing::options(Mode::Thread, 2).init(Arc::clone(&shared)).unwrap();
        let (held, _, gate) = gated(Mode::Thread, 1);
        let shares: Vec<_> = (0..20_000).map(|_| pool.lazy().share(false)).collect();
        let all = (shares, held.lazy().held(1));
        let late = Compute::of(all).deadline(Duration::from_millis(20)).run();
        assert!(late.unwrap_err().is_timeout());
        gate.open();
        held.stop().result().unwrap();
        pool.stop().result().unwrap();
        drop((held, pool));
        assert_eq!(Arc::strong_count(&shared), 1);
    });
}

#[test]
fn a_bar_counts_the_calls_of_a_row() {
    within(|| {
        let (progress, shown) = shown_bar();
        let (pool, _) = arithmetic(Mode::Thread);
        let sums: Vec<_> = (0..5_000).map(|n| pool.lazy().add(n, 1)).collect();
        Compute::of(sums).progress(progress).run().unwrap();
        assert_eq!(shown(), (5_000, Some(5_000)));
        pool.stop().result().unwrap();
        assert_eq!(pool.stats().failed, 0);
        assert!((5_000..5_010).contains(&pool.stats().done));
    });
}
