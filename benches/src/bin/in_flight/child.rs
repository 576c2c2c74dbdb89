//! Takes each sample in a process of its own: this program, called with the subject's name.

use std::env;
use std::process::{Command, ExitCode};

use concurry_benches::harness::{Measurement, Stopwatch};

use super::Count;
use super::sleeping::Counted;

/// The first argument of a child; the subject and the number of calls follow.
const SAMPLE: &str = "sample";

/// Starts a child for one sample and waits for what it prints.
pub(crate) fn measure(subject: &str, calls: u64) -> Measurement {
    let watch = Stopwatch::start();
    let program = env::current_exe().expect("the system knows this program's path");
    let mut child = Command::new(program);
    let output = child.args([SAMPLE, subject, &calls.to_string()]).output();
    let output = output.expect("this program can be started again");
    assert!(output.status.success(), "{subject}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>());
    let mut number = || numbers.next().and_then(Result::ok).expect("a child prints two numbers");
    let (bytes, sum) = (number(), number());
    let measured = watch.stop().with_value(bytes as f64 / calls as f64, sum);
    // The child counts as another process here; its memory does not depend on load anyway.
    Measurement { other_cpus: 0.0, ..measured }
}

/// Takes the sample if this process is such a child.
pub(crate) fn serve(subjects: &[(&str, Count)]) -> Option<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [sample, subject, calls] = arguments.as_slice() else { return None };
    if sample != SAMPLE {
        return None;
    }
    let (_, count) = subjects.iter().find(|(name, _)| name == subject)?;
    let Counted { bytes, sum } = count(calls.parse().ok()?);
    println!("{bytes} {sum}");
    Some(ExitCode::SUCCESS)
}
