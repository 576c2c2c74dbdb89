//! Which pool something belongs to.

use std::sync::atomic::{AtomicU32, Ordering};

/// Tells pools apart, to find out whether a thread waits for its own pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PoolId(u32);

impl PoolId {
    /// How wide the number is: it shares a word with other things in each call's node.
    pub(crate) const BITS: u32 = 24;
    /// Of a future that belongs to no pool.
    pub(crate) const NONE: Self = Self(0);

    /// The next number. After 16 million pools numbers return; then a thread may be told that it
    /// waits for its own pool only if one of that age is still there.
    pub(crate) fn next() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        // Relaxed: only the number matters.
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        Self(made % ((1 << Self::BITS) - 1) + 1)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    pub(crate) const fn from_number(number: u32) -> Self {
        Self(number)
    }
}
