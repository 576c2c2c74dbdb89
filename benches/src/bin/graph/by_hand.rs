//! The same calls, made one by one: as the fastest program without a graph would.

use concurry::gather;
use concurry_benches::harness::{Measurement, Stopwatch};

use super::lazily::pool;
use super::shapes::Shape;

/// Makes the calls.
pub(crate) fn measure(shape: Shape, calls: u64) -> Measurement {
    let pool = pool();
    let watch = Stopwatch::start();
    let sum = match shape {
        Shape::Wide => {
            let futures: Vec<_> = (0..calls).map(|call| pool.next(call)).collect();
            gather(futures).results().expect("no call fails").into_iter().sum()
        }
        Shape::Deep => {
            (0..calls).fold(0, |value, _| pool.next(value).result().expect("the call succeeds"))
        }
        // Each call needs two results, so it is made when they are there: one after the other.
        Shape::Random => {
            let mut values = Vec::with_capacity(usize::try_from(calls).expect("it fits"));
            values.push(pool.next(0).result().expect("the call succeeds"));
            for call in 1..calls {
                let (a, b) = shape.inputs(call);
                let next = pool.combine(values[a as usize], values[b as usize]);
                values.push(next.result().expect("the call succeeds"));
            }
            values.last().copied().unwrap_or(0)
        }
    };
    watch.stop().per_call(calls, sum)
}
