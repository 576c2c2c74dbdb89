//! How far a pool is on its way out, and who wants to know.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::sync::lock;

/// How far a pool is on its way out. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Takes calls.
    Open,
    /// Takes no new calls; those it has are still run.
    Draining,
    /// Calls that have not begun fail; running ones are told.
    Stopping,
    /// No worker is left.
    Ended,
}

/// The stage of a pool, to look at and to wait for.
#[derive(Debug)]
pub(crate) struct Shutdown {
    stage: AtomicU8,
    /// Never held while a waker runs.
    waiters: Mutex<Waiters>,
}

#[derive(Debug, Default)]
struct Waiters {
    made: u64,
    wakers: HashMap<u64, (Stage, Waker)>,
}

impl Shutdown {
    pub(crate) fn new() -> Self {
        Self { stage: AtomicU8::new(Stage::Open as u8), waiters: Mutex::default() }
    }

    #[inline]
    pub(crate) fn stage(&self) -> Stage {
        // Acquire: pairs with the Release of `advance`.
        match self.stage.load(Ordering::Acquire) {
            0 => Stage::Open,
            1 => Stage::Draining,
            2 => Stage::Stopping,
            _ => Stage::Ended,
        }
    }

    /// Whether it takes no calls any more: in one order with what else is `SeqCst`.
    pub(crate) fn is_closing(&self) -> bool {
        self.stage.load(Ordering::SeqCst) >= Stage::Draining as u8
    }

    /// Moves on to `stage`, if the pool is not that far yet. True if this call did it.
    pub(crate) fn advance(&self, stage: Stage) -> bool {
        // SeqCst: see `Layered`.
        let advanced = self.stage.fetch_max(stage as u8, Ordering::SeqCst) < stage as u8;
        if advanced {
            let reached: Vec<_> = {
                let mut waiters = lock(&self.waiters);
                waiters.wakers.extract_if(|_, (wanted, _)| *wanted <= stage).collect()
            };
            for (_, (_, waker)) in reached {
                waker.wake();
            }
        }
        advanced
    }

    /// Waits until the pool has come to `stage`.
    pub(crate) fn reached(self: &Arc<Self>, stage: Stage) -> Reached {
        Reached { shutdown: Arc::clone(self), stage, key: None }
    }
}

/// A wait for a stage. Dropping it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Reached {
    shutdown: Arc<Shutdown>,
    stage: Stage,
    key: Option<u64>,
}

impl Future for Reached {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut waiters = lock(&this.shutdown.waiters);
        // Under the lock, so that an `advance` after this look meets the waker.
        if this.shutdown.stage() >= this.stage {
            return Poll::Ready(());
        }
        let key = *this.key.get_or_insert_with(|| {
            waiters.made += 1;
            waiters.made
        });
        let replaced = waiters.wakers.insert(key, (this.stage, context.waker().clone()));
        // A waker's destructor is foreign code.
        drop(waiters);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Reached {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            let waker = lock(&self.shutdown.waiters).wakers.remove(&key);
            drop(waker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use concurry_time::block_on;

    #[test]
    fn a_stage_is_reached_once_and_by_later_ones_too() {
        let shutdown = Arc::new(Shutdown::new());
        let waiting = shutdown.reached(Stage::Draining);
        assert!(shutdown.advance(Stage::Stopping));
        assert!(!shutdown.advance(Stage::Draining));
        block_on(waiting);
        assert_eq!(shutdown.stage(), Stage::Stopping);
    }

    #[test]
    fn a_dropped_wait_leaves_no_waker() {
        let shutdown = Arc::new(Shutdown::new());
        let mut waiting = shutdown.reached(Stage::Ended);
        let mut context = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut waiting).poll(&mut context).is_pending());
        drop(waiting);
        assert!(lock(&shutdown.waiters).wakers.is_empty());
    }
}
