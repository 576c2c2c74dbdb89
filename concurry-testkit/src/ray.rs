//! A Ray cluster of two nodes on this machine, and the Python that it needs.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Set, a test that can't have its cluster fails. Otherwise it is counted as not run.
pub const REQUIRE_RAY: &str = "CONCURRY_REQUIRE_RAY";

/// A cluster of two nodes that pretend to have 32 CPUs each, on loopback. It ends with this value, and with this
/// process whatever becomes of it.
#[derive(Debug)]
pub struct RayCluster {
    process: Child,
    /// Closed to end it.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    address: String,
    client_address: String,
    python: PathBuf,
}

fn script(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../concurry-ray/tests")).join(name)
}

/// The Python of a virtual environment with a pinned Ray, which is prepared if it is not there.
///
/// # Errors
///
/// What stands in the way, in words.
pub fn ray_python() -> Result<PathBuf, String> {
    let prepared = Command::new("python3")
        .arg(script("environment.py"))
        .args(target())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`python3` can't be started: {error}"))?;
    if !prepared.status.success() {
        return Err("Ray can't be installed into a virtual environment (see above)".to_owned());
    }
    Ok(PathBuf::from(String::from_utf8_lossy(&prepared.stdout).trim()))
}

/// The target directory that this program was built into.
fn target() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let mut parents = program.ancestors();
    parents.find(|parent| parent.join("CACHEDIR.TAG").is_file()).map(PathBuf::from)
}

impl RayCluster {
    /// Starts it: a few seconds, and half a minute more the first time.
    ///
    /// # Errors
    ///
    /// What stands in the way, in words.
    pub fn start() -> Result<Self, String> {
        let python = ray_python()?;
        // Names of sockets are short, so this is no place below the target directory.
        let directory = std::env::temp_dir().join(format!("cr{}", std::process::id()));
        let mut process = Command::new(&python)
            .arg(script("cluster.py"))
            .arg(directory)
            .arg("32")
            // Ray has its workers give way to all else, and there is much else while tests run at once.
            .env("RAY_worker_niceness", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the cluster can't be started: {error}"))?;
        let (Some(commands), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the cluster has no pipes".to_owned());
        };
        let answers = BufReader::new(answers);
        let commands = Some(commands);
        let (address, client_address) = (String::new(), String::new());
        let mut cluster = Self { process, commands, answers, address, client_address, python };
        let line = cluster.line()?;
        let value = |key| value(&line, key).ok_or("the cluster did not start (see above)");
        cluster.address = value("address")?;
        cluster.client_address = value("client")?;
        Ok(cluster)
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where its client server is, with `ray://` in front.
    #[must_use]
    pub fn client_address(&self) -> &str {
        &self.client_address
    }

    /// The Python that it runs.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.python.clone()
    }

    /// Ends the second node as if its power had failed.
    pub fn kill_node(&mut self) {
        self.tell("kill");
    }

    /// Adds a node in its place.
    pub fn add_node(&mut self) {
        self.tell("add");
    }

    /// Ends the server that the cluster hangs on.
    pub fn kill_head(&mut self) {
        self.tell("stop-head");
    }

    fn tell(&mut self, command: &str) {
        if let Some(commands) = &mut self.commands {
            let told = writeln!(commands, "{command}").and_then(|()| commands.flush());
            assert!(told.is_ok(), "the cluster is gone");
        }
        let line = self.line();
        let done = line.as_ref().is_ok_and(|line| !line.contains("error"));
        assert!(done, "{command}: {line:?}");
    }

    /// The next answer.
    fn line(&mut self) -> Result<String, String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line) {
            Ok(0) => Err("the cluster did not start, or is gone (see above)".to_owned()),
            Ok(_) => Ok(line),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// A value in an answer.
fn value(line: &str, key: &str) -> Option<String> {
    let (_, rest) = line.split_once(&format!("\"{key}\": \""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

impl Drop for RayCluster {
    fn drop(&mut self) {
        self.commands = None;
        let _ = self.process.wait();
    }
}
