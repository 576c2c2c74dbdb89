//! The graphs as a user of concurry writes them.

use concurry::graph::{Compute, Passes};
use concurry::prelude::*;
use concurry_benches::harness::{Measurement, Stopwatch};

use super::shapes::{Shape, combine};

/// The worker: its calls do next to nothing.
#[derive(Worker)]
pub(crate) struct Steps;

#[worker]
impl Steps {
    /// There is no state.
    pub(crate) fn new() -> Self {
        Self
    }

    /// One more.
    pub(crate) fn next(&self, x: u64) -> u64 {
        x + 1
    }

    /// One out of two.
    pub(crate) fn combine(&self, a: u64, b: u64) -> u64 {
        combine(a, b)
    }
}

/// A pool of two workers, running.
pub(crate) fn pool() -> StepsHandle {
    let pool = Steps::options(Mode::Thread, 2).init().expect("the pool starts");
    for _ in 0..2 {
        pool.next(0).result().expect("the call succeeds");
    }
    pool
}

/// Builds a graph.
pub(crate) fn build(pool: &StepsHandle, shape: Shape, calls: u64) -> Lazy<u64> {
    let lazy = pool.lazy();
    match shape {
        Shape::Wide => {
            let all: Vec<_> = (0..calls).map(|call| lazy.next(call)).collect();
            Lazy::join(all).map(|all| all.into_iter().sum())
        }
        Shape::Deep => {
            let mut value = lazy.next(0);
            for _ in 1..calls {
                value = lazy.next(value);
            }
            value
        }
        Shape::Random => {
            let mut values = Vec::with_capacity(usize::try_from(calls).expect("it fits"));
            values.push(lazy.next(0));
            for call in 1..calls {
                let (a, b) = shape.inputs(call);
                let argument = |of: u64| -> Lazy<u64> { values[of as usize].clone() };
                let next = lazy.combine(argument(a), argument(b));
                values.push(next);
            }
            // All of them are asked for, like by hand.
            let last = values.pop().expect("there is one");
            Lazy::join((last, values)).map(|(last, _)| last)
        }
    }
}

/// Builds and runs a graph.
pub(crate) fn measure(shape: Shape, calls: u64, optimised: bool) -> Measurement {
    let pool = pool();
    let watch = Stopwatch::start();
    let graph = Compute::of(build(&pool, shape, calls));
    let graph = if optimised { graph } else { graph.passes(Passes::none()) };
    let sum = graph.run().expect("no call fails");
    watch.stop().per_call(calls, sum)
}
