//! Plain Ray actors, driven from Python.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use concurry_benches::harness::{Measurement, Stopwatch};

use super::session;

const PROGRAM: &str = include_str!("plain_actors.py");

/// A Python program that has joined the cluster and has its actors.
pub(super) struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub(super) fn start(python: &Path, address: &str) -> Self {
        Self::spawn(python, &[address])
    }

    fn spawn(python: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(python)
            .args(["-c", PROGRAM])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python of the cluster");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("it is piped"));
        let mut peer = Self { child, input, output: BufReader::new(output) };
        assert_eq!(peer.line().trim(), "ready");
        peer
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        line
    }

    fn ask(&mut self, case: &str, calls: u64) -> (f64, u64) {
        let input = self.input.as_mut().expect("it is open");
        writeln!(input, "{case} {calls}").expect("it reads");
        let line = self.line();
        let (value, sum) = line.trim().split_once(' ').expect("a figure and a sum");
        (value.parse().expect("a figure"), sum.parse().expect("a sum"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.child.wait();
    }
}

pub(super) fn run(case: &str, calls: u64) -> Measurement {
    session::with(|session| {
        let watch = Stopwatch::start();
        let (value, sum) = session.peer.ask(case, calls);
        watch.stop().with_value(value, sum)
    })
}

/// From the start of a program until its two actors have answered.
pub(super) fn start() -> Measurement {
    let (python, address) = session::with(|session| session.place());
    let watch = Stopwatch::start();
    let start = Instant::now();
    let peer = Peer::spawn(&python, &[&address, "start"]);
    let ready = start.elapsed();
    drop(peer);
    watch.stop().with_value(ready.as_secs_f64() * 1e3, 0)
}
