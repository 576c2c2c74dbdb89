//! How near does waiting come to perfect overlap, on threads and as futures?

mod asynchronous;
mod concurry;
mod kameo_actor;
mod threads;

use std::process::ExitCode;
use std::time::Duration;

use concurry_benches::harness::{Bench, Case, Lap, Measurement, Unit};

/// What each call waits for: a request of 20 ms.
const REQUEST: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    Bench::new("io")
        .case(
            Case::new("threads-100", Unit::TimesIdeal)
                .floor("crossbeam-oneshot")
                .subject("crossbeam-oneshot", 1_000, threads::crossbeam_oneshot)
                .subject("concurry", 1_000, concurry::threads)
                .subject("rayon-spawn", 1_000, threads::rayon_spawn)
                .subject("tokio-blocking", 1_000, threads::tokio_blocking),
        )
        .case(
            Case::new("pool-ready", Unit::Milliseconds)
                .floor("plain-threads")
                .subject("plain-threads", 100, threads::plain_threads_ready)
                .subject("concurry", 100, concurry::ready)
                .subject("rayon-spawn", 100, threads::rayon_ready),
        )
        .case(
            Case::new("async-10k", Unit::TimesIdeal)
                .floor("buffer-unordered")
                .subject("buffer-unordered", 100_000, asynchronous::buffer_unordered)
                .subject("concurry", 100_000, concurry::asynchronous)
                .subject("tokio-spawn", 100_000, asynchronous::tokio_spawn)
                .subject("joinset", 100_000, asynchronous::join_set)
                .subject("kameo", 100_000, kameo_actor::measure),
        )
        .main()
}

/// Divides the wall time by what calls take if that many overlap perfectly.
fn times_ideal(lap: Lap, calls: u64, at_a_time: u64, sum: u64) -> Measurement {
    let ideal = REQUEST.as_secs_f64() * calls.div_ceil(at_a_time) as f64;
    lap.with_value(lap.wall().as_secs_f64() / ideal, sum)
}
