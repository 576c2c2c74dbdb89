//! How much memory does a call hold while it sleeps?
//!
//! Counted at the allocator when the last of all calls begins: bytes that are live then and were not
//! before, header of the allocation included, divided by the number of calls.

mod counting;
mod kameo_sleeper;
mod sleeping;
mod tasks;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};

use counting::CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

fn main() -> ExitCode {
    Bench::new("in_flight")
        .independent_of_load()
        .case(case("sleeping-100k", 100_000))
        .case(case("sleeping-1m", 1_000_000))
        .main()
}

fn case(name: &'static str, calls: u64) -> Case {
    Case::new(name, Unit::BytesPerCall)
        .floor("futures-unordered")
        .subject("futures-unordered", calls, tasks::futures_unordered)
        .subject("tokio-spawn", calls, tasks::tokio_spawn)
        .subject("joinset", calls, tasks::join_set)
        .subject("kameo", calls, kameo_sleeper::measure)
}
