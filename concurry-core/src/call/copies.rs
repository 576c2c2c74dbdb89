//! Several copies of one attempt: who has which worker, and what the losers cost.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::error::CallSite;
use crate::event::{CallId, Event};
use crate::shared::{InLayers, PoolShared};
use crate::sync::lock;

/// What the copies of one attempt share.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    /// The number of the copy that has won; zero before.
    winner: AtomicU32,
    /// The workers that copies were sent to, where each has a queue of its own.
    places: Mutex<Vec<usize>>,
}

impl Copies {
    /// This copy has won. Those that still run have lost.
    pub(crate) fn won_by(&self, copy: u32) {
        // Relaxed: read for reports only.
        self.winner.store(copy, Ordering::Relaxed);
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
    pub(crate) call: CallId,
    pub(crate) site: CallSite,
    pub(crate) attempt: u32,
    /// Its number, from 1.
    pub(crate) copy: u32,
    pub(crate) pool: Arc<PoolShared>,
    pub(crate) _in_layers: InLayers,
}

impl CopyOfCall {
    /// It has returned, or its future was dropped, or it never began.
    pub(super) fn ended(&self, begun: Option<Instant>) {
        let winner = self.copies.winner.load(Ordering::Relaxed);
        let (true, Some(begun)) = (winner != 0 && winner != self.copy, begun) else { return };
        let running = self.pool.clock.now().saturating_duration_since(begun);
        let nanos = u64::try_from(running.as_nanos()).unwrap_or(u64::MAX);
        let counters = &self.pool.layer_counters;
        counters.wasted.fetch_add(1, Ordering::Relaxed);
        counters.wasted_nanos.fetch_add(nanos, Ordering::Relaxed);
        self.pool.events.emit(|| Event::CopyWasted {
            call: self.call,
            site: self.site,
            attempt: self.attempt,
            copy: self.copy,
            running,
        });
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
