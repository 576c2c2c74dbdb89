//! Models of hand-overs: pipelines that several threads move forward, and cancel, at once.
//!
//! Each model thread has its own list of steps that are due, as each thread of a program has. What a
//! model checks is that no step is left behind in one, and that none runs twice.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::thread;

use crate::TaskFuture;
use crate::error::CallSite;
use crate::future::model_node::{self, Alive, queued, run};
use crate::future::promise::{Promise, promise};
use crate::model::check;
use crate::shared::PoolId;

type Step = (Promise<u32, Infallible>, TaskFuture<u32>);

fn step() -> Step {
    promise(CallSite::new(model_node::SPEC), PoolId::NONE)
}

/// Adds one, and counts how often.
fn plus_one(future: TaskFuture<u32>, runs: &Arc<AtomicUsize>) -> TaskFuture<u32> {
    let runs = Arc::clone(runs);
    future.map_ok(move |number| {
        runs.fetch_add(1, Ordering::Relaxed);
        number + 1
    })
}

#[test]
fn a_pipeline_that_is_cancelled_while_it_moves_ends_once() {
    check(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let (base, future) = step();
        let mut end = plus_one(plus_one(future, &runs), &runs);
        let other = thread::spawn(move || base.complete(Ok(1)));
        let _ = end.cancel();
        other.join().unwrap();
        let outcome = end.into_done().expect("nobody is left who could complete it");
        let runs = runs.load(Ordering::Relaxed);
        match outcome {
            Ok(number) => assert_eq!((number, runs), (3, 2)),
            Err(error) => assert!(error.is_cancelled() && runs <= 2, "{error:?} after {runs}"),
        }
    });
}

#[test]
fn pipelines_that_two_threads_move_into_each_other_end() {
    check(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let ((first, one), (second, other)) = (step(), step());
        // The end of the first hands over to a step that waits for the second, or finds it done.
        let inner = plus_one(other, &runs);
        let joined = plus_one(one, &runs)
            .and_then::<_, Infallible>(move |number| inner.map_ok(move |other| number + other));
        let end = plus_one(joined, &runs);
        let thread = thread::spawn(move || second.complete(Ok(10)));
        first.complete(Ok(1));
        thread.join().unwrap();
        assert_eq!(end.into_done().expect("both are complete").unwrap(), 14);
        assert_eq!(runs.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn a_step_that_completes_others_in_a_hand_over_leaves_none_behind() {
    check(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let ((first, mut one), (second, other)) = (step(), step());
        // A callback of the first completes the second, in the middle of a hand-over.
        one.on_done(move |_| second.complete(Ok(10)));
        let (one, other) = (plus_one(one, &runs), plus_one(other, &runs));
        let thread = thread::spawn(move || first.complete(Ok(1)));
        drop(one);
        thread.join().unwrap();
        assert_eq!(other.into_done().expect("its promise is complete").unwrap(), 11);
    });
}

#[test]
fn a_dropped_pipeline_leaves_nothing_behind() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, future) = queued(&alive);
        let end = future.map_ok(|value| {
            value.look();
            value
        });
        let worker = thread::spawn({
            let alive = Arc::clone(&alive);
            move || run(call, &alive)
        });
        drop(end);
        worker.join().unwrap();
        alive.assert_all_gone();
    });
}
