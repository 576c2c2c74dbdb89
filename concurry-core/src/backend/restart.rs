//! Building workers again, and giving them up.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::Poll;

use super::construct_caught;
use crate::CallError;
use crate::error::{WorkerDeath, WorkerDied};
use crate::event::Event;
use crate::queue::CallQueue;
use crate::shared::{PoolShared, Seat, Stage};
use crate::worker::{Construct, Worker};

/// Builds a worker again, after a wait if it is not the first time in a row. `None`: it was given up,
/// or the pool is being stopped.
pub(crate) async fn rebuild<W: Worker, E: 'static>(
    seat: &Seat,
    queues: &[CallQueue<W>],
    construct: &dyn Construct<W, E>,
    panics_in_a_row: &mut u32,
) -> Option<W> {
    let pool = &seat.pool;
    let mut failures = 0;
    loop {
        let in_a_row = *panics_in_a_row + failures;
        if !wait_for_restart(pool, in_a_row).await {
            leave(seat, queues);
            return None;
        }
        match construct_caught(construct).await {
            Ok(worker) => {
                *panics_in_a_row += 1;
                restarted(seat, in_a_row + 1);
                return Some(worker);
            }
            Err(failure) => {
                failures += 1;
                if pool.restart.gives_up(failures) {
                    give_up(seat, queues, failures, &failure.describe());
                    return None;
                }
            }
        }
    }
}

/// Waits before a restart. False if the pool is being stopped meanwhile.
async fn wait_for_restart(pool: &PoolShared, in_a_row: u32) -> bool {
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
fn give_up<W>(seat: &Seat, queues: &[CallQueue<W>], failures: u32, message: &str) {
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
fn leave<W>(seat: &Seat, queues: &[CallQueue<W>]) {
    let own = &queues[seat.index % queues.len()];
    // First, so that nothing comes after the last look. The stop closes it as well.
    own.close();
    while let Some(call) = own.take_or_steal() {
        drop(call);
    }
}
