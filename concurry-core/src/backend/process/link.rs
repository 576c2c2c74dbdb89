//! The thread of one worker: it has the process, and is the only one that talks to it.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use super::bell::Wakers;
use super::child::Process;
use super::connection::Connection;
use super::line::Line;
use super::output::Outputs;
use crate::remote::{BuiltFailure, CallTable, Launch, Restarts, SharedValue};
use crate::shared::spawn_detached;

/// Places for calls that a process has and has not answered: far more than a window needs.
const SLOTS: usize = 4_096;
/// The most that `concurrency` can mean for one process.
const MOST_SLOTS: usize = 1 << 16;

type Report = Arc<dyn Fn(usize, Result<(), BuiltFailure>) + Send + Sync>;

/// The worker's side in this process.
pub(crate) struct Link {
    pub(super) line: Arc<Line>,
    outputs: Outputs,
    report: Report,
    hello: Vec<u8>,
    /// What the hello names: processes are started as long as this lives.
    _shared: Vec<SharedValue>,
    slots: u32,
    pub(super) restarts: Restarts,
    pub(super) table: CallTable,
}

/// How a worker's process came to its end.
#[derive(Debug)]
pub(super) enum End {
    /// It was told to, because nothing is left to do.
    Finished,
    /// By itself, or it was killed.
    Died,
}

impl Link {
    pub(crate) fn new(line: &Arc<Line>, launch: &Launch, outputs: Outputs) -> Self {
        let overlapping = launch.concurrency.clamp(1, MOST_SLOTS);
        let slots = if launch.one_at_a_time { SLOTS } else { overlapping } as u32;
        Self {
            hello: launch.hello(line.worker, line.options.max_message, slots),
            _shared: launch.shared.clone(),
            line: Arc::clone(line),
            outputs,
            report: launch.report(),
            slots,
            restarts: launch.pool.restarts(),
            table: CallTable::new(),
        }
    }

    pub(crate) fn spawn(self) -> io::Result<()> {
        let name = format!("{}-{}", self.line.pool.worker_name(), self.line.worker);
        spawn_detached(name, move || self.run())
    }

    fn run(mut self) {
        let pool = self.line.pool.clone();
        self.live();
        // Whatever it still has fails as stopped before the pool counts as ended.
        drop(self);
        pool.worker_ended();
    }

    /// How many calls may overlap in its process.
    pub(super) fn overlapping(&self) -> usize {
        self.slots as usize
    }

    fn live(&mut self) {
        let mut first = true;
        loop {
            match self.start() {
                Ok(connection) => {
                    if std::mem::take(&mut first) {
                        (self.report)(self.line.worker, Ok(()));
                    } else {
                        let in_a_row = self.restarts.started();
                        self.line.pool.tell_restarted(self.line.worker, in_a_row);
                    }
                    if let End::Finished = self.serve(connection) {
                        return;
                    }
                    let wait = self.restarts.after_death();
                    if !self.wait(wait) {
                        return;
                    }
                }
                Err(_) if self.line.pool.is_stopping() => return,
                Err(failure) if first => return (self.report)(self.line.worker, Err(failure)),
                Err(failure) => match self.restarts.after_failed_start() {
                    Some(wait) => {
                        if !self.wait(wait) {
                            return;
                        }
                    }
                    None => {
                        let failures = self.restarts.failed_starts();
                        return self.line.pool.give_up(
                            self.line.worker,
                            failures,
                            &failure.describe(),
                        );
                    }
                },
            }
        }
    }

    /// Starts a process, and waits until its state is built. A stop of the pool lets the constructor go
    /// on for as long as it lets calls, so that what it has built is dropped by itself.
    fn start(&mut self) -> Result<Connection, BuiltFailure> {
        let stopped = || BuiltFailure::Gone("the pool is being stopped".to_owned());
        if self.is_over() {
            return Err(stopped());
        }
        let mut connection = self.begin_start()?;
        let pool = self.line.pool.clone();
        let mut grace = pin!(async {
            pool.stopping().await;
            pool.clock().sleep(pool.grace()).await;
        });
        let mut context = Context::from_waker(&self.line.waker);
        loop {
            self.line.mailbox.waker.reset();
            if grace.as_mut().poll(&mut context).is_ready() {
                return Err(stopped());
            }
            match connection.poll_built(&self.line.pool) {
                Some(built) => return built.map(|()| connection),
                None => {
                    connection.listen_to_all();
                    connection.bell.wait(None);
                }
            }
        }
    }

    /// Starts a process, and does not wait for it.
    pub(super) fn begin_start(&self) -> Result<Connection, BuiltFailure> {
        let name = format!("{}-{}", self.line.pool.worker_name(), self.line.worker);
        let process = Process::start(&name, self.slots, self.line.limited, &self.outputs).map_err(
            |error| BuiltFailure::Gone(format!("the operating system refused a process: {error}")),
        )?;
        let wakers = Wakers { waker: &self.line.mailbox.waker, rouser: &self.line.handover.rouser };
        let connection =
            Connection::new(process, &self.hello, self.line.options.max_message, &wakers);
        connection.map_err(|error| {
            BuiltFailure::Gone(format!("the operating system refused a descriptor: {error}"))
        })
    }

    /// Whether the pool is being stopped; if not, this thread is woken then.
    pub(super) fn is_over(&self) -> bool {
        self.line.pool.is_stopping()
    }

    /// Waits on the pool's clock. False: the pool ends, so there will be no restart.
    fn wait(&self, wait: Duration) -> bool {
        let clock = self.line.pool.clock().clone();
        let mut sleep = Box::pin(clock.sleep(wait));
        let mut context = Context::from_waker(&self.line.waker);
        loop {
            self.line.mailbox.waker.reset();
            if self.is_over() {
                return false;
            }
            if self.line.pool.queue().is_closed(self.line.worker)
                && self.line.pool.queue().is_empty(self.line.worker)
            {
                return false;
            }
            if wait.is_zero() || Pin::new(&mut sleep).poll(&mut context).is_ready() {
                return true;
            }
            let waker = self.line.mailbox.waker.descriptor();
            let _ = poll(&mut [PollFd::from_borrowed_fd(waker, PollFlags::IN)], None);
        }
    }
}
