//! What does a call cost that runs on a Ray cluster?
//!
//! Beside plain Ray actors that are driven from Python, on the same cluster of two nodes, which is
//! started for the bench on this machine. The Python that both need is prepared by itself; where that
//! can't be, the bench says so.

mod ours;
mod python;
mod session;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};

const TRIPS: u64 = 1_000;
const BLOCKS: u64 = 200;

fn main() -> ExitCode {
    let code = Bench::new("ray")
        .rounds(3)
        .works_elsewhere()
        .case(
            Case::new("roundtrip", Unit::Microseconds)
                .floor("ray-python")
                .subject("ray-python", TRIPS, |calls| python::run("roundtrip", calls))
                .subject("concurry", TRIPS, ours::roundtrip),
        )
        .case(
            Case::new("calls-256", Unit::NanosecondsPerCall)
                .floor("ray-python")
                .subject("ray-python", 4_096, |calls| python::run("calls-256", calls))
                .subject("concurry", 100_000, |calls| ours::calls(calls, 256)),
        )
        .case(
            Case::new("calls-16384", Unit::NanosecondsPerCall)
                .floor("ray-python")
                .subject("ray-python", 16_384, |calls| python::run("calls-16384", calls))
                .subject("concurry", 1_000_000, |calls| ours::calls(calls, 16_384)),
        )
        .case(
            Case::new("bytes-1MiB", Unit::Milliseconds)
                .floor("ray-python")
                .subject("ray-python", BLOCKS, |calls| python::run("bytes-1MiB", calls))
                .subject("concurry", BLOCKS, |calls| ours::blocks(calls, 8)),
        )
        .case(
            Case::new("bytes-1MiB-alone", Unit::Milliseconds)
                .floor("ray-python")
                .subject("ray-python", BLOCKS, |calls| python::run("bytes-1MiB-alone", calls))
                .subject("concurry", BLOCKS, |calls| ours::blocks(calls, 1)),
        )
        .case(
            Case::new("start-2", Unit::Milliseconds)
                .expects(|_| 0..=0)
                .floor("ray-python")
                .subject("ray-python", 1, |_| python::start())
                .subject("concurry", 1, |_| ours::start())
                .subject("concurry-new-version", 1, |_| ours::start_new_version()),
        )
        .case(
            Case::new("permit", Unit::Microseconds)
                .floor("ray-python-roundtrip")
                .subject("ray-python-roundtrip", TRIPS, |calls| python::run("roundtrip", calls))
                .subject("concurry", TRIPS, ours::permit)
                .subject("concurry-alone", TRIPS, ours::permit_alone),
        )
        .case(Case::new("permits-1000", Unit::Milliseconds).subject(
            "concurry",
            1_000,
            ours::permits_at_once,
        ))
        .main();
    session::end();
    code
}
