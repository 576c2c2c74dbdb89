//! Blocking waits inside a worker of the same pool: an error where they could never end.

use std::sync::OnceLock;

use concurry::prelude::*;
use concurry_testkit::Gate;

use crate::workers::counter;

conformance!(queued_in_this_process:
    a_wait_of_the_only_worker_for_its_own_pool_is_an_error_that_explains,
    a_collection_of_the_only_worker_for_its_own_pool_is_an_error,
    awaiting_a_call_of_another_pool_inside_a_worker_is_fine,
    a_chain_of_pools_that_wait_for_each_other_ends,
);
conformance!(threads:
    a_worker_may_wait_for_another_worker_of_its_pool,
    when_all_workers_would_wait_for_their_own_pool_the_last_is_told,
);
conformance!(overlapping_in_this_process:
    a_worker_may_await_a_call_of_its_own,
);
conformance!(at_the_call:
    a_method_that_calls_its_own_worker_is_told,
);

/// A worker that calls its own pool.
#[derive(Worker)]
struct Nested {
    pool: &'static OnceLock<NestedHandle>,
}

#[worker]
impl Nested {
    fn new(pool: &'static OnceLock<NestedHandle>) -> Self {
        Self { pool }
    }

    pub fn number(&self, number: u64) -> u64 {
        number
    }

    pub fn double(&self, number: u64) -> Result<u64, String> {
        let pool = self.pool.get().unwrap();
        let outcome = pool.number(number).result();
        outcome.map(|number| number * 2).map_err(|error| error.to_string())
    }

    pub fn sum(&self, numbers: Vec<u64>) -> Result<u64, String> {
        let pool = self.pool.get().unwrap();
        let futures = numbers.into_iter().map(|number| pool.number(number));
        let outcome = gather(futures).results();
        outcome.map(|numbers| numbers.iter().sum()).map_err(|error| error.to_string())
    }

    /// Like `double`, when somebody else is that far as well.
    pub fn double_together(&self, gate: Gate, number: u64) -> Result<u64, String> {
        gate.pass();
        self.double(number)
    }

    pub async fn double_later(&self, number: u64) -> Result<u64, String> {
        let pool = self.pool.get().unwrap();
        let outcome = pool.number_later(number).await;
        outcome.map(|number| number * 2).map_err(|error| error.to_string())
    }

    pub async fn number_later(&self, number: u64) -> u64 {
        tokio::task::yield_now().await;
        number
    }
}

/// The pool holds a handle to itself, so the test has to end it by hand.
fn nested(mode: Mode, workers: usize) -> &'static NestedHandle {
    let pool: &'static OnceLock<NestedHandle> = Box::leak(Box::default());
    let handle = Nested::options(mode, workers).init(pool).unwrap();
    pool.get_or_init(|| handle)
}

fn a_wait_of_the_only_worker_for_its_own_pool_is_an_error_that_explains(mode: Mode) {
    // Async workers lend state that is `Send + Sync` to blocking threads, where a wait holds up
    // nothing; with state that is not, the worker itself would wait.
    if mode == Mode::Async {
        assert_eq!(nested(mode, 1).double(4).result().unwrap(), 8);
        let local =
            LocalNested::options(mode, 1).init(LOCAL.get_or_init(Gate::new).clone()).unwrap();
        let handle = local.clone();
        let text = local.wait_for(handle).result().unwrap();
        assert!(text.contains("would never end"), "{text}");
        assert!(local.stop_now().result().unwrap().complete);
        return;
    }
    let nested = nested(mode, 1);
    let text = nested.double(4).result().unwrap_err().into_failure().unwrap();
    assert_eq!(
        text,
        "waiting for `Nested::number` here would never end: every worker of the pool waits for a \
         call queued in the same pool; await it, chain it with `and_then`, or give the pool more \
         workers"
    );
    assert_eq!(nested.number(3).result().unwrap(), 3, "the worker is in order");
    assert!(nested.stop().result().unwrap().complete);
}

static LOCAL: OnceLock<Gate> = OnceLock::new();

