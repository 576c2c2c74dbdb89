//! A bound on everything that a test waits for.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::gate::OpensGates;

/// How long a test waits for something that has to happen. Far more than it takes: the bound only
/// turns a hang into a message.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a test, and fails it if it does not end. At its end, the gates that it has made are open.
///
/// # Panics
///
/// With the test's own panic, or after [`PATIENCE`].
pub fn within(test: impl FnOnce() + Send + 'static) {
    within_patience(PATIENCE, test);
}

/// As [`within`], for a test of which each step takes long.
///
/// # Panics
///
/// With the test's own panic, or after that time.
pub fn within_patience(patience: Duration, test: impl FnOnce() + Send + 'static) {
    let (sender, receiver) = channel::<()>();
    let name = thread::current().name().unwrap_or("test").to_owned();
    let run = move || {
        // Dropped at the end, and by a panic.
        let _ended = sender;
        let _opens = OpensGates;
        test();
    };
    let Ok(thread) = thread::Builder::new().name(name).spawn(run) else {
        panic!("the system refused a thread for the test");
    };
    match receiver.recv_timeout(patience) {
        Err(RecvTimeoutError::Timeout) => panic!("the test did not end within {patience:?}"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
    }
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
