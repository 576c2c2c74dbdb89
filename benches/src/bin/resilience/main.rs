//! What do retries, breakers and the layers of a pool cost a call that succeeds?

mod breaking;
mod layered;
mod retrying;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};

use layered::Layers;

/// Calls of one sample around a future or a closure.
const CALLS: u64 = 2_000_000;
/// Calls of one sample through a pool.
const POOLED: u64 = 300_000;

fn main() -> ExitCode {
    Bench::new("resilience")
        .rounds(5)
        .case(retry())
        .case(breaker("breaker-1", 1))
        .case(breaker("breaker-8", 8))
        .case(layers())
        .main()
}

/// A policy around an async call that is ready.
fn retry() -> Case {
    Case::new("retry", Unit::NanosecondsPerCall)
        .floor("plain")
        .subject("plain", CALLS, retrying::plain)
        .subject("hand-written", CALLS, retrying::hand_written)
        .subject("concurry", CALLS, retrying::concurry)
        .subject("concurry-blocking", CALLS, retrying::concurry_blocking)
        .subject("concurry-budget", CALLS, retrying::concurry_budget)
        .subject("tower-retry", CALLS, retrying::tower)
        .subject("backon", CALLS, retrying::backon)
}

/// A closed breaker around a call that succeeds, asked by some threads at once.
fn breaker(name: &'static str, threads: usize) -> Case {
    Case::new(name, Unit::NanosecondsPerCall)
        .expects(|calls| calls..=calls)
        .floor("plain")
        .subject("plain", CALLS, move |calls| breaking::plain(calls, threads))
        .subject("concurry", CALLS, move |calls| breaking::concurry(calls, threads))
        .subject("concurry-blocking", CALLS, move |calls| {
            breaking::concurry_blocking(calls, threads)
        })
        .subject("concurry-permit", CALLS, move |calls| breaking::concurry_permit(calls, threads))
        .subject("concurry-time-window", CALLS, move |calls| {
            breaking::concurry_time_window(calls, threads)
        })
        .subject("failsafe", CALLS, move |calls| breaking::failsafe(calls, threads))
}

/// Calls through a pool of one thread, 1,024 at a time. The difference to `plain` is what layers cost.
fn layers() -> Case {
    let subject = |case: Case, layers: Layers| {
        case.subject(layers.name, POOLED, move |calls| layered::measure(calls, layers))
    };
    let case = Case::new("layers", Unit::NanosecondsPerCall).floor("plain");
    Layers::ALL.into_iter().fold(case, subject)
}
