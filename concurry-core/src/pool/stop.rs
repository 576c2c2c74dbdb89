//! Stopping a pool, under one deadline for all of it.
//!
//! 1. No call is taken any more; `stop` lets what is queued and on its way through the layers go on.
//! 2. At the deadline, or at once for `stop_now`, calls that have not begun fail as stopped, async
//!    calls that run are dropped, and sync ones see `ctx.is_cancelled()`.
//! 3. The future is done when every worker has ended, or a short grace after step 2 is over: a sync
//!    method that heeds nothing can't be ended from outside, and its thread goes when it returns.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::handle::Pool;
use crate::error::CallSite;
use crate::future::{TaskFuture, drive_future};
use crate::shared::{Stage, StockedArc};
use crate::worker::{MethodSpec, Worker, WorkerType};

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StopReport {
    /// Every worker has ended. Otherwise some sync method still runs and heeds no cancellation.
    pub complete: bool,
    /// Everything that was queued when the stop began was still run.
    pub drained: bool,
}

/// How long calls that were told to stop may take before the stop goes on without them.
const GRACE: Duration = Duration::from_secs(1);

fn site<W: WorkerType>() -> CallSite {
    CallSite::new(
        const {
            &MethodSpec {
                exclusive: true,
                asynchronous: true,
                idempotent: true,
                ..MethodSpec::of_our_own(W::NAME, "stop")
            }
        },
    )
}

pub(crate) fn stop<W: Worker>(pool: &StockedArc<Pool<W>>) -> TaskFuture<StopReport> {
    let pool = pool.clone();
    let id = pool.shared.id;
    drive_future(site::<W>(), id, drain(pool), || true)
}

async fn drain<W: Worker>(
    pool: StockedArc<Pool<W>>,
) -> Result<StopReport, crate::CallError<std::convert::Infallible>> {
    let deadline = pool.shared.clock.after(pool.stop_timeout);
    pool.shared.shutdown.advance(Stage::Draining);
    pool.layers.flush_batches();
    // Calls in the layers may still need workers, so the queue is closed after them.
    let layered = pool.shared.clock.timeout_at(deadline, pool.shared.layered.idle()).await;
    pool.close();
    let ended = pool.shared.shutdown.reached(Stage::Ended);
    let drained = layered.is_ok() && pool.shared.clock.timeout_at(deadline, ended).await.is_ok();
    if drained {
        return Ok(StopReport { complete: true, drained });
    }
    Ok(end(pool).await)
}

pub(crate) fn stop_now<W: Worker>(pool: &StockedArc<Pool<W>>) -> TaskFuture<StopReport> {
    let pool = pool.clone();
    let id = pool.shared.id;
    drive_future(site::<W>(), id, async move { Ok(end(pool).await) }, || true)
}

async fn end<W: Worker>(pool: StockedArc<Pool<W>>) -> StopReport {
    pool.shared.shutdown.advance(Stage::Stopping);
    pool.close();
    // Not left to the workers: they may be in a call that does not return, or wait for a restart.
    pool.refuse_queued();
    let mut ended = pin!(pool.shared.shutdown.reached(Stage::Ended));
    let mut grace = pin!(pool.shared.clock.sleep(GRACE));
    let complete = poll_fn(|context| {
        if ended.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        grace.as_mut().poll(context).map(|()| false)
    })
    .await;
    StopReport { complete, drained: false }
}
