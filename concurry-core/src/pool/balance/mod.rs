//! Choosing a worker for each call.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::balance::Balance;
use crate::padded::Padded;

/// Chooses workers for calls.
#[derive(Debug)]
pub(crate) struct Balancer {
    rule: Balance,
    next: AtomicUsize,
    seed: AtomicU64,
    given: Box<[Padded<AtomicU64>]>,
}

impl Balancer {
    pub(crate) fn new(rule: Balance, workers: usize) -> Self {
        Self {
            rule,
            next: AtomicUsize::new(0),
            seed: AtomicU64::new(0),
            given: (0..workers).map(|_| Padded(AtomicU64::new(0))).collect(),
        }
    }

    /// Chooses one of the workers; `unfinished` tells how many calls one has before it.
    pub(crate) fn choose(&self, unfinished: impl Fn(usize) -> usize) -> usize {
        let workers = self.given.len();
        let chosen = match self.rule {
            Balance::AnyIdle => 0,
            // Relaxed, here and below: a choice needs no order with anything else.
            Balance::RoundRobin => self.next.fetch_add(1, Ordering::Relaxed) % workers,
            Balance::LeastActive => least(workers, unfinished),
            Balance::LeastTotal => least(workers, |i| self.given[i].load(Ordering::Relaxed)),
            Balance::Random => self.random(workers),
            Balance::TwoChoices => {
                let (a, b) = (self.random(workers), self.random(workers));
                if unfinished(b) < unfinished(a) { b } else { a }
            }
        };
        self.given[chosen].fetch_add(1, Ordering::Relaxed);
        chosen
    }

    /// Gives the call that was for `chosen` to another worker.
    pub(crate) fn instead(&self, chosen: usize, other: usize) -> usize {
        if other != chosen {
            self.given[chosen].fetch_sub(1, Ordering::Relaxed);
            self.given[other].fetch_add(1, Ordering::Relaxed);
        }
        other
    }

    /// A number below `bound`: SplitMix64 (G. Steele et al., "Fast Splittable Pseudorandom Number
    /// Generators", 2014) over a shared counter, so that threads never draw the same one.
    fn random(&self, bound: usize) -> usize {
        let mut z = self.seed.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // The high half of the product is even enough for bounds far below 2^64.
        let scaled = (u128::from(z) * bound as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// How many calls a worker was given.
    pub(crate) fn given_to(&self, worker: usize) -> u64 {
        self.given[worker].load(Ordering::Relaxed)
    }

    /// How many calls each worker was given.
    pub(crate) fn given(&self) -> impl Iterator<Item = u64> + '_ {
        self.given.iter().map(|given| given.load(Ordering::Relaxed))
    }
}

fn least<K: Ord>(workers: usize, key: impl Fn(usize) -> K) -> usize {
    (0..workers).min_by_key(|&worker| key(worker)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
