//! What does a limiter cost that admits, and how much does it admit when callers wait?

mod admitted;
mod attempts;
mod concurry;
mod peers;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};

use admitted::Load;
use concurry::Concurry;
use peers::{Governor, LeakyBucket, ReservationFloor, Waiting};

/// Attempts of one sample.
const ATTEMPTS: u64 = 2_000_000;

fn main() -> ExitCode {
    Bench::new("limits")
        .rounds(3)
        .case(attempts("try-1", 1))
        .case(attempts("try-2", 2))
        .case(attempts("try-8", 8))
        .case(set_of_3())
        .case(resource())
        .case(waiting("admitted-1k", 1_000, Load { rate: 1_000, burst: 1, waiters: 64 }))
        .case(waiting("admitted-10k", 5_000, Load { rate: 10_000, burst: 1, waiters: 64 }))
        .case(waiting("admitted-burst", 100_000, Load { rate: 100_000, burst: 200, waiters: 64 }))
        .case(waiting(
            "admitted-10k-waiters",
            15_000,
            Load { rate: 10_000, burst: 1, waiters: 10_000 },
        ))
        .main()
}

/// One limit that always admits, asked by some threads at once.
fn attempts(name: &'static str, threads: usize) -> Case {
    Case::new(name, Unit::NanosecondsPerCall)
        .expects(|calls| calls..=calls)
        .floor("counter-floor")
        .subject("counter-floor", ATTEMPTS, move |calls| attempts::counter_floor(calls, threads))
        .subject("reservation-floor", ATTEMPTS, move |calls| attempts::reservation(calls, threads))
        .subject("concurry", ATTEMPTS, move |calls| concurry::token_bucket(calls, threads))
        .subject("concurry-gcra", ATTEMPTS, move |calls| concurry::gcra(calls, threads))
        .subject("concurry-by-name", ATTEMPTS, move |calls| concurry::by_name(calls, threads))
        .subject("concurry-spend", ATTEMPTS, move |calls| concurry::spend(calls, threads))
        .subject("governor", ATTEMPTS, move |calls| attempts::governor(calls, threads))
        .subject("leaky-bucket", ATTEMPTS, move |calls| attempts::leaky_bucket(calls, threads))
        .subject("tokio-semaphore", ATTEMPTS, move |calls| attempts::semaphore(calls, threads))
}

/// Three limits asked for one call; the ratio refers to asking one.
fn set_of_3() -> Case {
    Case::new("set-of-3", Unit::NanosecondsPerCall)
        .expects(|calls| calls..=calls)
        .floor("governor-one")
        .subject("governor-one", ATTEMPTS, |calls| attempts::governor(calls, 1))
        .subject("concurry", ATTEMPTS, concurry::set_of_3)
        .subject("governor", ATTEMPTS, attempts::governor_three_times)
}

/// A permit that comes back.
fn resource() -> Case {
    Case::new("resource", Unit::NanosecondsPerCall)
        .expects(|calls| calls..=calls)
        .floor("tokio-semaphore")
        .subject("tokio-semaphore", ATTEMPTS, |calls| attempts::semaphore(calls, 1))
        .subject("concurry", ATTEMPTS, concurry::resource)
}

/// Waiters that take every permit they can get while so many are refilled.
fn waiting(name: &'static str, permits: u64, load: Load) -> Case {
    fn add<L: Waiting>(case: Case, name: &'static str, permits: u64, load: Load) -> Case {
        case.subject(name, permits, move |permits| admitted::measure::<L>(load, permits))
    }
    let case = Case::new(name, Unit::PercentOfIdeal)
        .expects(move |permits| 1..=load.most(permits))
        .floor("reservation-floor");
    let case = add::<ReservationFloor>(case, "reservation-floor", permits, load);
    let case = add::<Concurry>(case, "concurry", permits, load);
    let case = add::<Governor>(case, "governor", permits, load);
    add::<LeakyBucket>(case, "leaky-bucket", permits, load)
}
