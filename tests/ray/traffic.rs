//! What travels: large values, logs, cancels, overlapping calls, calls behind a slow one.

use std::time::{Duration, Instant};

use concurry::prelude::*;
use concurry::{CallError, CallOptions, WorkerDeath};
use concurry_testkit::wait_until;
use concurry_time::FakeClock;

use crate::Test;
use crate::cluster;
use crate::noters::{Noter, Notes, Sleeper, SleeperHandle, gateways_of, is_alive, kill};

pub(crate) const TESTS: &[Test] = &[
    ("traffic::large_values_cross_whole", large_values_cross_whole),
    ("traffic::overlapping_calls_end_when_they_are_done", overlapping_calls_end_when_they_are_done),
    ("traffic::a_slow_call_holds_up_no_result", a_slow_call_holds_up_no_result),
    ("traffic::calls_behind_a_slow_one_go_to_others", calls_behind_a_slow_one_go_to_others),
    ("traffic::a_call_past_its_deadline_is_ended", a_call_past_its_deadline_is_ended),
    ("traffic::a_cancelled_async_call_is_dropped", a_cancelled_async_call_is_dropped),
    ("traffic::a_stop_now_ends_what_runs", a_stop_now_ends_what_runs),
    ("traffic::limits_are_one_budget_for_all_workers", limits_are_one_budget_for_all_workers),
    (
        "traffic::a_dead_worker_gives_back_what_it_was_lent",
        a_dead_worker_gives_back_what_it_was_lent,
    ),
    ("traffic::a_killed_program_leaves_nothing", a_killed_program_leaves_nothing),
    ("traffic::the_gateway_passes_its_own_tests", the_gateway_passes_its_own_tests),
];

pub(crate) const ALONE: &[Test] =
    &[("traffic::a_storm_of_deaths_runs_nothing_twice", a_storm_of_deaths_runs_nothing_twice)];

fn large_values_cross_whole() {
    let notes = Notes::new();
    let noter = notes.noter(1);
    for length in [0, 1, 65_535, 65_536, 100_000, 3 << 20, 20 << 20] {
        let sent: Vec<u8> = (0..length).map(|at| (at * 31 % 251) as u8).collect();
        assert_eq!(noter.echo(sent.clone()).result().unwrap(), sent, "{length} bytes");
    }
    let calls = (0..8).map(|call| noter.echo(vec![call; 2 << 20]));
    for (call, bytes) in gather(calls).results().unwrap().into_iter().enumerate() {
        assert!(bytes.len() == 2 << 20 && bytes.iter().all(|byte| usize::from(*byte) == call));
    }
}

fn sleepers(workers: usize, concurrency: usize) -> SleeperHandle {
    let options = cluster::options().concurrency(concurrency);
    Sleeper::options(Mode::Ray, workers).ray(options).init().unwrap()
}

fn overlapping_calls_end_when_they_are_done() {
    let sleeper = sleepers(1, 100);
    let begun = Instant::now();
    let calls = (0..100).map(|_| sleeper.sleep(200));
    assert_eq!(gather(calls).results().unwrap(), [200; 100]);
    assert!(begun.elapsed() < Duration::from_secs(10), "one after the other takes 20 s");
}

fn a_slow_call_holds_up_no_result() {
    let sleeper = sleepers(1, 100);
    let slow = sleeper.sleep(20_000);
    let quick = gather((0..50).map(|_| sleeper.sleep(1)));
    assert_eq!(quick.results().unwrap(), [1; 50]);
    assert!(!slow.is_done());
    drop(sleeper.stop_now());
}

fn calls_behind_a_slow_one_go_to_others() {
    let notes = Notes::new();
    let noter = notes.noter(2);
    // Known to be quick, so that many calls are sent ahead.
    gather((0..4_000).map(|_| noter.process())).results().unwrap();
    let slow = noter.note_and_wait(0, notes.gate());
    let others = gather((1..200).map(|number| noter.note(number)));
    assert_eq!(others.results().unwrap().len(), 199, "though one worker is held up");
    assert!(!slow.is_done());
    notes.open_gate();
    assert_eq!(slow.result().unwrap(), 0);
    assert_eq!(notes.counts(200), [1; 200]);
}

fn a_call_past_its_deadline_is_ended() {
    let notes = Notes::new();
    let noter = notes.noter(1);
    let process = noter.process().result().unwrap();
    let hasty = noter.with(CallOptions::new().deadline(Duration::from_millis(300)));
    let error = hasty.note_and_wait(0, notes.gate()).result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(_) | CallError::WorkerDied(_)), "{error}");
    wait_until("a sync method that heeds nothing is ended", || !is_alive(process));
    assert_eq!(noter.note(1).result().unwrap(), 1);
}

fn a_cancelled_async_call_is_dropped() {
    let sleeper = sleepers(1, 1);
    let mut slow = sleeper.sleep(60_000);
    let next = sleeper.sleep(1);
    let _ = slow.cancel();
    assert!(slow.result().unwrap_err().is_cancelled());
    assert_eq!(next.result().unwrap(), 1, "its place is free");
}

fn a_stop_now_ends_what_runs() {
    let notes = Notes::new();
    let noter = notes.noter(1);
    let process = noter.process().result().unwrap();
    let running = noter.note_and_wait(0, notes.gate());
    wait_until("it runs", || notes.numbers() == [0]);
    let waiting = noter.note(1);
    assert!(noter.stop_now().result().unwrap().complete);
    assert!(matches!(waiting.result().unwrap_err(), CallError::Stopped(_)));
    assert!(running.result().is_err());
    wait_until("its process is gone", || !is_alive(process));
    assert_eq!(notes.counts(2), [1, 0]);
}

