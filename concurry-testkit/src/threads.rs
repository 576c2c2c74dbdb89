//! Threads of this process, by name.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::PATIENCE;

/// How many threads of this process have a name that begins so. The system keeps 15 bytes of a
/// name. Tests run beside each other, so a test looks for the names of its own workers only.
#[must_use]
pub fn threads_named(prefix: &str) -> usize {
    let prefix = prefix.get(..15).unwrap_or(prefix);
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0 };
    let names =
        tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.starts_with(prefix)).count()
}

/// Waits for what the operating system does in its own time, and tells nobody: a thread that has
/// returned, but is not yet gone.
///
/// # Panics
///
/// If it does not happen.
pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < end, "waited {PATIENCE:?} until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
