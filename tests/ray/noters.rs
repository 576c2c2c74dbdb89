//! Workers that many tests use, and what the system knows about their processes.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use concurry::prelude::*;

use crate::cluster;

/// Notes each run in a file, so that a second one is seen.
#[derive(Worker)]
pub(crate) struct Noter {
    notes: PathBuf,
}

#[worker]
impl Noter {
    pub(crate) fn new(notes: PathBuf) -> Self {
        Self { notes }
    }

    /// The process of the worker.
    pub(crate) fn process(&self) -> u32 {
        std::process::id()
    }

    /// The process of the actor that has started it.
    pub(crate) fn actor(&self) -> u32 {
        std::os::unix::process::parent_id()
    }

    pub(crate) fn note(&self, number: u64) -> u64 {
        self.write(number);
        number
    }

    /// Notes a number, and ends its process.
    pub(crate) fn note_and_die(&self, number: u64, how: String) -> u64 {
        self.write(number);
        match how.as_str() {
            "exit" => std::process::exit(7),
            "abort" => std::process::abort(),
            _ => number,
        }
    }

    /// Notes a number, and sleeps until the file is there.
    pub(crate) fn note_and_wait(&self, number: u64, file: PathBuf) -> u64 {
        self.write(number);
        wait_for_file(&file);
        number
    }

    #[idempotent]
    pub(crate) fn note_twice_if_need_be(&self, number: u64, file: PathBuf) -> u64 {
        self.write(number);
        wait_for_file(&file);
        number
    }

    pub(crate) fn echo(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    pub(crate) fn say(&self, text: String) {
        println!("{text}");
    }

    pub(crate) fn variable(&self, name: String) -> Option<String> {
        std::env::var(name).ok()
    }

    pub(crate) fn read(&self, name: String) -> Result<String, String> {
        fs::read_to_string(name).map_err(|error| error.to_string())
    }

    #[worker(skip)]
    fn write(&self, number: u64) {
        let file = OpenOptions::new().append(true).create(true).open(&self.notes);
        // One write each, so that lines of several processes are not torn.
        file.unwrap().write_all(format!("{number}\n").as_bytes()).unwrap();
    }
}

#[derive(Worker)]
pub(crate) struct Sleeper;

#[worker]
impl Sleeper {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) async fn sleep(&self, milliseconds: u64) -> u64 {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        milliseconds
    }

    pub(crate) async fn process(&self) -> u32 {
        std::process::id()
    }
}

fn wait_for_file(file: &Path) {
    concurry_testkit::wait_until("the file is there", || file.exists());
}

/// A directory for one test.
pub(crate) struct Notes(PathBuf);

impl Notes {
    pub(crate) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("concurry-notes-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        Self(directory)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("notes")
    }

    /// A file that is not there yet.
    pub(crate) fn gate(&self) -> PathBuf {
        self.0.join("gate")
    }

    pub(crate) fn open_gate(&self) {
        fs::write(self.gate(), "").unwrap();
    }

    /// What was noted, in order.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let text = fs::read_to_string(self.file()).unwrap_or_default();
        text.lines().map(|line| line.parse().unwrap()).collect()
    }

    /// How often each of the first numbers was noted.
    pub(crate) fn counts(&self, numbers: usize) -> Vec<u32> {
        let mut counts = vec![0; numbers];
        for number in self.numbers() {
            counts[usize::try_from(number).unwrap()] += 1;
        }
        counts
    }

    pub(crate) fn noter(&self, workers: usize) -> NoterHandle {
        let options = Noter::options(Mode::Ray, workers).ray(cluster::options());
        options.init(self.file()).unwrap()
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Ends a process as if it had crashed.
pub(crate) fn kill(process: u32) {
    signal(process, "KILL");
}

/// Sends a signal to a process.
pub(crate) fn signal(process: u32, signal: &str) {
    let mut command = std::process::Command::new("kill");
    let sent = command.args([format!("-{signal}"), process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Whether a process is there, and no zombie.
pub(crate) fn is_alive(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = status.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// All processes of this machine.
fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The processes of gateways that a process has started.
pub(crate) fn gateways_of(parent: u32) -> Vec<u32> {
    processes()
        .filter(|process| {
            let read =
                |file| fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
            let parent_of = read("stat")
                .rsplit(") ")
                .next()
                .map(|rest| rest.split(' ').nth(1).and_then(|parent| parent.parse().ok()));
            parent_of.flatten() == Some(parent) && read("cmdline").ends_with("\0concurry-ray\0")
        })
        .collect()
}

/// The processes of workers of this test's cluster.
pub(crate) fn workers() -> Vec<u32> {
    let cluster = std::env::temp_dir().join(format!("cr{}", std::process::id()));
    let program = |process: &u32| fs::read_link(format!("/proc/{process}/exe"));
    let is_worker = |process: &u32| {
        program(process).is_ok_and(|path| {
            path.starts_with(&cluster)
                && path.components().any(|part| part.as_os_str() == "concurry")
        })
    };
    processes().filter(is_worker).collect()
}

/// The gateways that a test starts. A pool of an earlier test may still be running what it has, with
/// its own.
pub(crate) struct OwnGateways {
    earlier: Vec<u32>,
}

impl OwnGateways {
    /// From here on, for pools that have a connection of their own.
    pub(crate) fn begin() -> Self {
        cluster::forget_connection();
        Self { earlier: gateways_of(std::process::id()) }
    }

    /// Those that are there now.
    pub(crate) fn now(&self) -> Vec<u32> {
        let mut gateways = gateways_of(std::process::id());
        gateways.retain(|gateway| !self.earlier.contains(gateway));
        gateways
    }
}