/// Takes a permit of its pool inside of a call, and keeps it.
#[derive(Worker)]
struct Taker;

#[worker]
impl Taker {
    fn new() -> Self {
        Self
    }

    pub async fn take(&self, ctx: &CallContext) -> bool {
        ctx.limits().acquire([("seats", 1)]).await.is_ok()
    }

    pub async fn keep(&self, ctx: &CallContext) -> bool {
        let seat = ctx.limits().acquire([("seats", 1)]).await;
        std::future::pending::<()>().await;
        seat.is_ok()
    }

    /// Takes seats that it drops again, and at last a chair that it keeps.
    pub async fn hoard(&self, ctx: &CallContext) -> bool {
        let limits = ctx.limits().exact();
        for _ in 0..10 {
            drop(limits.acquire([("seats", 1)]).await);
        }
        let chair = limits.acquire([("chairs", 1)]).await;
        std::future::pending::<()>().await;
        chair.is_ok()
    }

    pub async fn die(&self) -> u32 {
        std::process::abort()
    }
}

fn limits_are_one_budget_for_all_workers() {
    let limits = LimitSet::builder().with(ResourceLimit::new("seats", 1)).build().unwrap();
    let options = Taker::options(Mode::Ray, 2).ray(cluster::options()).limits(&limits);
    let taker = options.init().unwrap();
    assert_eq!(gather((0..50).map(|_| taker.take())).results().unwrap(), [true; 50]);
    let keeping = taker.keep();
    wait_until("it has the only seat", || limits.try_acquire([("seats", 1)]).is_err());
    // Whichever worker has it dies in the end, and gives it back.
    while !keeping.is_done() {
        taker.die().result().unwrap_err();
    }
    assert!(taker.take().result().unwrap());
}

fn a_dead_worker_gives_back_what_it_was_lent() {
    let limits = LimitSet::builder().with(ResourceLimit::new("seats", 8));
    let limits = limits.with(ResourceLimit::new("chairs", 1)).build().unwrap();
    let options = Taker::options(Mode::Ray, 1).ray(cluster::options()).concurrency(2);
    // Its time stands still: nothing comes back because it is over.
    let taker = options.limits(&limits).clock(FakeClock::new().clock()).init().unwrap();
    let free = |limit: usize| limits.stats().limits[limit].available;
    let hoarding = taker.hoard();
    wait_until("it has the chair", || free(1) == 0.0);
    assert!(free(0) < 8.0, "it uses no seat, and has some");
    taker.die().result().unwrap_err();
    hoarding.result().unwrap_err();
    let all = limits.exact().acquire([("seats", 8)]).timeout(Duration::from_secs(60)).wait();
    assert!(all.is_ok(), "{all:?}");
}

fn a_storm_of_deaths_runs_nothing_twice() {
    const CALLS: usize = 20_000;
    let notes = Notes::new();
    let noter = notes.noter(2);
    let calls: Vec<_> = (0..CALLS as u64).map(|number| noter.note(number)).collect();
    let killer = noter.clone();
    let storm = std::thread::spawn(move || {
        let mut killed = 0;
        while killed < 8 {
            if let Ok(process) = killer.process().result() {
                kill(process);
                killed += 1;
            }
        }
    });
    let outcomes = gather(calls).outcomes();
    storm.join().unwrap();
    let counts = notes.counts(CALLS);
    for (number, (outcome, count)) in outcomes.iter().zip(counts).enumerate() {
        match outcome {
            Ok(answer) => assert_eq!((*answer, count), (number as u64, 1)),
            Err(CallError::WorkerDied(died)) => {
                assert!(matches!(died.cause, WorkerDeath::Signal { signal: 9 }), "{died}");
                assert!(count <= 1, "call {number} ran {count} times");
            }
            Err(error) => panic!("call {number}: {error}"),
        }
    }
}

/// The variable that makes another program of this one: one that is killed.
pub(crate) const VICTIM: &str = "CONCURRY_TEST_VICTIM";

/// A program that uses the cluster until somebody ends it.
pub(crate) fn be_victim(address: &str) {
    let options = RayOptions::new().address(address).num_cpus(0.01);
    let notes = Notes::new();
    let noter = Noter::options(Mode::Ray, 2).ray(options).init(notes.file()).unwrap();
    let processes = gather([noter.process(), noter.process()]).results().unwrap();
    let gateway = gateways_of(std::process::id())[0];
    println!("{} {} {gateway}", processes[0], processes[1]);
    let _ = noter.note_and_wait(0, notes.gate()).result();
}

fn a_killed_program_leaves_nothing() {
    use std::io::{BufRead, BufReader};
    let (address, python) = cluster::with(|ray| (ray.address().to_owned(), ray.python()));
    let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
        .env(VICTIM, address)
        .env("CONCURRY_RAY_PYTHON", python)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(victim.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let processes: Vec<u32> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert_eq!(processes.len(), 3);
    victim.kill().unwrap();
    victim.wait().unwrap();
    wait_until("workers and gateway are gone", || {
        !processes.iter().any(|process| is_alive(*process))
    });
}

fn the_gateway_passes_its_own_tests() {
    let python = cluster::with(|cluster| cluster.python());
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/concurry-ray/tests");
    let run = std::process::Command::new(python)
        .args(["-m", "unittest", "discover", "--quiet", tests])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
