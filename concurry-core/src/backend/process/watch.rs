//! When a process is asked for a sign of life, and when it is killed.

use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use concurry_time::Sleep;

use super::child::Process;
use super::options::ProcessOptions;
use crate::error::WorkerDeath;
use crate::remote::{CallTable, RemotePool};

/// Without a result for so long, what waits behind the running call goes elsewhere.
const SLOW: Duration = Duration::from_millis(3);
/// How often the memory of a process is looked at while it works.
const MEMORY_LOOK: Duration = Duration::from_millis(50);
/// How long a process that has nothing to do any more may take to end.
const FAREWELL: Duration = Duration::from_secs(30);

/// What is wrong with a process.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No result came for a while: it is to send what it has, and to show that it lives.
    Silent,
    /// It has to be killed.
    Deadly(WorkerDeath),
}

/// Watches one process.
#[derive(Debug)]
pub(super) struct Watch {
    hang_timeout: Duration,
    memory_limit: Option<u64>,
    /// When anything came last.
    heard: Instant,
    /// When it is asked next.
    ask: Option<Instant>,
    /// When its memory is looked at next.
    look: Option<Instant>,
    /// Calls that are to end by a moment.
    overdue: Vec<(u64, Instant)>,
    /// It has nothing to do any more, and is to be gone by this moment.
    farewell: Option<Instant>,
    /// The pool is being stopped, and waits no longer than this.
    grace: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    pub(super) fn new(options: &ProcessOptions) -> Self {
        Self {
            hang_timeout: options.hang_timeout,
            memory_limit: options.memory_limit,
            heard: Instant::now(),
            ask: None,
            look: None,
            overdue: Vec::new(),
            farewell: None,
            grace: None,
        }
    }

    /// A process that was idle has a call now.
    pub(super) fn busy(&mut self, now: Instant) {
        self.heard = now;
        self.ask = Some(now + SLOW);
        self.look = self.memory_limit.map(|_| now + MEMORY_LOOK);
    }

    /// Something came.
    pub(super) fn heard(&mut self, now: Instant, result: bool) {
        self.heard = now;
        if result {
            self.ask = Some(now + SLOW);
        }
    }

    /// The call is to end within that time.
    pub(super) fn end_within(&mut self, number: u64, grace: Duration) {
        self.overdue.push((number, Instant::now() + grace));
    }

    /// It was told that there is nothing more to do.
    pub(super) fn finishing(&mut self) {
        self.farewell = Some(Instant::now() + FAREWELL);
    }

    /// It was told to stop.
    pub(super) fn stopping(&mut self, pool: &RemotePool) {
        self.grace = Some(Box::pin(pool.clock().sleep(pool.grace())));
    }

    pub(super) fn look(
        &mut self,
        table: &CallTable,
        process: &Process,
        waker: &Waker,
    ) -> Option<Trouble> {
        if let Some(grace) = &mut self.grace
            && grace.as_mut().poll(&mut Context::from_waker(waker)).is_ready()
        {
            self.grace = None;
            return Some(Trouble::Deadly(WorkerDeath::Overdue));
        }
        if table.is_empty() && self.farewell.is_none() {
            return None;
        }
        let now = Instant::now();
        if self.farewell.is_some_and(|by| by <= now) {
            return Some(Trouble::Deadly(WorkerDeath::Overdue));
        }
        self.overdue.retain(|(number, _)| table.get(*number).is_some());
        if self.overdue.iter().any(|(_, by)| *by <= now) {
            return Some(Trouble::Deadly(WorkerDeath::Overdue));
        }
        let silent = now.saturating_duration_since(self.heard);
        if silent >= self.hang_timeout {
            return Some(Trouble::Deadly(WorkerDeath::Hung { silent }));
        }
        if let (Some(limit), Some(look)) = (self.memory_limit, &mut self.look)
            && *look <= now
        {
            *look = now + MEMORY_LOOK;
            if let Some(bytes) = process.memory().filter(|bytes| *bytes > limit) {
                return Some(Trouble::Deadly(WorkerDeath::Memory { bytes }));
            }
        }
        if self.ask.is_some_and(|ask| ask <= now) {
            self.ask = Some(now + self.hang_timeout / 3);
            return Some(Trouble::Silent);
        }
        None
    }

    /// How long until there is something to look at, if nothing happens.
    pub(super) fn next(&self, table: &CallTable) -> Option<Duration> {
        let now = Instant::now();
        let mut next = self.farewell;
        if !table.is_empty() {
            let moments = [self.ask, self.look, Some(self.heard + self.hang_timeout)];
            let moments = moments.into_iter().flatten();
            next = moments.chain(self.overdue.iter().map(|(_, by)| *by)).chain(next).min();
        }
        next.map(|next| next.saturating_duration_since(now))
    }
}
