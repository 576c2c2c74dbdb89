//! A death costs the call that was running, and nothing else.

use std::convert::Infallible;
use std::time::Duration;

use concurry::prelude::*;
use concurry::process::ProcessOptions;
use concurry::{Rejection, RestartPolicy, Timeout, WorkerDeath};
use concurry_testkit::{Gate, wait_until, within};

use crate::workers::{Fragile, fragile, fragile_with, is_alive, lines, log_file, signal};

fn died(error: CallError<std::convert::Infallible>) -> WorkerDeath {
    let CallError::WorkerDied(died) = error else { panic!("{error:?}") };
    assert_eq!((died.site.worker(), died.attempt), ("Fragile", 1));
    died.cause
}

#[test]
fn each_way_to_die_is_told_and_the_worker_comes_back() {
    within(|| {
        let fragile = fragile(1);
        let exit = died(fragile.exit(7).result().unwrap_err());
        assert_eq!(exit, WorkerDeath::Exit { code: 7 });
        let abort = died(fragile.abort().result().unwrap_err());
        assert_eq!(abort, WorkerDeath::Signal { signal: 6 });
        let overflow = died(fragile.overflow(0).result().unwrap_err());
        assert_eq!(overflow, WorkerDeath::Signal { signal: 11 });
        assert_eq!(fragile.count().result().unwrap(), 1, "with a new state");
        assert_eq!(fragile.stats().restarts, 3);
        assert!(fragile.stop().result().unwrap().complete);
    });
}

#[test]
fn a_process_that_is_killed_costs_the_running_call_and_no_other() {
    within(|| {
        let log = log_file("killed");
        let fragile = Fragile::options(Mode::Process, 1).init(Some(log.clone())).unwrap();
        let pid = fragile.pid().result().unwrap();
        let gate = Gate::new();
        // Done before, running, and queued behind it.
        let before: Vec<_> = (0..50).map(|number| fragile.record(number)).collect();
        let running = fragile.hold(gate.clone());
        let after: Vec<_> = (50..100).map(|number| fragile.record(number)).collect();
        gate.wait_for_arrivals(1);
        signal(pid, "-KILL");
        assert_eq!(died(running.result().unwrap_err()), WorkerDeath::Signal { signal: 9 });
        assert_eq!(gather(before).results().unwrap(), (0..50).collect::<Vec<_>>());
        assert_eq!(gather(after).results().unwrap(), (50..100).collect::<Vec<_>>());
        assert!(lines(&log, 100).iter().all(|count| *count == 1), "each ran once");
    });
}

#[test]
fn a_crash_in_the_middle_of_many_fast_calls_costs_one() {
    within(|| {
        let log = log_file("middle");
        let fragile = Fragile::options(Mode::Process, 2).init(Some(log.clone())).unwrap();
        let mut futures = Vec::new();
        for number in 0..3_000 {
            futures.push(fragile.record(number));
            if number % 500 == 250 {
                futures.push(fragile.abort());
            }
        }
        let outcomes = gather(futures).outcomes();
        let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
        assert_eq!(failed, 6, "as many as crashed");
        assert!(lines(&log, 3_000).iter().all(|count| *count == 1), "each ran once");
    });
}

#[test]
fn a_map_over_tiny_items_loses_those_that_end_their_process_and_no_other() {
    within(|| {
        let fragile = Fragile::options(Mode::Process, 2).init(None).unwrap();
        let deadly = |number: u64| number % 5_000 == 2_500;
        let outcomes = fragile
            .map(0..20_000_u64, move |fragile, number| fragile.next_unless(number, deadly(number)));
        for (number, outcome) in (0..).zip(outcomes.outcomes()) {
            match outcome {
                Ok(sum) => assert!(sum == number + 1 && !deadly(number), "{number}"),
                Err(error) => {
                    assert!(deadly(number), "{number}: {error}");
                    assert!(matches!(died(error), WorkerDeath::Signal { .. }));
                }
            }
        }
    });
}

#[test]
fn a_process_that_shows_no_sign_of_life_is_killed() {
    within(|| {
        let options = ProcessOptions::new().hang_timeout(Duration::from_millis(300));
        let options = Fragile::options(Mode::Process, 1).process(options);
        let fragile = options.init(None).unwrap();
        let pid = fragile.pid().result().unwrap();
        let gate = Gate::new();
        let running = fragile.hold(gate.clone());
        gate.wait_for_arrivals(1);
        signal(pid, "-STOP");
        let cause = died(running.result().unwrap_err());
        assert!(matches!(cause, WorkerDeath::Hung { .. }), "{cause:?}");
        assert!(!is_alive(pid));
        assert_eq!(fragile.add(1, 2).result().unwrap(), 3);
    });
}

#[test]
fn a_process_that_takes_too_much_memory_is_killed() {
    within(|| {
        let options = ProcessOptions::new().memory_limit(200 << 20);
        let options = Fragile::options(Mode::Process, 1).process(options);
        let fragile = options.init(None).unwrap();
        let cause = died(fragile.swell(400, Gate::new()).result().unwrap_err());
        assert!(matches!(cause, WorkerDeath::Memory { bytes } if bytes > 200 << 20), "{cause:?}");
        let gate = Gate::new();
        gate.open();
        assert_eq!(fragile.swell(1, gate).result().unwrap(), 1 << 20);
    });
}

