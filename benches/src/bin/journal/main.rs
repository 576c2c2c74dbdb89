//! What does a journal cost a run, and how long until a killed one goes on?

#![expect(unreachable_pub, reason = "the public methods of a worker are those that can be called")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use concurry::journal::{Entry, Job, Journal, Key};
use concurry::prelude::*;
use concurry_benches::harness::{Bench, Case, Measurement, Stopwatch, Unit};

/// What each call waits for, and for how long each computes.
const WAIT: Duration = Duration::from_millis(20);
const COMPUTE: Duration = Duration::from_micros(50);

#[derive(Clone, Worker)]
struct Caller;

#[worker]
impl Caller {
    /// An answer of a hundred bytes, as of a service.
    pub async fn wait(&self, x: u64) -> String {
        tokio::time::sleep(WAIT).await;
        format!("{x:0100}")
    }

    pub fn compute(&self, x: u64) -> String {
        let until = Instant::now() + COMPUTE;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        format!("{x:0100}")
    }
}

/// A file of its own for each run.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{name}-{}.jsonl", std::process::id()));
        let scratch = Self(path);
        scratch.remove();
        scratch
    }

    fn remove(&self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.remove();
    }
}

fn sum(answers: &[String]) -> u64 {
    answers.iter().map(|answer| answer.parse::<u64>().expect("a number")).sum()
}

/// Calls that wait, a thousand at a time.
fn waiting(calls: u64, journal: bool) -> Measurement {
    let caller = Caller::options(Mode::Async, 1).init(Caller).expect("the pool starts");
    let scratch = Scratch::new("waiting");
    let watch = Stopwatch::start();
    let map = caller.map(0..calls, |caller, x| caller.wait(x)).in_flight(1_000);
    let answers = match journal {
        true => map.journal(&scratch.0).results().expect("the run succeeds"),
        false => map.results().expect("the calls succeed"),
    };
    per_call(watch, calls, &answers)
}

/// Calls that compute, on one thread: the journal has the other processor.
fn computing(calls: u64, journal: bool) -> Measurement {
    let caller = Caller::options(Mode::Thread, 1).init(Caller).expect("the pool starts");
    let scratch = Scratch::new("computing");
    let watch = Stopwatch::start();
    let map = caller.map(0..calls, |caller, x| caller.compute(x)).in_flight(1_000);
    let answers = match journal {
        true => map.journal(&scratch.0).results().expect("the run succeeds"),
        false => map.results().expect("the calls succeed"),
    };
    per_call(watch, calls, &answers)
}

fn per_call(watch: Stopwatch, calls: u64, answers: &[String]) -> Measurement {
    let lap = watch.stop();
    lap.with_value(lap.wall().as_nanos() as f64 / calls as f64, sum(answers))
}

/// A journal that a killed run has left.
fn left_behind(scratch: &Scratch, entries: u64) {
    let mut journal = Journal::open(&scratch.0, &Job::new("Caller")).expect("the file can be made");
    for x in 0..entries {
        let key = Key::of(&(x, x)).expect("a number can be written");
        journal.done(key, Some(x), &format!("{x:0100}")).expect("the disk has room");
    }
    journal.flush().expect("the disk has room");
}

/// Opens the journal of a killed run.
fn open(entries: u64) -> Measurement {
    let scratch = Scratch::new("open");
    left_behind(&scratch, entries);
    let watch = Stopwatch::start();
    let journal = Journal::open(&scratch.0, &Job::new("Caller")).expect("it is a journal");
    let lap = watch.stop();
    let recovered = journal.recovered() as u64;
    lap.with_value(lap.wall().as_secs_f64() * 1e3, recovered)
}

/// Opens it and reads every result.
fn recover(entries: u64) -> Measurement {
    let scratch = Scratch::new("recover");
    left_behind(&scratch, entries);
    let watch = Stopwatch::start();
    let mut journal = Journal::open(&scratch.0, &Job::new("Caller")).expect("it is a journal");
    let mut found = 0;
    for x in 0..entries {
        let key = Key::of(&(x, x)).expect("a number can be written");
        let entry = journal.get::<String>(key).expect("the journal can be read");
        found += u64::from(matches!(entry, Some(Entry::Done(_))));
    }
    let lap = watch.stop();
    lap.with_value(lap.wall().as_secs_f64() * 1e3, found)
}

/// Runs a map whose calls were all made by an earlier run.
fn resume(entries: u64) -> Measurement {
    let scratch = Scratch::new("resume");
    left_behind(&scratch, entries);
    let caller = Caller::options(Mode::Thread, 1).init(Caller).expect("the pool starts");
    let watch = Stopwatch::start();
    let map = caller.map(0..entries, |caller, x| caller.compute(x)).journal(&scratch.0);
    let answers = map.results().expect("the run succeeds");
    let lap = watch.stop();
    lap.with_value(lap.wall().as_secs_f64() * 1e3, answers.len() as u64)
}

fn main() -> ExitCode {
    Bench::new("journal")
        .rounds(3)
        .case(
            Case::new("waiting", Unit::NanosecondsPerCall)
                .floor("map")
                .subject("map", 100_000, |calls| waiting(calls, false))
                .subject("map-journal", 100_000, |calls| waiting(calls, true)),
        )
        .case(
            Case::new("computing", Unit::NanosecondsPerCall)
                .floor("map")
                .subject("map", 20_000, |calls| computing(calls, false))
                .subject("map-journal", 20_000, |calls| computing(calls, true)),
        )
        .case(
            Case::new("recovery", Unit::Milliseconds)
                .expects(|entries| entries..=entries)
                .floor("open")
                .subject("open", 1_000_000, open)
                .subject("recover", 1_000_000, recover)
                .subject("resume", 1_000_000, resume),
        )
        .main()
}
