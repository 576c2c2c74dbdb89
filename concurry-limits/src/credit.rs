//! An allowance approved in advance, so that most acquires touch one word and read no clock.
//!
//! The holder of the set's lock opens a credit: "so much fits, now and at any later time". Anybody
//! may then take from it without the lock. The holder of the lock closes it again to see what is
//! left, and records the difference as taken at that moment. That is never too little: until it is
//! recorded, nothing that others are told depends on it.
//!
//! All there is to synchronise is in the word itself: its value says whether it is open and how
//! much is left, and every change is one compare-and-swap or swap of it. Hence nothing can be taken
//! from a closed credit, and nothing given to it is lost. It counts whole units: a request for a
//! fraction takes the lock.

use crate::sync::{AtomicI64, Ordering};

/// Less than any amount, so that a take needs one comparison only.
const CLOSED: i64 = -1;

/// The most that a credit holds. All whole numbers up to it are exact as real numbers, too.
pub(crate) const MOST: f64 = 9_007_199_254_740_992.0; // 2^53

/// Alone on its cache line: who takes from another limit is not slowed down.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Credit(AtomicI64);

/// An amount as a number of whole units above zero, if it is one.
#[inline]
pub(crate) fn whole_units(amount: f64) -> Option<i64> {
    // The cast saturates, and takes NaN to zero: what is not such a number does not come back.
    let units = amount as i64;
    (units > 0 && units as f64 == amount).then_some(units)
}

impl Credit {
    pub(crate) fn closed() -> Self {
        Self(AtomicI64::new(CLOSED))
    }

    /// Makes some units available. Only the holder of the lock may call it, on a closed credit.
    pub(crate) fn open(&self, units: i64) {
        debug_assert!(units >= 0);
        // Release pairs with the Acquire of a take: who holds a resource sees what its holder
        // before did.
        self.0.store(units, Ordering::Release);
    }

    /// Ends it and says how much is left. Only the holder of the lock may call it, on an open one.
    pub(crate) fn close(&self) -> i64 {
        // Acquire and Release: the holder of the lock stands between one taker and the next.
        let left = self.0.swap(CLOSED, Ordering::AcqRel);
        debug_assert!(left >= 0);
        left
    }

    /// Takes units, if so many are left.
    #[inline]
    pub(crate) fn try_take(&self, units: i64) -> bool {
        // Acquire pairs with the Release of a give: a resource is handed over with its past.
        self.change(Ordering::Acquire, |left| (left >= units).then(|| left - units))
    }

    /// Gives units back, unless it is closed: then the lock has to be taken.
    #[inline]
    pub(crate) fn try_give(&self, units: i64) -> bool {
        self.change(Ordering::Release, |left| (left >= 0).then(|| left + units))
    }

    #[inline]
    fn change(&self, success: Ordering, next: impl Fn(i64) -> Option<i64>) -> bool {
        let mut left = self.0.load(Ordering::Relaxed);
        while let Some(new) = next(left) {
            match self.0.compare_exchange_weak(left, new, success, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => left = now,
            }
        }
        false
    }
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_above_zero_are_units() {
        for (amount, units) in [(1.0, 1), (3.0, 3), (MOST, 1 << 53)] {
            assert_eq!(whole_units(amount), Some(units));
        }
        for amount in [0.0, -1.0, 0.5, 1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert_eq!(whole_units(amount), None, "{amount}");
        }
    }
}
