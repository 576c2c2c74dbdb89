//! Models of a node's life: completion against everything that the user side may do meanwhile.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use loom::thread;

use super::model_node::{Alive, Tracked, queued, run};
use super::{Cancel, TaskFuture};
use crate::model::{WakeCount, check};

/// A worker runs the call on another thread while `user` does what it likes with the future.
fn while_it_runs(user: impl Fn(TaskFuture<Tracked>) + Send + Sync + 'static) {
    check(move || {
        let alive = Arc::new(Alive::default());
        let (call, future) = queued(&alive);
        let worker = thread::spawn({
            let alive = Arc::clone(&alive);
            move || run(call, &alive)
        });
        user(future);
        worker.join().unwrap();
        alive.assert_all_gone();
    });
}

fn poll(future: &mut TaskFuture<Tracked>, waker: &std::task::Waker) -> bool {
    match Pin::new(future).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(outcome) => {
            outcome.unwrap().look();
            true
        }
        Poll::Pending => false,
    }
}

#[test]
fn an_awaited_outcome_arrives() {
    while_it_runs(|future| loom::future::block_on(future).unwrap().look());
}

#[test]
fn a_waker_that_was_left_before_the_call_was_sent_is_woken_once() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, future) = queued(&alive);
        let (count, waker) = WakeCount::new();
        let future = future.untyped(crate::error::CallSite::new(super::model_node::SPEC));
        // SAFETY: the call is still here.
        unsafe { future.register_first(waker) };
        let worker = thread::spawn({
            let alive = Arc::clone(&alive);
            move || run(call, &alive)
        });
        let early = future.into_done();
        worker.join().unwrap();
        assert_eq!(count.wakes(), 1);
        let done = early.or_else(|future| future.into_done()).ok().unwrap();
        // SAFETY: it is of these types.
        unsafe { done.take::<Tracked, std::convert::Infallible>() }.unwrap().look();
        alive.assert_all_gone();
    });
}

#[test]
fn a_dropped_future_leaves_the_outcome_to_the_worker() {
    while_it_runs(drop);
}

#[test]
fn a_future_that_is_dropped_while_it_waits_gives_its_waker_back() {
    while_it_runs(|mut future| {
        let (count, waker) = WakeCount::new();
        let done = poll(&mut future, &waker);
        drop(future);
        drop(waker);
        assert!(!done || count.wakes() == 0);
        // The worker may have it in its hands still; it then drops it by waking.
        assert!(count.wakers() <= 1 && count.wakers() + count.wakes() <= 1);
    });
}

#[test]
fn a_second_waker_replaces_the_first() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, mut future) = queued(&alive);
        let worker = thread::spawn({
            let alive = Arc::clone(&alive);
            move || run(call, &alive)
        });
        let (first, first_waker) = WakeCount::new();
        let (second, second_waker) = WakeCount::new();
        let done = poll(&mut future, &first_waker) || poll(&mut future, &second_waker);
        worker.join().unwrap();
        if !done {
            assert_eq!((first.wakes(), second.wakes()), (0, 1));
            assert!(poll(&mut future, &second_waker));
        }
        drop((first_waker, second_waker, future));
        assert_eq!((first.wakers(), second.wakers()), (0, 0));
        alive.assert_all_gone();
    });
}

#[test]
fn a_waker_that_was_taken_back_is_not_woken() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, mut future) = queued(&alive);
        let worker = thread::spawn({
            let alive = Arc::clone(&alive);
            move || run(call, &alive)
        });
        let (count, waker) = WakeCount::new();
        let done = poll(&mut future, &waker);
        let back = !done && future.unregister().is_some();
        worker.join().unwrap();
        assert_eq!(count.wakes(), usize::from(!done && !back));
        drop((waker, future));
        assert_eq!(count.wakers(), 0);
        alive.assert_all_gone();
    });
}

#[test]
fn a_call_is_either_cancelled_or_run() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, mut future) = queued(&alive);
        let worker = thread::spawn({
            let alive = Arc::clone(&alive);
            move || run(call, &alive)
        });
        let cancel = future.cancel();
        let cancelled = match cancel {
            Cancel::Dequeued => future.into_done().unwrap().is_err(),
            _ => {
                drop(future);
                false
            }
        };
        assert_eq!(worker.join().unwrap(), !cancelled);
        alive.assert_all_gone();
    });
}

#[test]
fn a_waiting_call_that_is_cancelled_wakes_whoever_waits() {
    while_it_runs(|mut future| {
        let (count, waker) = WakeCount::new();
        if poll(&mut future, &waker) {
            return;
        }
        if future.cancel() == Cancel::Dequeued {
            assert_eq!(count.wakes(), 1);
            assert!(future.into_done().unwrap().is_err());
        }
    });
}

#[test]
fn a_call_that_is_thrown_away_fails_as_stopped() {
    check(|| {
        let alive = Arc::new(Alive::default());
        let (call, future) = queued(&alive);
        let worker = thread::spawn(move || drop(call));
        assert!(loom::future::block_on(future).is_err());
        worker.join().unwrap();
        alive.assert_all_gone();
    });
}

#[test]
fn a_guarded_future_that_is_dropped_cancels_or_detaches() {
    while_it_runs(|future| drop(future.cancel_on_drop()));
}
