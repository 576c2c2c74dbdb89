//! Floors of limiters: a bare counter, and GCRA that reserves a time and sleeps once.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// Permits that are only counted: no clock is read. What the fast path of a limiter can cost.
#[derive(Debug)]
pub struct CountedPermits {
    left: AtomicU64,
}

impl CountedPermits {
    /// That many permits, never refilled.
    #[must_use]
    pub const fn new(permits: u64) -> Self {
        Self { left: AtomicU64::new(permits) }
    }

    /// Takes a permit if one is left. Relaxed: the count guards nothing but itself.
    pub fn try_acquire(&self) -> bool {
        self.left.fetch_sub(1, Relaxed) != 0
    }
}

/// The generic cell rate algorithm (ITU-T I.371) in one atomic word.
#[derive(Debug)]
pub struct Reservations {
    start: Instant,
    /// Theoretical arrival time of the next permit, nanoseconds after `start`.
    arrival: AtomicU64,
    /// Nanoseconds between permits.
    interval: u64,
    /// How far `arrival` may run ahead of now, in nanoseconds.
    tolerance: u64,
}

impl Reservations {
    /// `rate` permits a second (1 to 1,000,000,000), `burst` of them at once.
    #[must_use]
    pub fn new(rate: u64, burst: u64) -> Self {
        let interval = 1_000_000_000 / rate;
        let tolerance = interval * (burst - 1);
        Self { start: Instant::now(), arrival: AtomicU64::new(0), interval, tolerance }
    }

    /// Reserves the next permit and tells when it may be used; `None`: at once.
    pub fn reserve(&self) -> Option<Instant> {
        let now = self.now();
        let mut arrival = self.arrival.load(Relaxed);
        loop {
            let next = arrival.max(now) + self.interval;
            // Relaxed: the word guards nothing but itself.
            match self.arrival.compare_exchange_weak(arrival, next, Relaxed, Relaxed) {
                Ok(_) => break,
                Err(changed) => arrival = changed,
            }
        }
        let allowed = arrival.saturating_sub(self.tolerance);
        (allowed > now).then(|| self.start + Duration::from_nanos(allowed))
    }

    /// Takes a permit if one may be used now.
    pub fn try_acquire(&self) -> bool {
        let now = self.now();
        let mut arrival = self.arrival.load(Relaxed);
        loop {
            if arrival.saturating_sub(self.tolerance) > now {
                return false;
            }
            let next = arrival.max(now) + self.interval;
            match self.arrival.compare_exchange_weak(arrival, next, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(changed) => arrival = changed,
            }
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}
