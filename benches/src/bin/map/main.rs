//! What does mapping a tiny function over ten million items cost beside plain rayon?

use std::hint::black_box;
use std::process::ExitCode;
use std::thread;

use concurry::prelude::*;
use concurry_benches::harness::{Bench, Case, Measurement, Stopwatch, Unit};
use rayon::prelude::*;

const ITEMS: u64 = 10_000_000;

fn main() -> ExitCode {
    Bench::new("map")
        .case(
            Case::new("tiny", Unit::NanosecondsPerItem)
                .floor("rayon")
                .subject("rayon", ITEMS, |items| {
                    measure(items, || (0..items).into_par_iter().map(tiny).collect())
                })
                .subject("concurry", ITEMS, |items| concurry_map(items, 0..items))
                .subject("scoped-chunks", ITEMS, |items| measure(items, || scoped_chunks(items)))
                .subject("plain", ITEMS, |items| measure(items, || (0..items).map(tiny).collect())),
        )
        .case(
            Case::new("tiny-vec", Unit::NanosecondsPerItem)
                .floor("rayon")
                .subject("rayon", ITEMS, |items| {
                    let input: Vec<u64> = (0..items).collect();
                    measure(items, || input.into_par_iter().map(tiny).collect())
                })
                .subject("concurry", ITEMS, |items| {
                    let input: Vec<u64> = (0..items).collect();
                    concurry_map(items, input)
                }),
        )
        .main()
}

/// The function as a task; by its side stays the plain function.
#[task(mode = "thread")]
fn swap(x: u64) -> u64 {
    tiny(x)
}

fn concurry_map(
    items: u64,
    input: impl IntoIterator<Item = u64, IntoIter: Send + 'static>,
) -> Measurement {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let pool = swap::options(Mode::Thread, threads).init().expect("the pool starts");
    // Rayon's threads are started by then as well.
    assert_eq!(pool.map(0..4).results().expect("no call fails"), [1, 0, 3, 2]);
    measure(items, || pool.map(input).results().expect("no call fails"))
}

/// The function: it swaps neighbours, so that the results of an even number of items sum to the
/// same as the items.
fn tiny(x: u64) -> u64 {
    black_box(x ^ 1)
}

fn measure(items: u64, map: impl FnOnce() -> Vec<u64>) -> Measurement {
    let watch = Stopwatch::start();
    let results = map();
    let lap = watch.stop();
    assert!(items % 2 == 1 || results.iter().take(4).eq(&[1, 0, 3, 2]), "results are in order");
    lap.per_call(items, results.into_iter().sum())
}

/// A thread for each processor, each with one contiguous part of the items.
fn scoped_chunks(items: u64) -> Vec<u64> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut results = vec![0; usize::try_from(items).expect("the results fit in memory")];
    let length = results.len().div_ceil(threads);
    thread::scope(|scope| {
        for (chunk, first) in results.chunks_mut(length).zip((0..items).step_by(length)) {
            scope.spawn(move || {
                for (result, x) in chunk.iter_mut().zip(first..) {
                    *result = tiny(x);
                }
            });
        }
    });
    results
}
