//! Several copies of one attempt: who has which worker, and what the losers cost.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::error::CallSite;
use crate::event::{CallId, Event};
use crate::nanoseconds::nanoseconds;
use crate::shared::{InLayers, PoolShared};
use crate::sync::lock;

/// What the copies of one attempt share.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    /// The number of the copy that has won; zero before.
    winner: AtomicU32,
    /// The workers that copies were sent to, where each has a queue of its own.
    places: Mutex<Vec<usize>>,
    living: Mutex<Living>,
}

/// The copies that have not ended. Never held while a waker runs.
#[derive(Debug, Default)]
struct Living {
    count: usize,
    /// Who waits for them to get fewer.
    waiter: Option<Waker>,
}

impl Copies {
    /// This copy has won. Those that still run have lost.
    pub(crate) fn won_by(&self, copy: u32) {
        // Relaxed: read for reports only.
        self.winner.store(copy, Ordering::Relaxed);
    }

    /// Ready when no more than `rest` of the copies that were sent have not ended.
    pub(crate) fn poll_ended(&self, rest: usize, context: &mut Context<'_>) -> Poll<()> {
        let mut living = lock(&self.living);
        if living.count <= rest {
            return Poll::Ready(());
        }
        let before = living.waiter.replace(context.waker().clone());
        drop(living);
        drop(before);
        Poll::Pending
    }

    /// The chosen worker, or the next one that has no copy yet.
    pub(crate) fn place(&self, chosen: usize, workers: usize) -> usize {
        let mut places = lock(&self.places);
        let free = (0..workers)
            .map(|step| (chosen + step) % workers)
            .find(|worker| !places.contains(worker))
            .unwrap_or(chosen);
        places.push(free);
        free
    }
}

/// One copy. The pool counts as busy with its call until it has really ended, so that a stop waits
/// for losers as it does for calls.
pub(crate) struct CopyOfCall {
    pub(crate) copies: Arc<Copies>,
    call: CallId,
    site: CallSite,
    attempt: u32,
    /// Its number, from 1.
    copy: u32,
    pool: Arc<PoolShared>,
    _in_layers: InLayers,
}

impl CopyOfCall {
    /// To be made for a copy that is about to be sent.
    pub(crate) fn new(
        (copies, copy): (&Arc<Copies>, u32),
        (call, site, attempt): (CallId, CallSite, u32),
        pool: &Arc<PoolShared>,
    ) -> Self {
        lock(&copies.living).count += 1;
        let (copies, pool) = (Arc::clone(copies), Arc::clone(pool));
        let _in_layers = InLayers::enter(&pool);
        Self { copies, call, site, attempt, copy, pool, _in_layers }
    }

    /// It has returned, or its future was dropped, or it never began.
    pub(super) fn ended(&self, begun: Option<Instant>) {
        let winner = self.copies.winner.load(Ordering::Relaxed);
        let (true, Some(begun)) = (winner != 0 && winner != self.copy, begun) else { return };
        let running = self.pool.clock.now().saturating_duration_since(begun);
        let counters = &self.pool.layer_counters;
        counters.wasted.fetch_add(1, Ordering::Relaxed);
        counters.wasted_nanos.fetch_add(nanoseconds(running), Ordering::Relaxed);
        self.pool.events.emit(|| Event::CopyWasted {
            call: self.call,
            site: self.site,
            attempt: self.attempt,
            copy: self.copy,
            running,
        });
    }
}

impl Drop for CopyOfCall {
    fn drop(&mut self) {
        let waiter = {
            let mut living = lock(&self.copies.living);
            living.count -= 1;
            living.waiter.take()
        };
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_go_to_different_workers_as_long_as_there_are_some() {
        let copies = Copies::default();
        let places: Vec<_> = [2, 2, 1, 0].map(|chosen| copies.place(chosen, 3)).into();
        assert_eq!(places, [2, 0, 1, 0]);
    }
}