#[test]
fn a_call_that_ends_every_worker_is_kept_from_the_pool_with_its_arguments() {
    within(|| {
        let log = log_file("poison");
        let policy = RetryPolicy::constant(Duration::from_millis(1)).max_retries(100);
        let fragile = Fragile::options(Mode::Process, 1)
            .process(ProcessOptions::new().quarantine_after(3))
            .restart(RestartPolicy::new().first_wait(Duration::from_millis(1)))
            .retry(policy)
            .init(Some(log.clone()))
            .unwrap();
        let error = fragile.record_again(1, true).result().unwrap_err();
        let error = match error {
            CallError::RetriesExhausted(attempts) => {
                attempts.into_attempts().into_last().unwrap().error
            }
            other => other,
        };
        let CallError::Rejected(rejected) = error else { panic!("{error:?}") };
        assert_eq!(rejected.reason(), Rejection::Poisoned { deaths: 3 });
        assert_eq!(rejected.into_arguments::<(u64, bool)>().unwrap(), (1, true));
        assert_eq!(lines(&log, 2), [0, 3]);
        assert_eq!(fragile.record_again(0, false).result().unwrap(), 0);
        let _ = std::fs::remove_file(log);
    });
}

#[test]
fn what_a_worker_has_started_goes_with_it() {
    within(|| {
        let fragile = fragile(1);
        let child = fragile.start_child().result().unwrap();
        assert!(is_alive(child));
        assert!(fragile.exit(0).result().is_err());
        wait_until("what it had started is gone", || !is_alive(child));
    });
}

/// Makes a call that heeds nothing, which costs its process. What it has ended with.
fn heeded_nothing(options: CallOptions) -> CallError<Infallible> {
    let fragile = fragile_with(ProcessOptions::new().overdue_grace(Duration::from_millis(50)));
    let gate = Gate::new();
    gate.open();
    let error = fragile.with(options).heed_nothing(gate.clone()).result().unwrap_err();
    assert_eq!(fragile.add(1, 1).result().unwrap(), 2, "by the next process");
    assert_eq!(gate.arrived(), 1);
    assert_eq!(fragile.stats().restarts, 1);
    error
}

#[test]
fn a_call_past_its_deadline_that_heeds_nothing_is_ended_with_its_process() {
    within(|| {
        // Long enough for the call to begin on a busy machine.
        let error = heeded_nothing(CallOptions::new().deadline(Duration::from_secs(1)));
        assert!(error.is_timeout(), "{error:?}");
    });
}

#[test]
fn an_attempt_past_its_timeout_that_heeds_nothing_is_ended_with_its_process() {
    within(|| {
        let error = heeded_nothing(CallOptions::new().timeout(Duration::from_millis(200)));
        assert!(matches!(error, CallError::TimedOut(Timeout::Attempt)), "{error:?}");
    });
}

#[test]
fn a_call_past_its_deadline_that_looks_at_its_context_costs_no_process() {
    within(|| {
        let fragile = fragile_with(ProcessOptions::new().overdue_grace(Duration::from_secs(600)));
        let gate = Gate::new();
        gate.open();
        let hasty = fragile.with(CallOptions::new().deadline(Duration::from_millis(200)));
        let error = hasty.heed(gate).result().unwrap_err();
        // Also if the method, which looks at the clock itself, answers before the pool's timer goes off.
        assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");
        assert_eq!(fragile.count().result().unwrap(), 1, "by the same process");
        assert_eq!(fragile.stats().restarts, 0);
    });
}

#[test]
fn a_worker_that_sends_garbage_is_killed_and_costs_its_call() {
    within(|| {
        let fragile = fragile(1);
        let pid = fragile.pid().result().unwrap();
        let cause = died(fragile.babble().result().unwrap_err());
        let WorkerDeath::Lost { message } = &cause else { panic!("{cause:?}") };
        assert!(message.contains("a message of the unknown kind 255"), "{message}");
        assert!(!is_alive(pid));
        assert_eq!(fragile.add(1, 2).result().unwrap(), 3);
    });
}

#[test]
fn a_worker_that_closes_its_channel_is_ended_and_costs_its_call() {
    within(|| {
        let fragile = fragile(1);
        let pid = fragile.pid().result().unwrap();
        let _ = died(fragile.hang_up().result().unwrap_err());
        assert!(!is_alive(pid));
        assert_eq!(fragile.add(1, 2).result().unwrap(), 3);
    });
}

#[test]
fn the_deadline_of_a_call_holds_for_calls_that_it_makes_in_its_process() {
    within(|| {
        let log = log_file("nested");
        let fragile = Fragile::options(Mode::Process, 1)
            .process(ProcessOptions::new().overdue_grace(Duration::from_secs(20)))
            .init(Some(log.clone()))
            .unwrap();
        // Long enough for the call to begin on a busy machine.
        let hasty = fragile.with(CallOptions::new().deadline(Duration::from_secs(1)));
        assert!(hasty.nest(7).result().unwrap_err().is_timeout());
        // Without its own end the method would be there for ever.
        assert_eq!(fragile.add(1, 2).result().unwrap(), 3);
        assert_eq!(fragile.stats().restarts, 0);
        assert_eq!(lines(&log, 8)[7], 1);
    });
}
