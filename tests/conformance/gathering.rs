//! `gather` and `gather_map`: results in order, errors first, timeouts that lose nothing.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use concurry::Timeout;
use concurry::prelude::*;
use concurry_testkit::Gate;
use concurry_time::block_on;
use futures_util::StreamExt;

use crate::workers::{counter, probe};

conformance!(every:
    results_come_in_the_order_of_the_futures,
    the_first_error_is_that_of_results,
    outcomes_keep_every_error_in_its_place,
    nothing_gathers_to_nothing,
    each_container_comes_back_as_it_was,
    as_completed_gives_every_future_once_with_its_index,
    a_stream_gives_every_future_once_with_its_index,
    awaiting_gives_the_same_as_blocking,
    futures_of_several_modes_gather_together,
    a_function_is_told_of_progress,
);
conformance!(queued:
    as_completed_gives_what_is_done_first,
    an_error_ends_the_wait_before_the_rest_is_done,
    a_timeout_of_results_leaves_the_calls_running,
    a_timeout_of_outcomes_tells_done_from_pending,
    a_timeout_of_as_completed_is_its_last_item,
    a_gather_from_many_threads_of_one_pool_ends,
);

fn results_come_in_the_order_of_the_futures(mode: Mode) {
    let counter = counter(mode, 1);
    let futures = (0..200).map(|n| match n % 2 {
        0 => counter.checked(n * 2),
        _ => counter.checked_later(n * 2),
    });
    assert_eq!(gather(futures).results().unwrap(), (0..200).collect::<Vec<_>>());
}

fn the_first_error_is_that_of_results(mode: Mode) {
    let counter = counter(mode, 1);
    let error = gather([4, 3, 8].map(|n| counter.checked(n))).results().unwrap_err();
    assert_eq!(error.into_failure().unwrap(), "3 is odd");
}

fn outcomes_keep_every_error_in_its_place(mode: Mode) {
    let counter = counter(mode, 1);
    let mut futures: Vec<_> = [4, 3, 8].map(|n| counter.checked(n)).into();
    futures.push(TaskFuture::ready(Err("made by hand".to_owned())));
    let outcomes = gather(futures).outcomes();
    let outcomes: Vec<_> =
        outcomes.into_iter().map(|outcome| outcome.map_err(|e| e.to_string())).collect();
    let errors = ["3 is odd", "made by hand"].map(|text| Err(text.to_owned()));
    let [odd, by_hand] = errors;
    assert_eq!(outcomes, [Ok(2), odd, Ok(4), by_hand]);
}

fn nothing_gathers_to_nothing(mode: Mode) {
    let counter = counter(mode, 1);
    let none = || std::iter::empty::<TaskFuture<u64>>();
    assert!(gather(none()).results().unwrap().is_empty());
    assert!(gather(none()).outcomes().is_empty());
    assert_eq!(gather(none()).as_completed().count(), 0);
    assert!(gather_map(HashMap::<u8, TaskFuture<u64>>::new()).results().unwrap().is_empty());
    assert!(counter.map(Vec::new(), |counter, n| counter.add(n)).results().unwrap().is_empty());
}

fn each_container_comes_back_as_it_was(mode: Mode) {
    let counter = counter(mode, 1);
    let names = [("four", 8), ("one", 2), ("two", 4)];
    let halves = || names.map(|(name, number)| (name, counter.checked(number)));
    let expected = [("four", 4), ("one", 1), ("two", 2)];
    assert_eq!(gather_map(HashMap::from(halves())).results().unwrap(), HashMap::from(expected));
    assert_eq!(gather_map(BTreeMap::from(halves())).results().unwrap(), BTreeMap::from(expected));
    assert_eq!(gather_map(Vec::from(halves())).results().unwrap(), expected);
    let outcomes = gather_map(vec![("odd", counter.checked(3))]).outcomes();
    assert!(outcomes[0].0 == "odd" && outcomes[0].1.is_err());
    let mut completed: Vec<_> = gather_map(Vec::from(halves()))
        .as_completed()
        .map(|(name, outcome)| (name, outcome.unwrap()))
        .collect();
    completed.sort_unstable();
    assert_eq!(completed, expected);
    assert_eq!(block_on(gather_map(BTreeMap::from(halves())).into_future()).unwrap().len(), 3);
}

fn as_completed_gives_every_future_once_with_its_index(mode: Mode) {
    let counter = counter(mode, 1);
    let futures = (0..50).map(|number| counter.checked(number));
    let mut seen: Vec<_> = gather(futures)
        .as_completed()
        .map(|(index, outcome)| (index, outcome.map_err(|error| error.to_string())))
        .collect();
    seen.sort_unstable_by_key(|(index, _)| *index);
    for (place, (index, outcome)) in seen.iter().enumerate() {
        assert_eq!(place, *index);
        assert_eq!(outcome.is_ok(), place % 2 == 0);
    }
    assert_eq!(seen.len(), 50);
}

