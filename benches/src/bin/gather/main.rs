//! What does collecting many calls cost, above the calls themselves?
//!
//! The whole (`as-completed`) and what is left of it when the same calls, collected by waiting for
//! each in turn, are taken off (`…-extra`). Both parts are measured in each round.

mod concurry;
mod shared_reply;
mod spawned;
mod threads;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Measurement, Unit};

const CALLS: u64 = 1_000_000;

fn main() -> ExitCode {
    Bench::new("gather")
        .case(
            Case::new("as-completed", Unit::NanosecondsPerItem)
                .floor("shared-reply")
                .subject("shared-reply", CALLS, shared_reply::as_completed)
                .subject("concurry", CALLS, concurry::as_completed)
                .subject("futures-unordered", CALLS, threads::as_completed)
                .subject("joinset", CALLS, spawned::as_completed),
        )
        .case(
            Case::new("as-completed-extra", Unit::NanosecondsPerItem)
                .subject("concurry", CALLS, |calls| {
                    extra(concurry::as_completed(calls), concurry::one_by_one(calls))
                })
                .subject("futures-unordered", CALLS, |calls| {
                    extra(threads::as_completed(calls), threads::one_by_one(calls))
                })
                .subject("joinset", CALLS, |calls| {
                    extra(spawned::as_completed(calls), spawned::one_by_one(calls))
                }),
        )
        .case(
            Case::new("in-order-extra", Unit::NanosecondsPerItem)
                .subject("concurry", CALLS, |calls| {
                    extra(concurry::in_order(calls), concurry::one_by_one(calls))
                })
                .subject("join-all", CALLS, |calls| {
                    extra(threads::in_order(calls), threads::one_by_one(calls))
                }),
        )
        .main()
}

/// What gathering adds to the calls. Both sums were checked to be the same.
fn extra(gathered: Measurement, calls: Measurement) -> Measurement {
    assert_eq!(gathered.sum, calls.sum, "both ways of collecting see the same results");
    Measurement { value: gathered.value - calls.value, ..gathered }
}
