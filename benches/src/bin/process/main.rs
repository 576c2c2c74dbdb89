//! What does a call cost that runs in another process?
//!
//! Beside procspawn, Python's own process pools, and a hand-written loop over a socket pair whose
//! frames of 16 bytes are coalesced: what the way there and back costs at least.

mod floor;
mod ours;
mod procspawn_pool;
mod python;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};

/// Calls of subjects that need microseconds for each.
const FEW: u64 = 20_000;
const MANY: u64 = 1_000_000;
const TRIPS: u64 = 5_000;

fn main() -> ExitCode {
    // SAFETY: the functions that procspawn calls by their address are in this executable, which is
    // the one that it starts again.
    unsafe { procspawn::assert_spawn_is_safe() };
    // A process that one of these has started does not come further.
    procspawn::init();
    floor::init();
    Bench::new("process")
        .case(calls("calls-1", 1))
        .case(calls("calls-2", 2))
        .case(
            Case::new("map-2", Unit::NanosecondsPerCall)
                .floor("python-imap-chunked")
                .subject("python-imap-chunked", MANY, |calls| python::run("imap-2", calls))
                .subject("concurry", MANY, |calls| ours::map(calls, 2)),
        )
        .case(
            Case::new("roundtrip", Unit::Microseconds)
                .floor("socketpair")
                .subject("socketpair", TRIPS, floor::roundtrip)
                .subject("concurry", TRIPS, ours::roundtrip)
                .subject("procspawn", TRIPS, procspawn_pool::roundtrip)
                .subject("python-executor", 2_000, |calls| python::run("roundtrip", calls)),
        )
        .case(
            Case::new("bytes-64MiB", Unit::Milliseconds)
                .floor("socketpair")
                .subject("socketpair", 4, floor::bytes)
                .subject("concurry", 4, ours::bytes),
        )
        .case(
            Case::new("start-2", Unit::Milliseconds)
                .floor("procspawn")
                .subject("procspawn", 1, procspawn_pool::start)
                .subject("concurry", 1, ours::start)
                .subject("python-multiprocessing", 1, |_| python::run("start-2", 1)),
        )
        .case(
            Case::new("permit", Unit::Microseconds)
                .floor("concurry-roundtrip")
                .subject("concurry-roundtrip", TRIPS, ours::roundtrip)
                .subject("concurry", TRIPS, ours::permit)
                .subject("concurry-alone", TRIPS, ours::permit_alone),
        )
        .main()
}

fn calls(name: &'static str, workers: usize) -> Case {
    Case::new(name, Unit::NanosecondsPerCall)
        .floor("socketpair")
        .subject("socketpair", MANY, move |calls| floor::calls(calls, workers))
        .subject("concurry", MANY, move |calls| ours::calls(calls, workers))
        .subject("procspawn", FEW, move |calls| procspawn_pool::calls(calls, workers))
        .subject("python-imap-chunked", MANY, move |calls| {
            python::run(if workers == 1 { "imap-1" } else { "imap-2" }, calls)
        })
}
