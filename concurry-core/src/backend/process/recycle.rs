//! Replacing a process that has worked long enough: the next one is started before it is ended.

use std::time::{Duration, Instant};

use super::bell::Bell;
use super::connection::Connection;
use super::link::Link;
use super::options::ProcessOptions;
use crate::shared::spawn_detached;
use crate::wire::Kind;

/// How often the memory of a process is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a process that was replaced may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// When a process is replaced, and by what.
#[derive(Debug)]
pub(super) struct Recycling {
    after: Option<u64>,
    above: Option<u64>,
    answered: u64,
    looked: Instant,
    due: bool,
    /// The next process, which is being built or is built.
    next: Option<Connection>,
    ready: bool,
}

impl Recycling {
    pub(super) fn new(options: &ProcessOptions) -> Self {
        Self {
            after: options.recycle_after,
            above: options.recycle_above,
            answered: 0,
            looked: Instant::now(),
            due: false,
            next: None,
            ready: false,
        }
    }

    /// So many calls more are done.
    pub(super) fn answered(&mut self, calls: usize, connection: &Connection) {
        self.answered += calls as u64;
        self.due |= self.after.is_some_and(|after| self.answered >= after);
        if let Some(above) = self.above
            && self.looked.elapsed() >= LOOK
        {
            self.looked = Instant::now();
            self.due |= connection.process.memory().is_some_and(|bytes| bytes > above);
        }
    }

    /// Whether the next process is there, so that this one gets no more calls.
    pub(super) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Whether another process is to take over.
    pub(super) fn is_due(&self) -> bool {
        self.due
    }

    /// Takes the next process, if the time has come.
    pub(super) fn take(&mut self, table_is_empty: bool) -> Option<Connection> {
        if !self.ready || !table_is_empty {
            return None;
        }
        self.next.take()
    }
}

impl Link {
    /// Starts the next process if it is time, and hears of its constructor.
    pub(super) fn look_after_next(&self, recycling: &mut Recycling, bell: &Bell) {
        if !recycling.due || recycling.ready {
            return;
        }
        if recycling.next.is_none() {
            // If it can't be started, the old one goes on.
            recycling.next = self.begin_start().ok();
            recycling.due = recycling.next.is_some();
            if let Some(next) = &recycling.next {
                bell.add(&next.process.channel);
            }
        }
        let Some(next) = &mut recycling.next else { return };
        match next.poll_built(&self.line.pool) {
            None => {}
            Some(Ok(())) => {
                bell.remove(&next.process.channel);
                recycling.ready = true;
            }
            Some(Err(_)) => {
                recycling.next = None;
                recycling.due = false;
                recycling.answered = 0;
            }
        }
    }

    /// Ends a process that was replaced. Its destructors may take a while, and nobody waits for them.
    pub(super) fn retire(&self, mut old: Connection) {
        let _ = old.writer.add(Kind::Finish, 0, 0, |_| Ok(()));
        let _ = old.flush();
        let name = format!("{}-{}-old", self.line.pool.worker_name(), self.line.worker);
        let retire = move || {
            old.process.wait_for_end(FAREWELL);
            drop(old);
        };
        // Without a thread it is ended at once.
        let _ = spawn_detached(name, retire);
    }
}
