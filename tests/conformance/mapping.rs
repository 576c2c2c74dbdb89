//! `map`: lazy, a bounded number of calls at a time, over inputs of any length.

use concurry::prelude::*;
use concurry_testkit::{Gate, Recorder, wait_until};
use concurry_time::block_on;
use futures_util::StreamExt;

use crate::workers::{counter, probe};

conformance!(every:
    a_map_gives_its_results_in_the_order_of_the_items,
    a_map_over_an_endless_input_takes_a_window_at_a_time,
    an_error_ends_a_map_and_takes_no_more_items,
    outcomes_of_a_map_keep_errors_in_their_places,
    a_map_streams_over_an_endless_input,
    a_map_that_is_not_finished_calls_nothing,
);
conformance!(queued:
    a_map_spreads_over_the_workers,
    a_map_has_no_more_calls_on_their_way_than_its_window,
);

fn a_map_gives_its_results_in_the_order_of_the_items(mode: Mode) {
    let counter = counter(mode, 1);
    let halves = counter.map(0..500, |counter, n| counter.checked(n * 2)).in_flight(7).results();
    assert_eq!(halves.unwrap(), (0..500).collect::<Vec<_>>());
    // Without a window of its own, and over an iterator that does not know its length.
    let evens = (0..500).filter(|number| number % 2 == 0);
    let halves = counter.map(evens, |counter, n| counter.checked_later(n)).results().unwrap();
    assert_eq!(halves, (0..250).collect::<Vec<_>>());
}

fn a_map_over_an_endless_input_takes_a_window_at_a_time(mode: Mode) {
    let (counter, pulled) = (counter(mode, 1), Recorder::new());
    let items = pulled.clone();
    let endless = (0_u64..).inspect(move |&number| items.record(number));
    let map = counter.map(endless, |counter, number| counter.checked(number * 2)).in_flight(10);
    assert_eq!(pulled.count(), 0, "nothing is taken before the map is asked");
    let mut completed = map.as_completed();
    for taken in 1..=100 {
        completed.next().unwrap().1.unwrap();
        assert!(pulled.count() <= taken + 10, "{} items after {taken} results", pulled.count());
    }
    drop(completed);
    assert!(pulled.count() <= 110);
}

fn an_error_ends_a_map_and_takes_no_more_items(mode: Mode) {
    let (counter, pulled) = (counter(mode, 1), Recorder::new());
    let items = pulled.clone();
    let endless = (0_u64..).inspect(move |&number| items.record(number));
    let map = counter.map(endless, |counter, n| counter.checked(if n == 20 { 21 } else { n * 2 }));
    let error = map.in_flight(5).results().unwrap_err();
    assert_eq!(error.into_failure().unwrap(), "21 is odd");
    // That it ended at all, over an endless input, is the behaviour. How many items went before is
    // known only where one worker's calls end in their order, which asynchronous ones need not.
    if mode != Mode::Async {
        assert!(pulled.count() <= 26, "{}", pulled.count());
    }
}

fn outcomes_of_a_map_keep_errors_in_their_places(mode: Mode) {
    let counter = counter(mode, 1);
    let outcomes = counter.map(0..100, |counter, n| counter.checked(n)).in_flight(3).outcomes();
    assert_eq!(outcomes.len(), 100);
    for (number, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome.is_ok(), number % 2 == 0, "{number}");
    }
}

fn a_map_streams_over_an_endless_input(mode: Mode) {
    let counter = counter(mode, 1);
    let map = counter.map(0_u64.., |counter, n| counter.checked_later(n * 2)).in_flight(4);
    let mut first: Vec<u64> =
        block_on(map.stream().take(50).map(|(_, outcome)| outcome.unwrap()).collect());
    first.sort_unstable();
    assert_eq!(first.len(), 50);
    assert!(first.iter().all(|&number| number < 54), "{first:?}");
}

fn a_map_that_is_not_finished_calls_nothing(mode: Mode) {
    let counter = counter(mode, 1);
    drop(counter.map(0..10, |counter, n| counter.add(n)));
    assert_eq!(counter.total().result().unwrap(), 0);
    assert_eq!(counter.stats().done, 1);
}

fn a_map_has_no_more_calls_on_their_way_than_its_window(mode: Mode) {
    let (probe, pulled, gate) = (probe(mode, 2), Recorder::new(), Gate::new());
    let (items, at_gate) = (pulled.clone(), gate.clone());
    let numbers = (0..40).inspect(move |_| items.record(()));
    let map = probe.map(numbers, move |probe, _| probe.hold_later(at_gate.clone())).in_flight(6);
    let mapping = std::thread::spawn(move || map.results().unwrap().len());
    wait_until("the window is full", || pulled.count() == 6);
    gate.wait_for_arrivals(if mode == Mode::Thread { 2 } else { 6 });
    assert_eq!(pulled.count(), 6);
    gate.open();
    assert_eq!(mapping.join().unwrap(), 40);
}

fn a_map_spreads_over_the_workers(mode: Mode) {
    let (probe, gate) = (probe(mode, 4), Gate::new());
    let at_gate = gate.clone();
    let map = probe.map(0..8, move |probe, _| probe.hold(at_gate.clone()));
    let mapping = std::thread::spawn(move || map.results().unwrap().len());
    gate.wait_for_arrivals(4);
    gate.open();
    assert_eq!(mapping.join().unwrap(), 8);
}
