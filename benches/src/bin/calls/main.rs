//! What does a call cost that does nothing? Submitted all at once, in windows, in place, awaited.

mod async_calls;
mod blocking_calls;
mod in_place;

use std::process::ExitCode;

use concurry_benches::harness::{Bench, Case, Unit};
use concurry_benches::peers::{
    Actix, AsyncConcurry, AsyncTokioSpawn, BlockFloor, Concurry, CrossbeamOneshot, Kameo,
    MailboxFloor, Ractor, RayonSpawn, TokioSpawn,
};
use concurry_benches::pool::Pool;

use async_calls::Caller;
use blocking_calls::{Pattern, measure};

/// Calls of a subject that takes well under half a microsecond for one.
const MANY: u64 = 1_000_000;
/// Calls of a subject that takes more, so that a run stays under a minute; a call costs the same.
const FEWER: u64 = 200_000;

fn main() -> ExitCode {
    Bench::new("calls")
        .case(blocking("all-1w", 1, Pattern::AllThenCollect))
        .case(blocking("all-2w", 2, Pattern::AllThenCollect))
        .case(blocking("window-1w", 1, Pattern::Windows))
        .case(blocking("window-2w", 2, Pattern::Windows))
        .case(in_place::at_once("sync"))
        .case(in_place::kept("sync-kept"))
        .case(awaited("async-outside", Caller::Outside, Pattern::AllThenCollect))
        .case(awaited("async-task", Caller::Task, Pattern::AllThenCollect))
        .case(awaited("async-window-outside", Caller::Outside, Pattern::Windows))
        .case(awaited("async-window-task", Caller::Task, Pattern::Windows))
        .main()
}

/// Calls from a thread that blocks.
fn blocking(name: &'static str, workers: usize, pattern: Pattern) -> Case {
    fn add<P: Pool>(case: Case, calls: u64, workers: usize, pattern: Pattern) -> Case {
        case.subject(P::NAME, calls, move |calls| measure::<P>(calls, workers, pattern))
    }
    let case = Case::new(name, Unit::NanosecondsPerCall).floor(BlockFloor::<6>::NAME);
    let case = add::<BlockFloor>(case, MANY, workers, pattern);
    let case = add::<MailboxFloor>(case, MANY, workers, pattern);
    let case = add::<Concurry>(case, MANY, workers, pattern);
    let case = add::<CrossbeamOneshot>(case, MANY, workers, pattern);
    let case = add::<RayonSpawn>(case, FEWER, workers, pattern);
    let case = add::<TokioSpawn>(case, FEWER, workers, pattern);
    let case = add::<Kameo>(case, FEWER, workers, pattern);
    let case = add::<Ractor>(case, FEWER, workers, pattern);
    add::<Actix>(case, FEWER, workers, pattern)
}

/// Calls from a future: on a thread outside the runtime, or as a task of it.
fn awaited(name: &'static str, caller: Caller, pattern: Pattern) -> Case {
    // The more tasks there are at a time, the more each costs.
    let tasks = match pattern {
        Pattern::AllThenCollect => MANY,
        Pattern::Windows => FEWER,
    };
    Case::new(name, Unit::NanosecondsPerCall)
        .floor("tokio-spawn")
        .subject("tokio-spawn", tasks, move |calls| {
            async_calls::measure::<AsyncTokioSpawn>(calls, caller, pattern)
        })
        .subject("concurry", MANY, move |calls| {
            async_calls::measure::<AsyncConcurry>(calls, caller, pattern)
        })
        .subject("joinset", tasks, move |calls| {
            async_calls::measure_join_set(calls, caller, pattern)
        })
}