/// A worker whose state stays on its thread.
#[derive(Worker)]
struct LocalNested {
    _local: std::rc::Rc<Gate>,
}

#[worker]
impl LocalNested {
    fn new(gate: Gate) -> Self {
        Self { _local: std::rc::Rc::new(gate) }
    }

    pub fn wait_for(&self, pool: LocalNestedHandle) -> String {
        pool.number().result().map_or_else(|error| error.to_string(), |n| n.to_string())
    }

    pub fn number(&self) -> u64 {
        3
    }
}

fn a_collection_of_the_only_worker_for_its_own_pool_is_an_error(mode: Mode) {
    let nested = nested(mode, 1);
    let outcome = nested.sum(vec![1, 2, 3]).result();
    if mode == Mode::Async {
        assert_eq!(outcome.unwrap(), 6);
    } else {
        let text = outcome.unwrap_err().into_failure().unwrap();
        assert!(text.contains("would never end"), "{text}");
    }
    assert!(nested.stop().result().unwrap().complete);
}

fn a_worker_may_wait_for_another_worker_of_its_pool(mode: Mode) {
    let nested = nested(mode, 2);
    let futures = (0..20).map(|number| nested.number(number));
    assert_eq!(gather(futures).results().unwrap().len(), 20);
    assert_eq!(nested.double(21).result().unwrap(), 42);
    assert_eq!(nested.sum(vec![1, 2, 3]).result().unwrap(), 6);
    assert!(nested.stop().result().unwrap().complete);
}

fn when_all_workers_would_wait_for_their_own_pool_the_last_is_told(mode: Mode) {
    let (nested, gate) = (nested(mode, 3), Gate::new());
    let futures: Vec<_> =
        (1..=3).map(|number| nested.double_together(gate.clone(), number)).collect();
    gate.wait_for_arrivals(3);
    gate.open();
    let outcomes = gather(futures).outcomes();
    let refused = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    // The last one to wait is told, and is free for the calls of the others.
    assert!((1..3).contains(&refused), "{outcomes:?}");
    assert!(nested.stop().result().unwrap().complete);
}

fn awaiting_a_call_of_another_pool_inside_a_worker_is_fine(mode: Mode) {
    #[derive(Worker)]
    struct Front(crate::workers::CounterHandle);

    #[worker]
    impl Front {
        fn new(back: crate::workers::CounterHandle) -> Self {
            Self(back)
        }

        pub fn add(&self, number: u64) -> u64 {
            self.0.add(number).result().unwrap()
        }

        pub async fn add_later(&self, number: u64) -> u64 {
            self.0.add_later(number).await.unwrap()
        }
    }

    let front = Front::options(mode, 1).init(counter(mode, 1)).unwrap();
    assert_eq!(front.add(2).result().unwrap(), 2);
    assert_eq!(front.add_later(3).result().unwrap(), 5);
}

fn a_chain_of_pools_that_wait_for_each_other_ends(mode: Mode) {
    let (first, second, third) = (counter(mode, 1), counter(mode, 1), counter(mode, 1));
    let pool = TaskPool::new(mode, 1).unwrap();
    let future = pool.submit(move || {
        let one = first.add(1).result().unwrap();
        let two = second.add(one).result().unwrap();
        third.add(two + one).result().unwrap()
    });
    assert_eq!(future.result().unwrap(), 2);
}

fn a_worker_may_await_a_call_of_its_own(mode: Mode) {
    let nested = nested(mode, 1);
    let futures = (0..20).map(|number| nested.double_later(number));
    let doubles: Vec<_> = (0..20).map(|number| number * 2).collect();
    assert_eq!(gather(futures).results().unwrap(), doubles);
    assert!(nested.stop().result().unwrap().complete);
}

fn a_method_that_calls_its_own_worker_is_told(mode: Mode) {
    let nested = nested(mode, 1);
    let text = nested.double(4).result().unwrap_err().into_failure().unwrap();
    assert!(text.contains("a method can't call its own worker"), "{text}");
    assert_eq!(nested.number(3).result().unwrap(), 3);
}
