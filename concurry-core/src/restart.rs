//! When a worker that panicked is built again.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use crate::CallError;
use crate::call::Seat;
use crate::error::{WorkerDeath, WorkerDied};
use crate::event::Event;
use crate::pool::PoolShared;
use crate::pool::shutdown::Stage;
use crate::queue::CallQueue;

/// When a worker whose state was discarded is built again, and when it is given up.
///
/// The first restart after a success is immediate. Each further one in a row waits twice as long, so
/// that a worker that panics on every call does not burn a CPU on its constructor. A worker whose
/// *constructor* fails too often in a row is given up; the others go on with its calls.
///
/// # Default
///
/// Waits from 10 ms to 5 s; given up after 8 failed constructions in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until it is given to a pool"]
pub struct RestartPolicy {
    first_wait: Duration,
    max_wait: Duration,
    max_failures: u32,
}

impl RestartPolicy {
    /// The default policy.
    pub const fn new() -> Self {
        Self {
            first_wait: Duration::from_millis(10),
            max_wait: Duration::from_secs(5),
            max_failures: 8,
        }
    }

    /// The wait before the second restart in a row.
    pub const fn first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// The longest wait.
    pub const fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// How many failed constructions in a row end a worker.
    pub const fn max_failures(mut self, failures: u32) -> Self {
        self.max_failures = failures;
        self
    }

    /// The wait before a restart that comes after `in_a_row` others without a success between.
    pub(crate) fn wait(&self, in_a_row: u32) -> Duration {
        match in_a_row.checked_sub(1) {
            None => Duration::ZERO,
            Some(doublings) => {
                self.first_wait.saturating_mul(1 << doublings.min(20)).min(self.max_wait)
            }
        }
    }

    pub(crate) fn gives_up(&self, failed_constructions: u32) -> bool {
        failed_constructions >= self.max_failures
    }
}

impl Default for RestartPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits before a restart. False if the pool is being stopped meanwhile.
pub(crate) async fn wait_for_restart(pool: &PoolShared, in_a_row: u32) -> bool {
    let wait = pool.restart.wait(in_a_row);
    if pool.shutdown.stage() >= Stage::Stopping {
        return false;
    }
    if wait.is_zero() {
        return true;
    }
    let mut sleep = pin!(pool.clock.sleep(wait));
    let mut stopping = pin!(pool.shutdown.reached(Stage::Stopping));
    poll_fn(|context| {
        if stopping.as_mut().poll(context).is_ready() {
            return Poll::Ready(false);
        }
        sleep.as_mut().poll(context).map(|()| true)
    })
    .await
}

/// A worker was built again.
pub(crate) fn restarted(seat: &Seat, in_a_row: u32) {
    let pool = &seat.pool;
    pool.workers[seat.index].restarted();
    pool.events.emit(|| Event::WorkerRestarted {
        worker_name: pool.worker_name,
        worker: seat.index,
        in_a_row,
    });
}

/// A worker will not come back. The others go on with its calls; without others, the calls that
/// wait fail, and the pool takes no more.
pub(crate) fn give_up<W>(seat: &Seat, queues: &[CallQueue<W>], failures: u32, message: &str) {
    let pool = &seat.pool;
    pool.events.emit(|| Event::WorkerGivenUp {
        worker_name: pool.worker_name,
        worker: seat.index,
        message: message.to_owned(),
    });
    // AcqRel: one of those that give up at the same time is the last, and has seen the others do so.
    let last = pool.serving.fetch_sub(1, Ordering::AcqRel) == 1;
    let own = &queues[seat.index % queues.len()];
    if last || queues.len() > 1 {
        own.close();
    }
    if last {
        pool.shutdown.advance(Stage::Draining);
        queues.iter().for_each(CallQueue::close);
    }
    let heirs: Vec<&CallQueue<W>> = queues.iter().filter(|queue| !queue.is_closed()).collect();
    let mut heir = heirs.iter().cycle();
    while own.is_closed()
        && let Some(call) = own.take_or_steal()
    {
        let call = match heir.next() {
            Some(heir) => match heir.push(call) {
                Ok(()) => continue,
                Err(closed) => closed.0,
            },
            None => call,
        };
        if let Some(claimed) = call.claim() {
            let site = claimed.claimed.site();
            let cause = WorkerDeath::Constructor { failures, message: message.to_owned() };
            let died = WorkerDied { site, worker: seat.index, cause, attempt: 1 };
            claimed.claimed.abandon(CallError::WorkerDied(Box::new(died)));
        }
    }
}

/// A worker ends before its calls do, because the pool is being stopped: fails what is queued, as the
/// worker would have.
pub(crate) fn leave<W>(seat: &Seat, queues: &[CallQueue<W>]) {
    let own = &queues[seat.index % queues.len()];
    // First, so that nothing comes after the last look. The stop closes it as well.
    own.close();
    while let Some(call) = own.take_or_steal() {
        drop(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_the_second_restart_in_a_row_up_to_the_cap() {
        let policy = RestartPolicy::new();
        let waits: Vec<_> = (0..12).map(|n| policy.wait(n).as_millis()).collect();
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5000, 5000]);
    }
}
