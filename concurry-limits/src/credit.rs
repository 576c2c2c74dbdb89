//! An allowance approved in advance, so that most acquires touch one word and read no clock.
//!
//! The holder of the set's lock opens a credit: "so much fits, now and at any later time". Anybody
//! may then take from it without the lock. The holder of the lock closes it again to see what is
//! left, and records the difference as taken at that moment. That is never too little: until it is
//! recorded, nothing that others are told depends on it.
//!
//! All there is to synchronise is in the word itself: its value says whether it is open and how
//! much is left, and every change is one compare-and-swap or swap of it. Hence nothing can be taken
//! from a closed credit, and nothing given to it is lost.

use crate::sync::{AtomicU64, Ordering};

/// Bits of a NaN: no amount has them.
const CLOSED: u64 = u64::MAX;

#[derive(Debug)]
pub(crate) struct Credit(AtomicU64);

impl Credit {
    pub(crate) fn closed() -> Self {
        Self(AtomicU64::new(CLOSED))
    }

    /// Makes an amount available. Only the holder of the lock may call it, on a closed credit.
    pub(crate) fn open(&self, amount: f64) {
        debug_assert!(amount >= 0.0);
        // Release pairs with the Acquire of a take: who holds a resource sees what its holder
        // before did.
        self.0.store(amount.to_bits(), Ordering::Release);
    }

    /// Ends it and says how much is left, `None` if it was closed. Only the holder of the lock may
    /// call it.
    pub(crate) fn close(&self) -> Option<f64> {
        // Looked at first, since a load is cheaper than a swap; nobody else can open it meanwhile.
        if self.0.load(Ordering::Relaxed) == CLOSED {
            return None;
        }
        // Acquire and Release: the holder of the lock stands between one taker and the next.
        let left = self.0.swap(CLOSED, Ordering::AcqRel);
        Some(f64::from_bits(left))
    }

    /// Takes an amount, if so much is left.
    #[inline]
    pub(crate) fn try_take(&self, amount: f64) -> bool {
        // Acquire pairs with the Release of a give: a resource is handed over with its past.
        self.change(Ordering::Acquire, |left| (left >= amount).then_some(left - amount))
    }

    /// Gives an amount back, unless it is closed: then the lock has to be taken.
    #[inline]
    pub(crate) fn try_give(&self, amount: f64) -> bool {
        self.change(Ordering::Release, |left| Some(left + amount))
    }

    #[inline]
    fn change(&self, success: Ordering, next: impl Fn(f64) -> Option<f64>) -> bool {
        let mut bits = self.0.load(Ordering::Relaxed);
        loop {
            if bits == CLOSED {
                return false;
            }
            let Some(left) = next(f64::from_bits(bits)) else { return false };
            match self.0.compare_exchange_weak(bits, left.to_bits(), success, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => bits = now,
            }
        }
    }
}
