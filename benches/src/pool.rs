//! A pool of stateful workers as the benches see it: start, submit, collect.

use std::hint::black_box;

/// The state of a worker and its one method: as little work as a call can do.
#[derive(Debug, Default)]
pub struct Counter {
    total: u64,
}

impl Counter {
    /// Adds to the state and returns the argument, so that the sum of all results is known.
    // Never inlined: a call through a pool has nothing to inline into either.
    #[inline(never)]
    pub fn add(&mut self, x: u64) -> u64 {
        self.total = black_box(self.total.wrapping_add(x));
        x
    }
}

/// A pool of workers that own a [`Counter`] each, called from one thread that may block.
///
/// Pools on tasks (`tokio-spawn`, `rayon-spawn`) have no worker of their own to own a state; they
/// share one atomic counter.
pub trait Pool {
    /// The subject's plain name.
    const NAME: &'static str;

    /// What stands for one call that was submitted.
    type Reply<'pool>
    where
        Self: 'pool;

    /// Starts the workers.
    fn start(workers: usize) -> Self;

    /// Submits `add(x)`; does not wait.
    fn submit(&self, x: u64) -> Self::Reply<'_>;

    /// Waits for the result of one call.
    fn collect(&self, reply: Self::Reply<'_>) -> u64;

    /// Waits until every worker has answered, so that no bench measures how threads start.
    fn settle(&self, workers: usize) {
        for _ in 0..workers * 16 {
            assert_eq!(self.collect(self.submit(7)), 7, "{} answers", Self::NAME);
        }
    }
}
