//! Many calls while processes are killed all the time: each future ends once, and nothing runs twice.
//! Alone in its program, so that threads and descriptors can be counted.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use concurry::RestartPolicy;
use concurry::prelude::*;
use concurry_testkit::{threads_named, wait_until};

#[allow(dead_code)] // the tests of `process` use the rest
#[path = "process/workers.rs"]
mod workers;

use workers::{Fragile, is_alive, lines, log_file};

const CALLS: u64 = 100_000;

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn under_a_storm_of_kills_each_call_ends_once_and_none_runs_twice() {
    let log = log_file("storm");
    let before = descriptors();
    let policy = RestartPolicy::new().first_wait(Duration::from_millis(1)).max_failures(100);
    let options = Fragile::options(Mode::Process, 2).restart(policy);
    let fragile = options.init(Some(log.clone())).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let (stop, stopped) = mpsc::channel::<()>();
    let killer = {
        let (fragile, over) = (fragile.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            let mut killed = HashSet::new();
            // The wait is the interval of the storm, or its end.
            while stopped.recv_timeout(Duration::from_millis(50)).is_err()
                && !over.load(Ordering::Relaxed)
            {
                if let Ok(pid) = fragile.pid().result()
                    && killed.insert(pid)
                    && is_alive(pid)
                {
                    kill(pid);
                }
            }
            killed
        })
    };
    let mut done = vec![false; CALLS as usize];
    let (mut ok, mut died) = (0, 0);
    let calls = WorkerHandle::map(&fragile, 0..CALLS, |fragile, number| fragile.record(number));
    for (item, outcome) in calls.in_flight(2_000).as_completed() {
        assert!(!std::mem::replace(&mut done[item], true), "{item} ended twice");
        match outcome {
            Ok(number) => {
                assert_eq!(number, item as u64, "its own result");
                ok += 1;
            }
            Err(CallError::WorkerDied(_)) => died += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    over.store(true, Ordering::Relaxed);
    drop(stop);
    let killed = killer.join().unwrap();
    assert_eq!(ok + died, CALLS);
    assert!(killed.len() > 3 && died <= killed.len() as u64, "{died} of {} kills", killed.len());
    let counts = lines(&log, CALLS as usize);
    assert!(counts.iter().all(|count| *count <= 1), "a call ran twice");
    assert!(counts.iter().filter(|count| **count == 1).count() as u64 >= ok);
    assert!(fragile.stop().result().unwrap().complete);
    drop(fragile);
    wait_until("the threads are gone", || threads_named("Fragile") == 0);
    assert!(killed.iter().all(|pid| !is_alive(*pid)), "no process is left");
    wait_until("the descriptors are closed", || descriptors() <= before);
}

/// It may be gone already, which is no matter.
fn kill(pid: u32) {
    let mut command = std::process::Command::new("kill");
    let _ = command.args(["-KILL", &pid.to_string()]).stderr(std::process::Stdio::null()).status();
}
