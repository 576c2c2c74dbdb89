//! Dask's delayed with its threaded scheduler on the same graphs.
//!
//! It is installed into a virtual environment under the target folder the first time, through the
//! usual package index; where that is not to be had, the bench says so and goes on without it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use concurry_benches::harness::{Measurement, Stopwatch};

use super::shapes::Shape;

const SCRIPT: &str = include_str!("dask_graphs.py");

/// An interpreter that has Dask.
#[derive(Clone, Debug)]
pub(crate) struct Dask {
    python: PathBuf,
}

impl Dask {
    /// Finds it, or installs it.
    pub(crate) fn find() -> Result<Self, String> {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
        let environment = target.join("dask-environment");
        let python = environment.join("bin/python");
        let has_dask = |python: &Path| {
            let check =
                Command::new(python).args(["-c", "import dask"]).stderr(Stdio::null()).status();
            check.is_ok_and(|status| status.success())
        };
        if !has_dask(&python) {
            run(Command::new("python3").arg("-m").arg("venv").arg(&environment))?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "dask"]))?;
        }
        match has_dask(&python) {
            true => Ok(Self { python }),
            false => Err("it was installed, but can't be imported".to_owned()),
        }
    }

    /// Builds and runs a graph. The start of the interpreter does not count.
    pub(crate) fn measure(&self, shape: Shape, calls: u64) -> Measurement {
        let watch = Stopwatch::start();
        let output = Command::new(&self.python)
            .args(["-c", SCRIPT, shape.name(), &calls.to_string()])
            .output()
            .expect("the interpreter starts");
        let lap = watch.stop();
        let text = String::from_utf8_lossy(&output.stdout);
        let mut fields = text.split_whitespace();
        let seconds: f64 = fields
            .next()
            .and_then(|field| field.parse().ok())
            .unwrap_or_else(|| panic!("Dask failed: {}", String::from_utf8_lossy(&output.stderr)));
        let sum = fields.next().and_then(|field| field.parse().ok()).unwrap_or(0);
        lap.with_value(seconds * 1e9 / calls as f64, sum)
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{:?} ended with {status}", command.get_program())),
        Err(error) => Err(format!("{:?}: {error}", command.get_program())),
    }
}
