//! The order of calls, and whose state they see.

use std::sync::{Arc, Barrier};
use std::thread;

use concurry::prelude::*;
use concurry_testkit::{Dropped, Recorder};

use crate::workers::{Probe, counter};

conformance!(every:
    exclusive_calls_of_one_worker_run_in_the_order_they_were_made,
    sync_and_async_methods_see_the_same_state,
    two_pools_of_one_type_share_nothing,
    a_failed_call_leaves_the_state_as_it_is,
    a_methods_own_error_comes_back_unchanged,
    calls_of_many_threads_are_neither_lost_nor_run_twice,
    shared_calls_of_one_worker_begin_in_order,
);

fn exclusive_calls_of_one_worker_run_in_the_order_they_were_made(mode: Mode) {
    let counter = counter(mode, 1);
    let futures: Vec<_> = (0..500).map(|_| counter.add(1)).collect();
    let totals: Vec<u64> = gather(futures).results().unwrap();
    assert_eq!(totals, (1..=500).collect::<Vec<_>>());
}

fn sync_and_async_methods_see_the_same_state(mode: Mode) {
    let counter = counter(mode, 1);
    let futures = [counter.add(1), counter.add_later(10), counter.add(100), counter.add_later(5)];
    assert_eq!(gather(futures).results().unwrap(), [1, 11, 111, 116]);
    assert_eq!(counter.total().result().unwrap(), 116);
}

fn two_pools_of_one_type_share_nothing(mode: Mode) {
    let (first, second) = (counter(mode, 1), counter(mode, 1));
    assert_eq!(first.add(3).result().unwrap(), 3);
    assert_eq!(second.add(4).result().unwrap(), 4);
    assert_eq!(first.clone().total().result().unwrap(), 3, "a clone is the same pool");
}

fn a_failed_call_leaves_the_state_as_it_is(mode: Mode) {
    let counter = counter(mode, 1);
    counter.add(6).result().unwrap();
    assert!(counter.checked(3).result().is_err());
    assert!(counter.checked_later(3).result().is_err());
    assert_eq!(counter.add(1).result().unwrap(), 7);
    assert_eq!(counter.stats().restarts, 0);
}

fn a_methods_own_error_comes_back_unchanged(mode: Mode) {
    let counter = counter(mode, 1);
    for future in [counter.checked(5), counter.checked_later(5)] {
        let error = future.result().unwrap_err();
        assert_eq!(error.failure().map(String::as_str), Some("5 is odd"));
        assert_eq!(error.to_string(), "5 is odd");
        assert_eq!(error.into_failure().unwrap(), "5 is odd");
    }
}

fn calls_of_many_threads_are_neither_lost_nor_run_twice(mode: Mode) {
    let seen = Recorder::new();
    let probe = Probe::options(mode, 1).init(seen.clone(), Dropped::new()).unwrap();
    let start = Arc::new(Barrier::new(8));
    let submitters: Vec<_> = (0..8)
        .map(|thread| {
            let (probe, start) = (probe.clone(), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                let futures: Vec<_> =
                    (0..100).map(|number| probe.record(thread * 1_000 + number)).collect();
                gather(futures).results().unwrap()
            })
        })
        .collect();
    for submitter in submitters {
        assert_eq!(submitter.join().unwrap().len(), 100);
    }
    let mut events = seen.events();
    events.sort_unstable();
    let expected: Vec<u64> =
        (0..8).flat_map(|thread| (0..100).map(move |number| thread * 1_000 + number)).collect();
    assert_eq!(events, expected);
    assert_eq!(probe.stats().done, 800);
}

fn shared_calls_of_one_worker_begin_in_order(mode: Mode) {
    let seen = Recorder::new();
    // One call at a time, so that the beginnings can be told apart.
    let options = Probe::options(mode, 1).concurrency(1);
    let probe = options.init(seen.clone(), Dropped::new()).unwrap();
    let futures: Vec<_> = (0..200).map(|number| probe.record(number)).collect();
    gather(futures).results().unwrap();
    assert_eq!(seen.events(), (0..200).collect::<Vec<_>>());
}
