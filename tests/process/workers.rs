//! Workers that many tests use.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use concurry::prelude::*;
use concurry::process::ProcessOptions;
use concurry_testkit::Gate;

/// Does its calls, or dies in every way there is.
#[derive(Worker)]
pub(crate) struct Fragile {
    calls: u64,
    /// Where each call that begins leaves a line.
    log: Option<PathBuf>,
}

#[worker]
impl Fragile {
    pub(crate) fn new(log: Option<PathBuf>) -> Self {
        Self { calls: 0, log }
    }

    /// Counts its calls.
    pub(crate) fn count(&mut self) -> u64 {
        self.calls += 1;
        self.calls
    }

    pub(crate) fn add(&self, left: u64, right: u64) -> u64 {
        left + right
    }

    pub(crate) fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    pub(crate) fn pid(&self) -> u32 {
        std::process::id()
    }

    /// Leaves a line in the log, by one write, and gives the number back.
    pub(crate) fn record(&self, number: u64) -> u64 {
        self.leave_line(number);
        number
    }

    /// The same, and may be run twice.
    #[idempotent]
    pub(crate) fn record_again(&self, number: u64, fatal: bool) -> u64 {
        self.leave_line(number);
        if fatal {
            std::process::abort();
        }
        number
    }

    pub(crate) fn exit(&self, code: i32) -> u64 {
        std::process::exit(code)
    }

    /// Takes its process along if it is told to.
    pub(crate) fn next_unless(&self, number: u64, deadly: bool) -> u64 {
        if deadly { self.abort() } else { number + 1 }
    }

    pub(crate) fn abort(&self) -> u64 {
        std::process::abort()
    }

    /// Uses up the stack.
    pub(crate) fn overflow(&self, depth: u64) -> u64 {
        let ballast = std::hint::black_box([depth; 1_000]);
        if depth == u64::MAX { 0 } else { self.overflow(depth + 1) + ballast[0] }
    }

    /// Takes so much memory, and waits at the gate.
    pub(crate) fn swell(&self, mebibytes: usize, gate: Gate) -> usize {
        let memory = vec![1_u8; mebibytes << 20];
        gate.pass();
        memory.len()
    }

    /// Takes so much memory, and keeps it.
    pub(crate) fn leak(&self, mebibytes: usize) -> u32 {
        std::mem::forget(vec![1_u8; mebibytes << 20]);
        std::process::id()
    }

    /// Sends what is no message of a worker.
    pub(crate) fn babble(&self) -> u64 {
        for mut socket in own_sockets() {
            let _ = socket.write_all(&[0xff; 1_000]);
        }
        loop {
            std::thread::park();
        }
    }

    /// Closes its channels, and lives on.
    pub(crate) fn hang_up(&self) -> u64 {
        for socket in own_sockets() {
            let _ = socket.shutdown(Shutdown::Write);
        }
        loop {
            std::thread::park();
        }
    }

    /// Makes a call of its own that never ends, and leaves the number if that is cut off.
    pub(crate) fn nest(&self, number: u64) -> u64 {
        let nested = TaskPool::new(Mode::Async, 1).map(|pool| {
            let never = pool.spawn(std::future::pending::<()>());
            never.result()
        });
        if matches!(nested, Ok(Err(error)) if error.is_timeout()) {
            self.leave_line(number);
        }
        number
    }

    pub(crate) fn hold(&self, gate: Gate) -> u32 {
        gate.pass();
        std::process::id()
    }

    /// Goes on, whatever its context says.
    pub(crate) fn heed_nothing(&self, gate: Gate) -> u64 {
        gate.pass();
        loop {
            std::thread::park();
        }
    }

    /// Waits until nobody wants it any more.
    pub(crate) fn heed(&self, ctx: &CallContext, gate: Gate) -> Result<u64, String> {
        gate.pass();
        while !ctx.is_cancelled() {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Err("cancelled".to_owned())
    }

    /// Starts a program that would stay.
    pub(crate) fn start_child(&self) -> u32 {
        std::process::Command::new("sleep").arg("1000").spawn().map_or(0, |child| child.id())
    }

    pub(crate) fn print(&self, line: String) -> usize {
        println!("{line}");
        eprintln!("{line}");
        line.len()
    }

    pub(crate) fn input(&self) -> usize {
        std::io::stdin().lines().count()
    }

    fn leave_line(&self, number: u64) {
        if let Some(log) = &self.log
            && let Ok(mut file) = OpenOptions::new().append(true).create(true).open(log)
        {
            let _ = file.write_all(format!("{number}\n").as_bytes());
        }
    }
}

/// The sockets of this process, once more.
fn own_sockets() -> Vec<UnixStream> {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

    let Ok(me) = pidfd_open(getpid(), PidfdFlags::empty()) else { return Vec::new() };
    let descriptors = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let sockets = descriptors.filter(|entry| {
        std::fs::read_link(entry.path())
            .is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    });
    let numbers = sockets.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|number| pidfd_getfd(&me, number, PidfdGetfdFlags::empty()).ok())
        .map(UnixStream::from)
        .collect()
}

/// Fragile workers without a log.
pub(crate) fn fragile(workers: usize) -> FragileHandle {
    Fragile::options(Mode::Process, workers).init(None).unwrap()
}

/// A pool of one such worker.
pub(crate) fn fragile_with(options: ProcessOptions) -> FragileHandle {
    Fragile::options(Mode::Process, 1).process(options).init(None).unwrap()
}

/// A file of this test alone, which is not there yet.
pub(crate) fn log_file(test: &str) -> PathBuf {
    let name = format!("concurry-{test}-{}.log", std::process::id());
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_file(&path);
    path
}

/// How often each number stands in a log, which is taken away.
pub(crate) fn lines(log: &Path, numbers: usize) -> Vec<u32> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let _ = std::fs::remove_file(log);
    let mut counts = vec![0; numbers];
    for number in text.lines().filter_map(|line| line.parse::<usize>().ok()) {
        counts[number] += 1;
    }
    counts
}

/// Sends a signal to a process.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &pid.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Whether the process is there, and no zombie.
pub(crate) fn is_alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
    state.is_some_and(|state| state != "Z" && state != "X")
}
