//! Workers that many tests use.

use std::time::Duration;

use concurry::prelude::*;

/// Dies in every way there is.
#[derive(Worker)]
pub(crate) struct Fragile {
    calls: u64,
}

#[worker]
impl Fragile {
    pub(crate) fn new() -> Self {
        Self { calls: 0 }
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

    pub(crate) fn exit(&self, code: i32) -> u64 {
        std::process::exit(code)
    }

    pub(crate) fn abort(&self) -> u64 {
        std::process::abort()
    }

    pub(crate) fn sleep(&self, millis: u64) -> u64 {
        std::thread::sleep(Duration::from_millis(millis));
        millis
    }
}

/// One or more fragile workers.
pub(crate) fn fragile(workers: usize) -> FragileHandle {
    Fragile::options(Mode::Process, workers).init().unwrap()
}
