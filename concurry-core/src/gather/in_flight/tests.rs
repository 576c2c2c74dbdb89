//! Collectors and futures that complete in any order.

use super::*;
use crate::future::promise_for_tests;
use concurry_time::block_on;
use std::convert::Infallible;
use std::future::poll_fn;

fn next(in_flight: &mut InFlight<u32, Infallible>) -> Option<(usize, u32)> {
    block_on(poll_fn(|context| in_flight.poll_next(context)))
        .map(|(place, outcome)| (place, outcome.unwrap()))
}

#[test]
fn futures_come_out_in_the_order_in_which_they_complete() {
    let mut in_flight = InFlight::new(3);
    let promises: Vec<_> = (0..3)
        .map(|_| {
            let (promise, future) = promise_for_tests();
            in_flight.insert(future);
            promise
        })
        .collect();
    for (value, promise) in promises.into_iter().enumerate().rev() {
        promise.complete(Ok(u32::try_from(value).unwrap()));
    }
    assert_eq!(next(&mut in_flight), Some((2, 2)));
    assert_eq!(next(&mut in_flight), Some((1, 1)));
    assert_eq!(next(&mut in_flight), Some((0, 0)));
    assert_eq!(next(&mut in_flight), None);
}

#[test]
fn a_future_that_is_done_needs_no_waker() {
    let mut in_flight = InFlight::new(1);
    in_flight.insert(TaskFuture::ready(Ok(5)));
    assert_eq!(next(&mut in_flight), Some((0, 5)));
}

#[test]
fn completions_after_the_collector_is_gone_free_the_rest() {
    let mut in_flight = InFlight::<u32, Infallible>::new(2);
    let (first, future) = promise_for_tests();
    in_flight.insert(future);
    let (second, future) = promise_for_tests();
    in_flight.insert(future);
    first.complete(Ok(1));
    drop(in_flight);
    second.complete(Ok(2));
}

#[test]
fn a_future_that_was_taken_out_can_be_waited_for_alone() {
    let mut in_flight = InFlight::new(2);
    let (promise, future) = promise_for_tests();
    let place = in_flight.insert(future);
    let future = in_flight.remove(place).unwrap();
    promise.complete(Ok(9));
    assert_eq!(future.result().unwrap(), 9u32);
    assert_eq!(next(&mut in_flight), None);
}

#[test]
fn a_sleeping_collector_is_woken() {
    let mut in_flight = InFlight::new(1);
    let (promise, future) = promise_for_tests();
    in_flight.insert(future);
    let collector = std::thread::spawn(move || next(&mut in_flight));
    promise.complete(Ok(3));
    assert_eq!(collector.join().unwrap(), Some((0, 3)));
}
