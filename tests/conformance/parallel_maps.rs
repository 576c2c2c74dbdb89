//! `map` of a plain `#[task]` function on threads, which shares its items out in pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use concurry::prelude::*;
use concurry_testkit::{Counted, Dropped, Gate, Recorder, threads_named, wait_until};

conformance!(threads:
    results_keep_the_order_of_items_of_any_number,
    an_input_may_be_wrong_about_its_length,
    the_first_failing_item_in_order_ends_a_map,
    a_failed_map_drops_every_item_and_every_result,
    an_endless_input_is_taken_only_a_little_ahead,
    a_panicking_input_fails_its_map,
    idle_threads_get_a_part_of_what_others_have,
    a_map_with_a_narrow_window_has_no_more_calls_on_their_way,
    a_map_ends_when_its_pool_is_stopped,
    a_pool_that_has_mapped_leaves_no_thread,
);

#[task]
fn next(number: u64) -> u64 {
    number + 1
}

#[task]
fn even(number: u64) -> Result<u64, String> {
    match number % 1_000 {
        997 => panic!("{number} is a bad number"),
        rest if rest % 2 == 1 => Err(format!("{number} is odd")),
        _ => Ok(number),
    }
}

#[task]
fn keep(number: u64, value: Counted) -> Result<Counted, String> {
    if number == 70_001 { Err("the last one".to_owned()) } else { Ok(value) }
}

#[task]
fn pass(gate: Option<Gate>, passed: Arc<AtomicU64>) -> u64 {
    if let Some(gate) = gate {
        gate.pass();
    }
    passed.fetch_add(1, Ordering::Relaxed)
}

fn results_keep_the_order_of_items_of_any_number(mode: Mode) {
    let pool = next::options(mode, 3).init().unwrap();
    for count in [0, 1, 2, 3, 100, 4_097, 100_000] {
        let expected: Vec<u64> = (1..=count).collect();
        assert_eq!(pool.map(0..count).results().unwrap(), expected, "a range");
        assert_eq!(pool.map((0..count).collect::<Vec<_>>()).results().unwrap(), expected);
        let unknown = (0..2 * count).filter(|number| number % 2 == 0).map(|number| number / 2);
        assert_eq!(pool.map(unknown).results().unwrap(), expected, "of unknown length");
    }
}

/// Says that it has so many items.
struct Claims(std::ops::Range<u64>, usize);

impl Iterator for Claims {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.1, Some(self.1))
    }
}

fn an_input_may_be_wrong_about_its_length(mode: Mode) {
    let pool = next::options(mode, 2).init().unwrap();
    let expected: Vec<u64> = (1..=50_000).collect();
    for claim in [0, 1, 49_999, 50_001, 1_000_000, usize::MAX] {
        assert_eq!(pool.map(Claims(0..50_000, claim)).results().unwrap(), expected, "{claim}");
    }
}

fn the_first_failing_item_in_order_ends_a_map(mode: Mode) {
    let pool = even::options(mode, 4).init().unwrap();
    for first in [0, 7, 4_096, 60_000] {
        let failing = move |place: u64| if place < first { 2 } else { 2 * place + 1 };
        let error = pool.map((0..100_000).map(failing)).results().unwrap_err();
        assert_eq!(error.into_failure().unwrap(), format!("{} is odd", 2 * first + 1));
    }
    let bad = |place: u64| if place < 5_000 { 4 } else { 997 + 1_000 * (place - 5_000) };
    let error = pool.map((0..100_000).map(bad)).results().unwrap_err();
    let CallError::Panicked(panic) = error else { panic!("{error:?}") };
    assert_eq!(panic.message, "997 is a bad number");
    assert!(panic.location.is_some_and(|location| location.contains("parallel_maps.rs")));
    assert_eq!(pool.map([2]).results().unwrap(), [2], "the pool goes on");
}

