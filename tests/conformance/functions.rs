//! `TaskPool` and `#[task]`: functions, closures and futures on workers.

use concurry::prelude::*;
use concurry_testkit::Gate;

conformance!(in_this_process:
    a_closure_runs_on_a_task_pool,
    flatten_makes_the_closures_result_that_of_the_future,
    a_future_runs_on_a_task_pool,
    a_panic_of_a_closure_is_an_error_and_the_pool_goes_on,
    a_task_pool_maps_a_closure,
);
conformance!(every:
    a_task_runs_and_maps_in_every_mode,
    a_failing_task_ends_its_map,
    a_panicking_item_fails_its_map,
    a_map_over_nothing_gives_nothing,
    a_stopped_task_pool_says_so,
);
conformance!(overlapping_in_this_process:
    futures_of_one_worker_overlap,
);

#[task]
fn half(number: u64) -> Result<u64, String> {
    match number {
        13 => panic!("thirteen"),
        odd if odd % 2 == 1 => Err(format!("{odd} is odd")),
        even => Ok(even / 2),
    }
}

#[task]
fn square(number: u64) -> u64 {
    number * number
}

#[task]
async fn square_later(ctx: &CallContext, number: u64) -> u64 {
    tokio::task::yield_now().await;
    number * number + ctx.worker_index() as u64
}

fn a_closure_runs_on_a_task_pool(mode: Mode) {
    let pool = TaskPool::new(mode, 1).unwrap();
    let text = "a text".to_owned();
    assert_eq!(pool.submit(move || text.len()).result().unwrap(), 6);
    assert_eq!(gather((0..100).map(|n| pool.submit(move || n * 2))).results().unwrap()[99], 198);
    assert_eq!(pool.stats().done, 101);
}

fn flatten_makes_the_closures_result_that_of_the_future(mode: Mode) {
    let pool = TaskPool::new(mode, 1).unwrap();
    let parse = |text: &'static str| pool.submit(move || text.parse::<u32>()).flatten();
    assert_eq!(parse("41").result().unwrap(), 41);
    let error = parse("4x").result().unwrap_err();
    assert_eq!(error.failure().unwrap().to_string(), "invalid digit found in string");
    let panicking = pool.submit(|| -> Result<u32, String> { panic!("in a closure") }).flatten();
    assert!(panicking.result().unwrap_err().is_panic());
}

fn a_future_runs_on_a_task_pool(mode: Mode) {
    let pool = TaskPool::new(mode, 1).unwrap();
    let future = pool.spawn(async {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        Ok::<_, String>(5)
    });
    assert_eq!(future.flatten().result().unwrap(), 5);
}

fn a_panic_of_a_closure_is_an_error_and_the_pool_goes_on(mode: Mode) {
    let pool = TaskPool::new(mode, 1).unwrap();
    for _ in 0..2 {
        let error = pool.submit(|| panic!("in a closure")).result().unwrap_err();
        let CallError::Panicked(panic) = error else { panic!("{error:?}") };
        assert_eq!(panic.message, "in a closure");
        assert_eq!(panic.site.to_string(), "TaskPool::submit");
        let error = pool.spawn(async { panic!("in a future") }).result().unwrap_err();
        assert!(error.is_panic());
        assert_eq!(pool.submit(|| 3).result().unwrap(), 3);
    }
}

fn a_task_pool_maps_a_closure(mode: Mode) {
    let pool = TaskPool::new(mode, 1).unwrap();
    let offset = 7;
    let numbers = pool.map(0..300, move |number| number + offset).in_flight(10).results();
    assert_eq!(numbers.unwrap(), (7..307).collect::<Vec<_>>());
}

fn a_task_runs_and_maps_in_every_mode(mode: Mode) {
    let pool = square::options(mode, 1).init().unwrap();
    assert_eq!(pool.submit(12).result().unwrap(), square(12));
    let expected: Vec<u64> = (0..10_000).map(square).collect();
    assert_eq!(pool.map(0..10_000).results().unwrap(), expected);
    let later = square_later::options(mode, 1).init().unwrap();
    assert_eq!(later.map(0..500).results().unwrap(), expected[..500]);
    let outcomes = pool.map(0..10).in_flight(2).outcomes();
    assert_eq!(outcomes.into_iter().map(Result::unwrap).sum::<u64>(), 285);
}

fn a_failing_task_ends_its_map(mode: Mode) {
    let pool = half::options(mode, 1).init().unwrap();
    assert_eq!(pool.map((0..6).map(|n| n * 2)).results().unwrap(), [0, 1, 2, 3, 4, 5]);
    let error = pool.map([2, 5, 4]).results().unwrap_err();
    assert_eq!(error.into_failure().unwrap(), "5 is odd");
    let outcomes = pool.map([2, 5, 4]).outcomes();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 1);
}

fn a_panicking_item_fails_its_map(mode: Mode) {
    let pool = half::options(mode, 1).init().unwrap();
    let error = pool.map([2, 13, 4]).results().unwrap_err();
    let CallError::Panicked(panic) = error else { panic!("{error:?}") };
    assert_eq!(panic.message, "thirteen");
    assert_eq!(pool.submit(8).result().unwrap(), 4);
}

fn a_map_over_nothing_gives_nothing(mode: Mode) {
    let pool = square::options(mode, 1).init().unwrap();
    assert!(pool.map(Vec::new()).results().unwrap().is_empty());
    assert!(pool.map(Vec::new()).outcomes().is_empty());
}

fn a_stopped_task_pool_says_so(mode: Mode) {
    let pool = square::options(mode, 1).init().unwrap();
    assert!(pool.stop().result().unwrap().complete);
    assert!(matches!(pool.submit(1).result(), Err(CallError::Stopped(_))));
    assert!(matches!(pool.map([1]).results(), Err(CallError::Stopped(_))));
}

fn futures_of_one_worker_overlap(mode: Mode) {
    let (pool, gate) = (TaskPool::new(mode, 1).unwrap(), Gate::new());
    let futures: Vec<_> = (0..50)
        .map(|_| {
            let gate = gate.clone();
            pool.spawn(async move { gate.passed().await })
        })
        .collect();
    gate.wait_for_arrivals(50);
    gate.open();
    gather(futures).results().unwrap();
}
