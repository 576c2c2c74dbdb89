//! What does a graph of 1,000,000 calls cost that do nothing, beside making the same calls by hand?
//!
//! Wide: no call depends on another, and all are collected. Deep: each depends on the one before.
//! Random: each depends on two among the 1,000 before it. Building is part of the time, and so is
//! giving the memory back. Thread mode, two workers.

mod by_hand;
mod dask;
mod lazily;
mod memory;
mod shapes;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};

use shapes::Shape;

const CALLS: u64 = 1_000_000;
/// Of a subject that takes tens of microseconds a call.
const FEWER: u64 = 20_000;

fn main() -> ExitCode {
    let dask = dask::Dask::find();
    if let Err(why) = &dask {
        eprintln!("Dask is not measured: {why}");
    }
    let mut bench = Bench::new("graph");
    for shape in [Shape::Wide, Shape::Deep, Shape::Random] {
        let mut case = Case::new(shape.name(), Unit::NanosecondsPerCall)
            .expects(move |calls| {
                let expected = shape.expected(calls);
                expected..=expected
            })
            .floor("by-hand")
            .subject("by-hand", CALLS, move |calls| by_hand::measure(shape, calls))
            .subject("concurry", CALLS, move |calls| lazily::measure(shape, calls, true))
            .subject("concurry-unoptimised", CALLS, move |calls| {
                lazily::measure(shape, calls, false)
            });
        if let Ok(dask) = &dask {
            let dask = dask.clone();
            case = case.subject("dask-delayed", FEWER, move |calls| dask.measure(shape, calls));
        }
        bench = bench.case(case);
    }
    let bytes = [Shape::Wide, Shape::Deep, Shape::Random].map(|shape| {
        Case::new(shape.memory_name(), Unit::BytesPerCall)
            .expects(move |calls| {
                let expected = shape.expected(calls);
                expected..=expected
            })
            .subject("concurry", CALLS, move |calls| memory::measure(shape, calls))
    });
    bytes.into_iter().fold(bench, Bench::case).main()
}

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;