fn a_failed_map_drops_every_item_and_every_result(mode: Mode) {
    let pool = keep::options(mode, 3).init().unwrap();
    let values = Dropped::new();
    let items = |count: u64| {
        let values = values.clone();
        (0..count).map(move |number| (number, values.value()))
    };
    let results = pool.map(items(70_000)).results().unwrap();
    assert_eq!((results.len(), values.count()), (70_000, 0));
    drop(results);
    assert_eq!(values.count(), 70_000);
    // Taken from a list, so that it is known how many there are.
    let list: Vec<_> = items(100_000).collect();
    assert!(pool.map(list).results().is_err());
    assert_eq!(values.count(), 170_000);
    let unknown = items(100_000).filter(|_| true);
    assert!(pool.map(unknown).results().is_err());
    let after = values.count();
    assert!((240_002..=270_000).contains(&after), "{after}");
}

fn an_endless_input_is_taken_only_a_little_ahead(mode: Mode) {
    let (pool, pulled) = (even::options(mode, 2).init().unwrap(), Recorder::new());
    let items = pulled.clone();
    let endless = (0_u64..).inspect(move |&number| items.record(number));
    let failing = endless.map(|number| if number == 20_000 { 1 } else { 2 });
    assert_eq!(pool.map(failing).results().unwrap_err().into_failure().unwrap(), "1 is odd");
    assert!((20_001..100_000).contains(&pulled.count()), "{}", pulled.count());
}

fn a_panicking_input_fails_its_map(mode: Mode) {
    let pool = next::options(mode, 2).init().unwrap();
    let items = (0_u64..).inspect(|&number| assert!(number < 9_000, "there are no more"));
    let CallError::Panicked(panic) = pool.map(items).results().unwrap_err() else { panic!() };
    assert_eq!(panic.message, "there are no more");
    assert_eq!(pool.map([2]).results().unwrap(), [3], "the pool goes on");
}

fn idle_threads_get_a_part_of_what_others_have(mode: Mode) {
    let (pool, gate) = (pass::options(mode, 4).init().unwrap(), Gate::new());
    let passed = Arc::new(AtomicU64::new(0));
    // After many short calls the pieces are large: the long ones at the end may all be in one.
    let (last, counter) = (gate.clone(), Arc::clone(&passed));
    let items = (0..44_000).map(move |number| {
        let gate = (number >= 40_000).then(|| last.clone());
        (gate, Arc::clone(&counter))
    });
    let mapping = std::thread::spawn(move || pool.map(items).results().unwrap().len());
    gate.wait_for_arrivals(1);
    let mut admitted = 0;
    // One goes on at a time, until every thread has a long call.
    while gate.arrived() < admitted + 4 {
        gate.admit(1);
        admitted += 1;
        gate.wait_for_arrivals(admitted + 1);
    }
    gate.open();
    assert_eq!(mapping.join().unwrap(), 44_000);
    assert_eq!(passed.load(Ordering::Relaxed), 44_000);
}

fn a_map_with_a_narrow_window_has_no_more_calls_on_their_way(mode: Mode) {
    let (pool, pulled) = (pass::options(mode, 4).init().unwrap(), Recorder::new());
    let (gate, items) = (Gate::new(), pulled.clone());
    let held = gate.clone();
    let numbers = (0..40).map(move |_| {
        items.record(());
        (Some(held.clone()), Arc::default())
    });
    let mapping =
        std::thread::spawn(move || pool.map(numbers).in_flight(2).results().unwrap().len());
    gate.wait_for_arrivals(2);
    assert_eq!(pulled.count(), 2);
    gate.open();
    assert_eq!(mapping.join().unwrap(), 40);
}

fn a_map_ends_when_its_pool_is_stopped(mode: Mode) {
    let pool = next::options(mode, 2).init().unwrap();
    let stopping = pool.clone();
    let endless = (0_u64..).inspect(move |&number| {
        if number == 30_000 {
            drop(stopping.stop_now());
        }
    });
    let error = pool.map(endless).results().unwrap_err();
    assert!(matches!(error, CallError::Stopped(_)), "{error:?}");
}

fn a_pool_that_has_mapped_leaves_no_thread(mode: Mode) {
    #[task]
    fn leaky_map(number: u64) -> u64 {
        number
    }
    let pool = leaky_map::options(mode, 3).init().unwrap();
    assert_eq!(pool.map(0..1_000).results().unwrap().len(), 1_000);
    assert!(threads_named("leaky_map-map") > 0);
    drop(pool);
    wait_until("its threads are gone", || threads_named("leaky_map") == 0);
}
