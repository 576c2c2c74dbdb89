//! Waiting for one future: blocking, bounded, awaited, with others.

use std::thread;
use std::time::Duration;

use concurry::Timeout;
use concurry::prelude::*;
use concurry_testkit::Gate;
use concurry_time::block_on;
use futures_util::future::{FutureExt, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::workers::{counter, probe};

conformance!(every:
    a_future_can_be_awaited_from_any_executor,
    futures_join_and_stream_like_any_others,
    a_future_can_be_waited_for_on_another_thread,
    a_done_future_says_so,
);
conformance!(queued:
    a_wait_that_times_out_leaves_the_future_usable,
    a_wait_on_the_callers_thread_ends_with_the_call,
    select_leaves_the_loser_usable,
    a_tokio_timeout_bounds_a_wait_and_leaves_the_call,
    pools_serve_two_runtimes_at_once,
    a_blocking_wait_inside_a_runtime_ends,
);
conformance!(at_the_call:
    the_call_has_run_when_it_returns,
);

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn a_future_can_be_awaited_from_any_executor(mode: Mode) {
    let counter = counter(mode, 1);
    assert_eq!(block_on(counter.add(1)).unwrap(), 1);
    assert_eq!(runtime().block_on(counter.add_later(1)).unwrap(), 2);
    let error = runtime().block_on(async { counter.checked_later(3).await }).unwrap_err();
    assert_eq!(error.failure().map(String::as_str), Some("3 is odd"));
}

fn futures_join_and_stream_like_any_others(mode: Mode) {
    let counter = counter(mode, 1);
    runtime().block_on(async {
        let outcomes = join_all((0..20).map(|number| counter.checked_later(number * 2))).await;
        let halves: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
        assert_eq!(halves, (0..20).collect::<Vec<_>>());
        let unordered: FuturesUnordered<_> =
            (0..20).map(|number| counter.checked(number * 2)).collect();
        let mut halves: Vec<_> = unordered.map(Result::unwrap).collect().await;
        halves.sort_unstable();
        assert_eq!(halves, (0..20).collect::<Vec<_>>());
    });
}

fn a_future_can_be_waited_for_on_another_thread(mode: Mode) {
    let counter = counter(mode, 1);
    let (blocked, awaited) = (counter.add(1), counter.add_later(1));
    let blocked = thread::spawn(move || blocked.result().unwrap());
    let awaited = thread::spawn(move || block_on(awaited).unwrap());
    assert_eq!((blocked.join().unwrap(), awaited.join().unwrap()), (1, 2));
}

fn a_done_future_says_so(mode: Mode) {
    let counter = counter(mode, 1);
    let future = counter.add(1);
    counter.add(1).result().unwrap();
    assert!(future.is_done());
    assert!(format!("{future:?}").contains("done"));
    assert_eq!(future.now_or_never().unwrap().unwrap(), 1);
}

fn the_call_has_run_when_it_returns(mode: Mode) {
    let counter = counter(mode, 1);
    let future = counter.add(4);
    assert!(future.is_done());
    assert_eq!(counter.stats().done, 1);
    drop(future);
    assert_eq!(counter.total().result().unwrap(), 4);
}

fn a_wait_that_times_out_leaves_the_future_usable(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let mut future = probe.hold(gate.clone());
    gate.wait_for_arrivals(1);
    for timeout in [Duration::ZERO, Duration::from_millis(1)] {
        let error = future.result_timeout(timeout).unwrap_err();
        assert!(matches!(error, CallError::TimedOut(Timeout::Wait)), "{error:?}");
        assert!(!future.is_done());
    }
    gate.open();
    assert_eq!(future.result_timeout(concurry_testkit::PATIENCE).unwrap(), 1);
}

fn a_wait_on_the_callers_thread_ends_with_the_call(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    let future = probe.hold_later(gate.clone());
    let waiter = thread::spawn(move || future.result());
    gate.wait_for_arrivals(1);
    assert!(!waiter.is_finished());
    gate.open();
    assert_eq!(waiter.join().unwrap().unwrap(), 1);
}

fn select_leaves_the_loser_usable(mode: Mode) {
    let gate = Gate::new();
    let (held, quick) = (probe(mode, 1), counter(mode, 1));
    runtime().block_on(async {
        let mut slow = held.hold(gate.clone());
        let mut rounds = 0;
        while rounds < 10 {
            tokio::select! {
                biased;
                outcome = &mut slow => panic!("{outcome:?}"),
                outcome = quick.add(1) => {
                    rounds += 1;
                    assert_eq!(outcome.unwrap(), rounds);
                }
            }
        }
        gate.open();
        assert_eq!(slow.await.unwrap(), 1);
        // The `select` of the futures crate, and its macro, which wants to know the end.
        let first = select(held.record(7), std::future::pending::<()>()).await;
        let futures_util::future::Either::Left((outcome, _)) = first else { panic!("{first:?}") };
        assert_eq!(outcome.unwrap(), 7);
        let mut seen = 0;
        let (mut left, mut right) = (quick.add(1), quick.add(1));
        loop {
            futures_util::select! {
                outcome = left => seen += outcome.unwrap(),
                outcome = right => seen += outcome.unwrap(),
                complete => break,
            }
        }
        assert_eq!(seen, 11 + 12);
    });
}

fn a_tokio_timeout_bounds_a_wait_and_leaves_the_call(mode: Mode) {
    let gate = Gate::new();
    let probe = probe(mode, 1);
    runtime().block_on(async {
        let mut future = probe.hold(gate.clone());
        let bounded = tokio::time::timeout(Duration::from_millis(1), &mut future).await;
        assert!(bounded.is_err());
        gate.open();
        let bounded = tokio::time::timeout(concurry_testkit::PATIENCE, future).await;
        assert_eq!(bounded.unwrap().unwrap(), 1);
    });
}

fn pools_serve_two_runtimes_at_once(mode: Mode) {
    let counter = counter(mode, 2);
    let runtimes: Vec<_> = (0..2)
        .map(|_| {
            let counter = counter.clone();
            thread::spawn(move || {
                runtime().block_on(async move {
                    let calls = (0..100).map(|number| counter.checked_later(number * 2));
                    join_all(calls).await.into_iter().map(Result::unwrap).sum::<u64>()
                })
            })
        })
        .collect();
    for runtime in runtimes {
        assert_eq!(runtime.join().unwrap(), 99 * 100 / 2);
    }
    assert_eq!(counter.checked_later(4).result().unwrap(), 2, "the runtimes are gone, we are not");
}

fn a_blocking_wait_inside_a_runtime_ends(mode: Mode) {
    let counter = counter(mode, 1);
    let current = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let total = current.block_on(async { counter.add_later(3).result() });
    assert_eq!(total.unwrap(), 3);
    let total = runtime().block_on(async { counter.add_later(3).result() });
    assert_eq!(total.unwrap(), 6);
}
