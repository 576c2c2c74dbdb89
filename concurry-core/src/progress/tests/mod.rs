//! What a person sees, and what the numbers say.

mod ends;
mod functions;
mod lines;
mod numbers;
#[cfg(feature = "progress")]
mod screen;
#[cfg(feature = "progress")]
mod screen_shared;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use concurry_time::FakeClock;

use super::Target;

/// A log that a test can read.
#[derive(Clone, Default)]
struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Log {
    fn target(&self, fake: &FakeClock) -> Target {
        Target::lines(self.clone()).with_clock(fake.clock())
    }

    fn lines(&self) -> Vec<String> {
        let bytes = self.bytes.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Moves the clock while the drawing thread waits, and returns when it waits again. For at most one
/// interval: the thread would set its next wait somewhere on the way.
fn pass(fake: &FakeClock, time: Duration) {
    fake.wait_for_sleepers(1);
    fake.advance(time);
    fake.wait_for_sleepers(1);
}
