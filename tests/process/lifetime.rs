//! How processes begin and end.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use concurry::prelude::*;
use concurry::process::ProcessOptions;
use concurry_testkit::{wait_until, within};

use crate::workers::{fragile, fragile_with, is_alive, signal};

/// Makes the test below the parent of a pool.
const PARENT: &str = "CONCURRY_TEST_PARENT";

#[test]
fn a_process_is_replaced_after_so_many_calls_and_no_call_is_lost() {
    within(|| {
        let fragile = fragile_with(ProcessOptions::new().recycle_after(100));
        let first = fragile.pid().result().unwrap();
        let futures: Vec<_> = (0..5_000).map(|number| fragile.add(number, 1)).collect();
        assert_eq!(gather(futures).results().unwrap(), (1..=5_000).collect::<Vec<_>>());
        wait_until("another process answers", || fragile.pid().result().unwrap() != first);
        wait_until("the first one is gone", || !is_alive(first));
        assert_eq!(fragile.stats().failed, 0);
    });
}

#[test]
fn a_process_that_has_grown_is_replaced_and_no_call_fails() {
    within(|| {
        let fragile = fragile_with(ProcessOptions::new().recycle_above(200 << 20));
        let first = fragile.leak(1).result().unwrap();
        assert_eq!(fragile.leak(300).result().unwrap(), first);
        wait_until("another process answers", || fragile.pid().result().unwrap() != first);
        wait_until("the first one is gone", || !is_alive(first));
        assert_eq!(fragile.stats().failed, 0);
    });
}

#[test]
fn a_stopped_pool_leaves_no_process() {
    within(|| {
        let fragile = fragile(2);
        let pids: Vec<u32> = (0..10).map(|_| fragile.pid().result().unwrap()).collect();
        assert!(fragile.stop().result().unwrap().complete);
        assert!(pids.iter().all(|pid| !is_alive(*pid)));
        let fragile = crate::workers::fragile(1);
        let pid = fragile.pid().result().unwrap();
        drop(fragile);
        wait_until("the process of a dropped pool is gone", || !is_alive(pid));
    });
}

/// Not a test of its own: with the variable, it is the parent that is killed.
#[test]
fn a_parent_that_waits() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let fragile = fragile(2);
    let pid = fragile.pid().result().unwrap();
    let child = fragile.start_child().result().unwrap();
    println!("pids {pid} {child}");
    let _ = std::io::stdin().lines().count();
}

#[test]
fn no_process_is_left_when_the_parent_is_killed() {
    within(|| {
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args(["lifetime::a_parent_that_waits", "--exact", "--nocapture", "--test-threads=1"])
            .env(PARENT, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
        let pids: Vec<u32> = loop {
            let line = lines.next().unwrap().unwrap();
            if let Some((_, pids)) = line.split_once("pids ") {
                break pids.split_whitespace().map(|pid| pid.parse().unwrap()).collect();
            }
        };
        assert!(pids.iter().all(|pid| is_alive(*pid)));
        signal(parent.id(), "-KILL");
        parent.wait().unwrap();
        wait_until("worker and what it had started are gone", || {
            pids.iter().all(|pid| !is_alive(*pid))
        });
    });
}

#[test]
fn a_stray_variable_makes_no_worker() {
    // With a variable, and without; the standard input is no socket of ours.
    let listed = |secret: Option<&str>| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        if let Some(secret) = secret {
            command.env("CONCURRY_WORKER", secret);
        }
        command.arg("--list").stdin(Stdio::null()).output().unwrap()
    };
    let (plain, stray) = (listed(None), listed(Some(&"0".repeat(32))));
    assert!(plain.status.success() && stray.status.success());
    assert_eq!(plain.stdout, stray.stdout, "the program's own `main` ran");
}

#[test]
fn what_processes_print_comes_out_here_in_whole_lines() {
    within(|| {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["lifetime::a_worker_that_prints", "--exact", "--nocapture"])
            .env(PARENT, "1")
            .output()
            .unwrap();
        let (out, err) = (output.stdout, output.stderr);
        assert!(String::from_utf8_lossy(&out).contains("a line of the worker\n"));
        assert!(String::from_utf8_lossy(&err).contains("a line of the worker\n"));
    });
}

/// Not a test of its own: with the variable, it prints from a worker.
#[test]
fn a_worker_that_prints() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let fragile = fragile(1);
    fragile.print("a line of the worker".to_owned()).result().unwrap();
    assert!(fragile.stop().result().unwrap().complete);
    wait_until("the output is printed", || concurry_testkit::threads_named("Fragile-out") == 0);
}
