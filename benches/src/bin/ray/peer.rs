//! Subject `ray-python`: a Python program that calls Ray's own actors.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use concurry_benches::harness::{Measurement, Stopwatch};
use concurry_testkit::RayCluster;

/// The program.
pub(crate) struct Peer(Mutex<(Child, ChildStdin, BufReader<ChildStdout>)>);

impl Peer {
    /// Starts it on the cluster.
    pub(crate) fn start(cluster: &RayCluster) -> Self {
        let mut child = Command::new(cluster.python())
            .args(["-c", include_str!("peer.py"), cluster.address()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let peer = Self(Mutex::new((child, input, output)));
        assert_eq!(peer.answer(), "ready");
        peer
    }

    fn answer(&self) -> String {
        let mut line = String::new();
        self.0.lock().expect("one at a time").2.read_line(&mut line).expect("it answers");
        line.trim().to_owned()
    }

    /// Has it make so many calls.
    pub(crate) fn measure(&self, case: &str, calls: u64) -> Measurement {
        let watch = Stopwatch::start();
        let told = writeln!(self.0.lock().expect("one at a time").1, "{case} {calls}");
        told.expect("it listens");
        let sum = self.answer().parse().expect("a number");
        let lap = watch.stop();
        match case {
            "roundtrip" => lap.with_value(lap.wall().as_secs_f64() * 1e6 / calls as f64, sum),
            "start-2" => lap.with_value(lap.wall().as_secs_f64() * 1e3, sum),
            _ => lap.per_call(calls, sum),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if let Ok((child, ..)) = self.0.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
