//! Runs with a journal that are really killed: only what is left is called again, and nothing is lost.
//!
//! A program of its own and not a test harness: its children are this program, with an argument.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use concurry::graph::Compute;
use concurry::journal::JournalError;
use concurry::prelude::*;
use concurry::{JournaledMapError, TaskPool};
use concurry_time::Clock;

const ITEMS: u64 = 3_000;
const IN_FLIGHT: usize = 8;
const KILLS: u32 = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("map") => run_map(Path::new(&arguments[2])),
        Some("graph") => run_graph(Path::new(&arguments[2])),
        // The harness's own arguments, such as a filter, are not for us.
        _ => {
            a_run_that_is_killed_again_and_again_loses_nothing("map");
            a_run_that_is_killed_again_and_again_loses_nothing("graph");
            a_run_on_a_full_disk_says_so_and_loses_nothing("map");
            a_run_on_a_full_disk_says_so_and_loses_nothing("graph");
            println!("test result: ok. 4 passed");
        }
    }
}

/// What a child does: says what the calls give that it makes, and at the end what came out.
fn run_map(journal: &Path) {
    let pool = TaskPool::new(Mode::Thread, 2).unwrap();
    let squares = pool.map(0..ITEMS, |item| work(item * item));
    match squares.in_flight(IN_FLIGHT).journal(journal).results() {
        Ok(squares) => say(&format!("sum {} of {}", squares.iter().sum::<u64>(), squares.len())),
        Err(JournaledMapError::Journal(error)) => say_error(&error),
        Err(error) => say(&format!("other error {error}")),
    }
}

fn say_error(error: &JournalError) {
    let JournalError::Write { unwritten, .. } = error else {
        return say(&format!("other error {error}"));
    };
    say(&format!("error {error}"));
    unwritten.lines().for_each(|line| say(&format!("unwritten {line}")));
}

fn work(result: u64) -> u64 {
    say(&format!("call {result}"));
    Clock::system().sleep(Duration::from_micros(100)).wait();
    result
}

#[derive(Worker)]
struct Squarer;

#[worker]
impl Squarer {
    fn new() -> Self {
        Self
    }

    pub fn root(&self, item: u64) -> u64 {
        work(ITEMS * ITEMS + item)
    }

    pub fn square(&self, root: u64) -> u64 {
        work((root - ITEMS * ITEMS).pow(2))
    }
}

/// The same with a graph of twice as many calls, every second one of which depends on another.
fn run_graph(journal: &Path) {
    let squarer = Squarer::options(Mode::Thread, 2).init().unwrap().lazy();
    let squares: Vec<_> = (0..ITEMS).map(|item| squarer.square(squarer.root(item))).collect();
    match Compute::of(squares).in_flight(IN_FLIGHT).journal(journal).run() {
        Ok(squares) => say(&format!("sum {} of {}", squares.iter().sum::<u64>(), squares.len())),
        Err(error) => match error.downcast_ref::<JournalError>() {
            Some(error) => say_error(error),
            None => say(&format!("other error {error}")),
        },
    }
}

/// One line by one call of the system, so that none is torn or kept back.
fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The results that a journal has, each of another call, with their lines' number. A torn last line is
/// not one.
fn recorded(journal: &Path) -> BTreeMap<u64, usize> {
    let text = std::fs::read(journal).unwrap();
    let lines = text.split(|&byte| byte == b'\n');
    let parse = |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).ok();
    let items = lines.filter_map(|line| parse(line)?.get("ok")?.as_u64());
    let mut counted = BTreeMap::new();
    items.for_each(|item| *counted.entry(item).or_default() += 1);
    counted
}

fn start(run: &str, journal: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.arg(run).arg(journal).stdout(Stdio::piped()).spawn().unwrap()
}

fn a_run_that_is_killed_again_and_again_loses_nothing(run: &str) {
    let calls = if run == "map" { ITEMS } else { 2 * ITEMS } as usize;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("run.jsonl");
    let mut random = fastrand::Rng::with_seed(7);
    let mut known: BTreeMap<u64, usize> = BTreeMap::new();
    let mut repeated = 0;
    for _ in 0..KILLS {
        let mut child = start(run, &journal);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut called = Vec::new();
        // At any moment of a run: the calls of a run are counted as they are made.
        for _ in 0..random.u64(1..40) {
            match lines.next() {
                Some(line) => called.push(line.unwrap()),
                None => break,
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        called.extend(lines.map_while(Result::ok));
        let called = called.iter().filter_map(|line| line.strip_prefix("call ")?.parse().ok());
        let called: Vec<u64> = called.collect();
        assert!(called.iter().all(|item| !known.contains_key(item)), "paid twice: {called:?}");
        known = recorded(&journal);
        let lost = called.iter().filter(|item| !known.contains_key(item)).count();
        assert!(lost <= IN_FLIGHT, "{lost} calls were lost, and {IN_FLIGHT} were on their way");
        repeated += lost;
    }
    assert!(known.len() < calls && repeated > 0, "the kills came in the middle");
    let output = start(run, &journal).wait_with_output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let sum: u64 = (0..ITEMS).map(|item| item * item).sum();
    assert_eq!(output.lines().last(), Some(format!("sum {sum} of {ITEMS}").as_str()));
    let known = recorded(&journal);
    assert_eq!(known.len(), calls);
    assert!(known.values().all(|&lines| lines == 1), "an item was recorded twice");
    // A further run has nothing left to do.
    let output = start(run, &journal).wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("sum {sum} of {ITEMS}\n"));
}

/// A limit on the size of files stands for the disk: both refuse a write half-way.
fn a_run_on_a_full_disk_says_so_and_loses_nothing(run: &str) {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("run.jsonl");
    let limited = "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$1\" \"$2\"";
    let mut shell = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    let child = shell.arg("-c").arg(limited).arg(program).arg(run).arg(&journal);
    let output = String::from_utf8(child.output().unwrap().stdout).unwrap();
    let with = |prefix: &str| -> Vec<String> {
        output.lines().filter_map(|line| line.strip_prefix(prefix).map(str::to_owned)).collect()
    };
    let [error] = &with("error ")[..] else { panic!("{output}") };
    let names_both = error.contains(journal.to_str().unwrap()) && error.contains("make room");
    assert!(names_both, "the file and the remedy: {error}");
    let called: Vec<u64> = with("call ").iter().map(|item| item.parse().unwrap()).collect();
    assert!(called.len() < ITEMS as usize, "no calls are made whose results can't be kept");
    let text = std::fs::read_to_string(&journal).unwrap();
    assert!(text.ends_with('\n'), "the file ends with a whole group");
    // Every call that was made is in the file or in the error.
    let mut kept = text;
    with("unwritten ").iter().for_each(|line| kept.push_str(&format!("{line}\n")));
    for item in &called {
        assert!(kept.contains(&format!("\"ok\":{item}}}")), "{item} was paid for and is lost");
    }
    let again = start(run, &journal).wait_with_output().unwrap();
    let again = String::from_utf8(again.stdout).unwrap();
    let sum: u64 = (0..ITEMS).map(|item| item * item).sum();
    assert!(again.ends_with(&format!("sum {sum} of {ITEMS}\n")));
    let paid_twice = again.lines().filter_map(|line| line.strip_prefix("call ")?.parse().ok());
    let paid_twice = paid_twice.filter(|item: &u64| called.contains(item)).count();
    assert!(paid_twice <= IN_FLIGHT, "{paid_twice} were made twice, and {IN_FLIGHT} on their way");
}
