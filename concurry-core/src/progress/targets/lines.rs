//! Bars as plain lines, for logs.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use concurry_time::Clock;

use super::Sink;
use crate::progress::meter::{Meter, State};
use crate::progress::style::plain_line;

pub(super) struct Lines<W> {
    /// Also orders the lines of one bar: its last one is last.
    writer: Mutex<W>,
}

impl<W: Write + Send> Lines<W> {
    pub(super) fn new(writer: W) -> Self {
        Self { writer: Mutex::new(writer) }
    }
}

impl<W: Write + Send> Sink for Lines<W> {
    /// Work that takes less than an interval is worth one line.
    fn draws_at_start(&self) -> bool {
        false
    }

    fn draw(&self, meter: &Meter, clock: &Clock) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(frame) = meter.frame(clock.now()) else { return };
        if frame.state == State::Running || frame.leave {
            // One write for the whole line, so that other processes' lines don't get in between. A
            // log that is full or closed must not stop the work.
            let _ = writer.write_all(format!("{}\n", plain_line(&frame)).as_bytes());
            let _ = writer.flush();
        }
    }

    fn print(&self, text: &str) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // As above.
        let _ = writer.write_all(text.as_bytes());
        let _ = writer.flush();
    }
}
