//! How much memory does a call hold while it sleeps?
//!
//! Resident memory when the last of all calls begins, less that before the first, divided by the
//! number of calls. Each sample is a process of its own, so that no heap is left from another.

mod actors;
mod child;
mod concurry;
mod resident;
mod sleeping;
mod tasks;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};

/// A subject: sleeps in that many calls at once and counts their memory.
type Count = fn(u64) -> sleeping::Counted;

/// The subjects; the first is the floor.
const SUBJECTS: [(&str, Count); 6] = [
    ("futures-unordered", tasks::futures_unordered),
    ("concurry", concurry::measure),
    ("tokio-spawn", tasks::tokio_spawn),
    ("joinset", tasks::join_set),
    ("kameo", actors::kameo),
    ("ractor", actors::ractor),
];

fn main() -> ExitCode {
    if let Some(exit) = child::serve(&SUBJECTS) {
        return exit;
    }
    Bench::new("in_flight")
        .independent_of_load()
        .case(case("sleeping-100k", 100_000))
        .case(case("sleeping-1m", 1_000_000))
        .main()
}

fn case(name: &'static str, calls: u64) -> Case {
    let case = Case::new(name, Unit::BytesPerCall).floor(SUBJECTS[0].0);
    SUBJECTS.iter().fold(case, |case, &(subject, _)| {
        case.subject(subject, calls, move |calls| child::measure(subject, calls))
    })
}
