//! The end of a process, and what becomes of its calls.

use std::time::Duration;

use super::child::cause_of;
use super::connection::Came;
use super::feed::Feed;
use super::link::Link;
use crate::error::WorkerDeath;
use crate::remote::{Begun, Death};
use crate::wire::FrameReader;

/// How long a process may take to end that has closed its channel.
const CLOSING: Duration = Duration::from_secs(1);

impl Link {
    /// The process has closed its channel or ended. `None`: as it was told.
    pub(super) fn ended(&mut self, feed: &mut Feed) -> Option<WorkerDeath> {
        // What it had sent before is still there.
        while matches!(feed.connection.read(), Came::Bytes | Came::More) {
            if self.line.handle(feed).is_err() {
                break;
            }
        }
        let process = &mut feed.connection.process;
        if !process.has_ended() {
            process.wait_for_end(CLOSING);
            process.kill();
        }
        let status = process.reap();
        if feed.finishing && feed.table.is_empty() {
            return None;
        }
        Some(cause_of(status))
    }

    /// The process is gone. What it had done counts, what it had begun fails, the rest is run
    /// elsewhere.
    pub(super) fn bury(&mut self, feed: Feed, cause: WorkerDeath) {
        let Feed { mut connection, mut table, waits_alone, told_to_stop, .. } = feed;
        let _ = connection.process.reap();
        // Before the calls whose arguments it points to.
        connection.writer.clear();
        let recorder = &connection.process.recorder;
        let left = recorder.left_behind();
        let mut reader = FrameReader::new(self.line.options.max_message);
        let mut source = left.as_slice();
        let _ = reader.read_from(&mut source);
        while let Ok(Some(frame)) = reader.take() {
            let _ = self.line.pool.receive(self.line.worker, frame, &mut table);
        }
        if told_to_stop {
            for number in table.numbers() {
                drop(table.remove(number));
            }
            self.table = table;
            return;
        }
        let death = Death { cause, quarantine_after: self.line.options.quarantine_after };
        let begun = |number| match recorder.has_begun(number) {
            true => Begun::Yes,
            false => Begun::No,
        };
        self.line.pool.queue().give_back(waits_alone);
        let begun_of = |number| recorder.begun_of(number).unwrap_or(usize::MAX);
        self.line.pool.bury_chunks(self.line.worker, &mut table, &death, begun_of);
        self.line.pool.bury(self.line.worker, &mut table, &death, begun);
        // Its numbers go on, so that no late answer meets another call.
        self.table = table;
    }
}
