//! How long does one call take, from the call to its result, when nothing else is going on?
//!
//! The floor parks at once and never spins. A subject that spins is faster with an idle processor,
//! so the bench also shows what a call costs in processor time, and with one processor for both.

use std::process::ExitCode;
use std::time::Instant;

use concurry_benches::harness::{Bench, Case, Measurement, Stopwatch, Unit};
use concurry_benches::peers::{
    Actix, Concurry, CrossbeamOneshot, Kameo, ParkingBlockFloor, ParkingMailboxFloor, Ractor,
    RayonSpawn, TokioSpawn,
};
use concurry_benches::pool::Pool;
use concurry_benches::system::Pinned;

const CALLS: u64 = 5_000;
/// Calls before those that are measured, for a pool that learns whether to spin.
const LEARNING: u64 = 1_000;

/// What is measured of a row of round trips.
#[derive(Debug, Clone, Copy)]
enum Setting {
    /// The median, with a processor for the caller and another for the worker.
    IdleCpu,
    /// The median, with all threads on one processor.
    OneCpu,
    /// Processor time a call, of caller and worker together, with a processor for each.
    CpuTime,
}

fn main() -> ExitCode {
    Bench::new("roundtrip")
        .case(case("idle-cpu", Setting::IdleCpu))
        .case(case("one-cpu", Setting::OneCpu))
        .case(case("cpu-time", Setting::CpuTime))
        .main()
}

fn case(name: &'static str, setting: Setting) -> Case {
    fn add<P: Pool>(case: Case, setting: Setting) -> Case {
        case.subject(P::NAME, CALLS, move |calls| measure::<P>(calls, setting))
    }
    let case = Case::new(name, Unit::Microseconds).floor(ParkingMailboxFloor::NAME);
    let case = add::<ParkingMailboxFloor>(case, setting);
    let case = add::<ParkingBlockFloor>(case, setting);
    let case = add::<Concurry>(case, setting);
    let case = add::<CrossbeamOneshot>(case, setting);
    let case = add::<RayonSpawn>(case, setting);
    let case = add::<TokioSpawn>(case, setting);
    let case = add::<Kameo>(case, setting);
    let case = add::<Ractor>(case, setting);
    add::<Actix>(case, setting)
}

fn measure<P: Pool>(calls: u64, setting: Setting) -> Measurement {
    // A pool may count the processors once, when it first starts: not on a pinned thread.
    drop(P::start(1));
    let workers_on = match setting {
        Setting::OneCpu => 0,
        Setting::IdleCpu | Setting::CpuTime => 1,
    };
    let pin =
        |cpu| Pinned::to(cpu).expect("the system has two processors and lets threads be pinned");
    // Threads inherit the processor of the thread that starts them. Left to itself the kernel puts
    // caller and worker together at times, and a median over both says nothing.
    let workers_pinned = pin(workers_on);
    let pool = P::start(1);
    drop(workers_pinned);
    let _caller_pinned = pin(0);
    for x in 0..LEARNING {
        assert_eq!(pool.collect(pool.submit(x)), x, "{} answers", P::NAME);
    }
    let mut trips = Vec::with_capacity(usize::try_from(calls).expect("the trips fit in memory"));
    let mut sum = 0;
    let watch = Stopwatch::start();
    for x in 0..calls {
        let start = Instant::now();
        sum += pool.collect(pool.submit(x));
        trips.push(start.elapsed());
    }
    let lap = watch.stop();
    let value = match setting {
        Setting::IdleCpu | Setting::OneCpu => {
            let middle = trips.len() / 2;
            trips.select_nth_unstable(middle).1.as_secs_f64() * 1e6
        }
        Setting::CpuTime => lap.own_cpu().as_secs_f64() * 1e6 / calls as f64,
    };
    lap.with_value(value, sum)
}
