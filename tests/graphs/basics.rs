//! What a graph gives, in every mode.

use std::sync::atomic::Ordering;

use concurry::graph::{Compute, Passes, Stage};
use concurry::prelude::*;

use crate::worker::{MODES, arithmetic};

#[test]
fn values_go_from_node_to_node() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let three = pool.lazy().add(1, 2);
        let nine = pool.lazy().square(three.clone());
        let twelve = pool.lazy().add(three.clone(), pool.lazy().later(nine));
        assert_eq!(calls.load(Ordering::Relaxed), 0, "nothing runs before it is asked for");
        assert_eq!(compute((three, twelve)).unwrap(), (3, 12), "{mode}");
        assert_eq!(calls.load(Ordering::Relaxed), 4, "{mode}");
    }
}

#[test]
fn one_graph_may_use_pools_of_all_modes() {
    let pools = MODES.map(|mode| arithmetic(mode).0);
    let mut value = Lazy::value(0);
    for step in 0..30 {
        let lazy = pools[step % 3].lazy();
        value = if step % 2 == 0 { lazy.add(value, 1) } else { lazy.later(value) };
    }
    assert_eq!(value.compute().unwrap(), 15);
}

#[test]
fn a_node_runs_once_however_often_it_is_used() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let three = pool.lazy().add(1, 2);
        let sums: Vec<_> = (0..20).map(|n| pool.lazy().add(three.clone(), n)).collect();
        let sums = compute(sums).unwrap();
        assert_eq!((sums[0], sums[19]), (3, 22));
        assert_eq!(calls.load(Ordering::Relaxed), 21, "{mode}");
        assert_eq!(three.stage(), Stage::Done);
        assert_eq!(three.compute().unwrap(), 3, "what is done is not run again");
        assert_eq!(calls.load(Ordering::Relaxed), 21, "{mode}");
    }
}

#[test]
fn nobody_runs_what_nobody_asked_for() {
    let (pool, calls) = arithmetic(Mode::Thread);
    let three = pool.lazy().add(1, 2);
    let unasked = pool.lazy().add(three.clone(), 1);
    assert_eq!(three.compute().unwrap(), 3);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(unasked.stage(), Stage::New);
}

#[test]
fn equal_calls_of_pure_methods_are_made_once() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let squares = |pool: &crate::worker::ArithmeticHandle| -> Vec<_> {
            (0..10).map(|n| pool.lazy().square(pool.lazy().square(n % 2 + 2))).collect()
        };
        let merged = compute(squares(&pool)).unwrap();
        assert_eq!(merged, [16, 81].repeat(5));
        assert_eq!(calls.swap(0, Ordering::Relaxed), 4, "{mode}");
        let apart = Compute::of(squares(&pool)).passes(Passes::none()).run().unwrap();
        assert_eq!(apart, merged);
        assert_eq!(calls.load(Ordering::Relaxed), 20, "{mode}");
        let kept = Compute::of(squares(&pool)).passes(Passes::all().prune(false)).run().unwrap();
        assert_eq!(kept, merged);
    }
}

#[test]
fn an_eager_block_runs_what_was_made_before_it_if_it_needs_it() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let before = pool.lazy().add(pool.lazy().add(1, 1), 1);
        let unneeded = pool.lazy().add(5, 5);
        let eager = eager(|| pool.lazy().add(before.clone(), 1));
        assert_eq!((eager.stage(), unneeded.stage()), (Stage::Done, Stage::New), "{mode}");
        assert_eq!(compute((before, eager)).unwrap(), (3, 4));
        assert_eq!(calls.load(Ordering::Relaxed), 3, "{mode}");
    }
}

#[test]
fn an_eager_block_gives_the_same() {
    for mode in MODES {
        let (pool, calls) = arithmetic(mode);
        let build = || {
            let halves: Vec<_> = (0..4).map(|n| pool.lazy().halve(n).outcome()).collect();
            let halves = Lazy::join(halves).map(|halves| {
                halves.into_iter().map(|half| half.unwrap_or(100)).collect::<Vec<_>>()
            });
            pool.lazy().sum(halves)
        };
        let eager = eager(build);
        assert_eq!(calls.load(Ordering::Relaxed), 5, "{mode}");
        assert_eq!(eager.stage(), Stage::Done);
        assert_eq!(eager.compute().unwrap(), build().compute().unwrap());
    }
}

#[test]
fn it_can_be_awaited_and_submitted() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for mode in MODES {
        let (pool, _) = arithmetic(mode);
        let sum = || pool.lazy().add(pool.lazy().later(1), pool.lazy().add(1, 1));
        assert_eq!(sum().submit().result().unwrap(), 3);
        assert_eq!(runtime.block_on(async { sum().await }).unwrap(), 3);
        let both = runtime.block_on(compute_async([sum(), sum()])).unwrap();
        assert_eq!(both, [3, 3]);
    }
}

#[task(mode = "thread", max_workers = 2)]
fn double(x: u64) -> u64 {
    2 * x
}

#[test]
fn functions_and_closures_are_nodes_too() {
    let doubles = double::pool().unwrap();
    let closures = TaskPool::new(Mode::Thread, 2).unwrap();
    let four = doubles.lazy().submit(doubles.lazy().submit(1));
    let text = closures.lazy().submit(four, |four| four.to_string());
    assert_eq!(text.compute().unwrap(), "4");
}

#[test]
fn statistics_count_every_call_of_a_visit() {
    let (pool, _) = arithmetic(Mode::Thread);
    let sums: Vec<_> = (0..500).map(|n| pool.lazy().add(n, 1)).collect();
    compute(sums).unwrap();
    pool.stop().result().unwrap();
    let stats = pool.stats();
    assert!((500..510).contains(&stats.done), "{stats:?}");
    assert_eq!(stats.failed, 0);
}
