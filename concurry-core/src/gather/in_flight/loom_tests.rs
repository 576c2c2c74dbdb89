//! Models of futures that complete while they are waited for together.

use std::convert::Infallible;
use std::future::poll_fn;
use std::task::Context;

use loom::future::block_on;
use loom::thread;

use super::InFlight;
use crate::future::promise_for_tests;
use crate::model::{WakeCount, check};

#[test]
fn a_sleeping_collector_gets_every_completion() {
    check(|| {
        let mut in_flight = InFlight::<u32, Infallible>::new(2);
        let others: Vec<_> = (0..2)
            .map(|value| {
                let (promise, future) = promise_for_tests();
                in_flight.insert(future);
                thread::spawn(move || promise.complete(Ok(value)))
            })
            .collect();
        let mut sum = 0;
        while let Some((_, outcome)) = block_on(poll_fn(|context| in_flight.poll_next(context))) {
            sum += outcome.unwrap();
        }
        assert_eq!(sum, 1);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn a_collector_that_changed_its_waker_is_woken_by_the_new_one() {
    check(|| {
        let mut in_flight = InFlight::<u32, Infallible>::new(1);
        let (promise, future) = promise_for_tests();
        in_flight.insert(future);
        let other = thread::spawn(move || promise.complete(Ok(1)));
        let (_, old) = WakeCount::new();
        let (new, new_waker) = WakeCount::new();
        let pending = in_flight.poll_next(&mut Context::from_waker(&old)).is_pending()
            && in_flight.poll_next(&mut Context::from_waker(&new_waker)).is_pending();
        other.join().unwrap();
        assert!(!pending || new.wakes() > 0);
    });
}

#[test]
fn a_future_that_is_taken_out_leaves_its_slot_to_one_wake() {
    check(|| {
        let mut in_flight = InFlight::<u32, Infallible>::new(1);
        let (promise, future) = promise_for_tests();
        let place = in_flight.insert(future);
        let other = thread::spawn(move || promise.complete(Ok(1)));
        let future = in_flight.remove(place).unwrap();
        let next = (in_flight.has_room()).then(|| {
            let (promise, future) = promise_for_tests();
            in_flight.insert(future);
            promise
        });
        if let Some(promise) = next {
            promise.complete(Ok(2));
            let next = block_on(poll_fn(|context| in_flight.poll_next(context)));
            assert_eq!(next.unwrap().1.unwrap(), 2);
        }
        assert_eq!(block_on(future).unwrap(), 1);
        assert!(in_flight.try_next().is_none());
        other.join().unwrap();
    });
}

#[test]
fn a_collector_may_go_while_a_future_completes() {
    check(|| {
        let mut in_flight = InFlight::<u32, Infallible>::new(1);
        let (promise, future) = promise_for_tests();
        in_flight.insert(future);
        let (count, waker) = WakeCount::new();
        let _ = in_flight.poll_next(&mut Context::from_waker(&waker));
        let other = thread::spawn(move || promise.complete(Ok(1)));
        drop(in_flight);
        other.join().unwrap();
        drop(waker);
        assert_eq!(count.wakers(), 0);
    });
}