fn a_stream_gives_every_future_once_with_its_index(mode: Mode) {
    let counter = counter(mode, 1);
    let futures = (0..50).map(|number| counter.checked_later(number * 2));
    let stream = gather(futures).stream();
    let mut seen: Vec<_> =
        block_on(stream.map(|(index, outcome)| (index, outcome.unwrap())).collect());
    seen.sort_unstable();
    assert_eq!(seen, (0..50).map(|n| (n, n as u64)).collect::<Vec<_>>());
}

fn awaiting_gives_the_same_as_blocking(mode: Mode) {
    let counter = counter(mode, 1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let halves = gather((0..50).map(|n| counter.checked(n * 2))).await.unwrap();
        assert_eq!(halves, (0..50).collect::<Vec<_>>());
        let outcomes = gather([2, 3].map(|n| counter.checked(n))).outcomes_async().await;
        assert!(outcomes[0].is_ok() && outcomes[1].is_err());
        let halves = counter.map(0..50, |counter, n| counter.checked(n * 2)).await.unwrap();
        assert_eq!(halves, (0..50).collect::<Vec<_>>());
    });
}

fn futures_of_several_modes_gather_together(mode: Mode) {
    let pools = [Mode::Sync, Mode::Thread, Mode::Async, mode].map(|mode| counter(mode, 1));
    let futures = (0..40).map(|number| pools[number % 4].checked(number as u64 * 2));
    assert_eq!(gather(futures).results().unwrap(), (0..40).collect::<Vec<_>>());
}

fn a_function_is_told_of_progress(mode: Mode) {
    let counter = counter(mode, 1);
    let seen = concurry_testkit::Recorder::new();
    let told = seen.clone();
    let progress = concurry::progress::Progress::call(move |done, total, _| {
        told.record((done, total));
    });
    gather((0..10).map(|n| counter.add(n))).progress(progress).results().unwrap();
    assert_eq!(seen.events().last(), Some(&(10, Some(10))));
}

fn as_completed_gives_what_is_done_first(mode: Mode) {
    let gate = Gate::new();
    let (held, quick) = (probe(mode, 1), probe(mode, 1));
    let futures = [held.hold(gate.clone()).map_ok(|_| 0), quick.record(1), quick.record(2)];
    let mut completed = gather(futures).as_completed();
    let mut first = [completed.next().unwrap(), completed.next().unwrap()]
        .map(|(index, outcome)| (index, outcome.unwrap()));
    first.sort_unstable();
    assert_eq!(first, [(1, 1), (2, 2)]);
    gate.open();
    assert_eq!(completed.next().unwrap().0, 0);
    assert!(completed.next().is_none());
}

fn an_error_ends_the_wait_before_the_rest_is_done(mode: Mode) {
    let gate = Gate::new();
    let (held, quick) = (probe(mode, 1), counter(mode, 1));
    let slow = held.hold(gate.clone()).map_ok(|count| count as u64).fallible::<String>();
    let error = gather([slow, quick.checked(3)]).results().unwrap_err();
    assert_eq!(error.into_failure().unwrap(), "3 is odd");
    gate.open();
}

fn a_timeout_of_results_leaves_the_calls_running(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let futures = [probe.hold(gate.clone())];
    let error = gather(futures).timeout(Duration::from_millis(1)).results().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Wait)), "{error:?}");
    gate.open();
    assert!(probe.stop().result().unwrap().drained);
    assert_eq!(probe.stats().done, 1);
}

fn a_timeout_of_outcomes_tells_done_from_pending(mode: Mode) {
    let gate = Gate::new();
    let (held, quick) = (probe(mode, 1), probe(mode, 1));
    let done = quick.record(7);
    quick.record(8).result().unwrap();
    let futures = [held.hold(gate.clone()).map_ok(|_| 0), done];
    let outcomes = gather(futures).timeout(Duration::from_millis(1)).outcomes();
    assert!(matches!(outcomes[0], Err(CallError::TimedOut(Timeout::Wait))));
    assert!(matches!(outcomes[1], Ok(7)));
    gate.open();
}

fn a_timeout_of_as_completed_is_its_last_item(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let futures = [probe.hold(gate.clone())];
    let mut completed = gather(futures).timeout(Duration::from_millis(1)).as_completed();
    let (index, outcome) = completed.next().unwrap();
    assert!(index == 1 && outcome.unwrap_err().is_timeout());
    assert!(completed.next().is_none());
    gate.open();
}

fn a_gather_from_many_threads_of_one_pool_ends(mode: Mode) {
    let counter = counter(mode, 2);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let halves = gather((0..200).map(|n| counter.checked(n * 2))).results().unwrap();
                assert_eq!(halves, (0..200).collect::<Vec<_>>());
            });
        }
    });
    assert_eq!(counter.stats().done, 1_600);
}
