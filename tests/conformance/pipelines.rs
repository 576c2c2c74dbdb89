//! Futures chained into pipelines, without a thread that waits between the steps.

use concurry::Cancel;
use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, Recorder};

use crate::workers::{counter, probe};

conformance!(every:
    map_ok_changes_the_output_and_leaves_errors,
    map_err_changes_the_methods_own_error,
    and_then_calls_the_next_worker_with_the_output,
    the_first_error_ends_a_pipeline_converted_like_by_the_question_mark,
    a_plain_methods_future_joins_a_fallible_pipeline,
    a_pipeline_that_does_not_run_makes_no_call,
    a_long_pipeline_ends,
);
conformance!(queued:
    a_worker_alone_runs_pipelines_of_its_own_calls,
    no_worker_is_held_between_the_steps,
    a_pipeline_of_a_million_links_ends_one_link_after_the_other,
    a_cancel_goes_down_a_pipeline_of_a_million_links,
);

#[derive(Debug, PartialEq)]
enum PipelineError {
    Odd(String),
    TooLarge(u64),
}

impl From<String> for PipelineError {
    fn from(message: String) -> Self {
        Self::Odd(message)
    }
}

fn map_ok_changes_the_output_and_leaves_errors(mode: Mode) {
    let counter = counter(mode, 1);
    assert_eq!(counter.checked(8).map_ok(|half| half + 100).result().unwrap(), 104);
    let error = counter.checked(7).map_ok(|half| half + 100).result().unwrap_err();
    assert_eq!(error.into_failure().unwrap(), "7 is odd");
}

fn map_err_changes_the_methods_own_error(mode: Mode) {
    let counter = counter(mode, 1);
    let error = counter.checked(7).map_err(PipelineError::Odd).result().unwrap_err();
    assert_eq!(error.into_failure().unwrap(), PipelineError::Odd("7 is odd".to_owned()));
    assert_eq!(counter.checked_later(8).map_err(|error| error.len()).result().unwrap(), 4);
}

fn and_then_calls_the_next_worker_with_the_output(mode: Mode) {
    let (first, second) = (counter(mode, 1), counter(mode, 1));
    let next = second.clone();
    let future = first.checked_later(20).and_then(move |half| next.checked(half));
    assert_eq!(future.result().unwrap(), 5);
    // Across pools of other modes as well.
    let elsewhere = counter(Mode::Thread, 1);
    let future = first.checked(40).and_then(move |half| elsewhere.checked_later(half));
    assert_eq!(future.result().unwrap(), 10);
}

fn the_first_error_ends_a_pipeline_converted_like_by_the_question_mark(mode: Mode) {
    let counter = counter(mode, 1);
    let seen = Recorder::new();
    let at_next = seen.clone();
    let limit = |half: u64| -> TaskFuture<u64, PipelineError> {
        TaskFuture::ready(if half > 10 { Err(PipelineError::TooLarge(half)) } else { Ok(half) })
    };
    let future = counter.checked(7).and_then(move |half| {
        at_next.record(half);
        limit(half)
    });
    let error = future.result().unwrap_err().into_failure().unwrap();
    assert_eq!(error, PipelineError::Odd("7 is odd".to_owned()));
    assert_eq!(seen.count(), 0, "the next step was not made");
    let error = counter.checked(50).and_then(limit).result().unwrap_err();
    assert_eq!(error.into_failure().unwrap(), PipelineError::TooLarge(25));
    // What happened to a call on its way stays what it is.
    let panicking = counter.panic("poison".to_owned()).fallible::<String>().and_then(limit);
    assert!(panicking.result().unwrap_err().is_panic());
}

fn a_plain_methods_future_joins_a_fallible_pipeline(mode: Mode) {
    let counter = counter(mode, 1);
    let next = counter.clone();
    let future = counter.add(6).fallible::<String>().and_then(move |total| next.checked(total));
    assert_eq!(future.result().unwrap(), 3);
    let next = counter.clone();
    let future = counter.add(1).fallible::<String>().and_then(move |total| next.checked(total));
    assert_eq!(future.result().unwrap_err().into_failure().unwrap(), "7 is odd");
}

fn a_pipeline_that_does_not_run_makes_no_call(mode: Mode) {
    let counter = counter(mode, 1);
    let next = counter.clone();
    let future = counter.checked(7).and_then(move |half| next.add(half).fallible::<String>());
    assert!(future.result().is_err());
    assert_eq!(counter.total().result().unwrap(), 0);
}

fn a_long_pipeline_ends(mode: Mode) {
    let counter = counter(mode, 1);
    let mut future = counter.add(1);
    for _ in 0..300 {
        let next = counter.clone();
        future = future.and_then(move |_| next.add(1));
    }
    assert_eq!(future.result().unwrap(), 301);
}

fn a_worker_alone_runs_pipelines_of_its_own_calls(mode: Mode) {
    // One worker: a pipeline that blocked it between the steps would never end.
    let counter = counter(mode, 1);
    let pipelines: Vec<_> = (0..50)
        .map(|number| {
            let (second, third) = (counter.clone(), counter.clone());
            counter
                .checked(number * 8)
                .and_then(move |half| second.checked_later(half))
                .and_then(move |quarter| third.checked(quarter))
        })
        .collect();
    assert_eq!(gather(pipelines).results().unwrap(), (0..50).collect::<Vec<_>>());
}

fn no_worker_is_held_between_the_steps(mode: Mode) {
    let gate = Gate::new();
    let (front, back) = (counter(mode, 1), probe(mode, 1));
    let at_gate = gate.clone();
    let waiting = front.add(1).and_then(move |_| back.hold_later(at_gate));
    gate.wait_for_arrivals(1);
    assert_eq!(front.add(1).result().unwrap(), 2, "the first worker is free");
    assert!(!waiting.is_done());
    gate.open();
    assert_eq!(waiting.result().unwrap(), 1);
}

const MILLION: usize = 1_000_000;

/// A million steps behind a call, each with something whose drop is counted.
fn million_links(mut future: TaskFuture<u64>, values: &Dropped) -> TaskFuture<u64> {
    for _ in 0..MILLION {
        let value = values.value();
        future = future.and_then(move |number| {
            drop(value);
            TaskFuture::ready(Ok(number + 1))
        });
    }
    future
}

fn a_pipeline_of_a_million_links_ends_one_link_after_the_other(mode: Mode) {
    let (probe, gate, values) = (probe(mode, 1), Gate::new(), Dropped::new());
    let held = probe.hold_alone(gate.clone());
    let last = million_links(probe.record(0), &values);
    gate.open();
    held.result().unwrap();
    assert_eq!(last.result().unwrap(), MILLION as u64);
    assert_eq!(values.count(), MILLION, "each link lets go of what it held");
}

fn a_cancel_goes_down_a_pipeline_of_a_million_links(mode: Mode) {
    let (probe, gate, values) = (probe(mode, 1), Gate::new(), Dropped::new());
    let held = probe.hold_alone(gate.clone());
    let mut last = million_links(probe.record(0), &values);
    assert_eq!(last.cancel(), Cancel::Dequeued, "which is what became of the call");
    assert!(last.result().unwrap_err().is_cancelled());
    assert_eq!(values.count(), MILLION);
    gate.open();
    held.result().unwrap();
}
