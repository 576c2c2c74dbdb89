//! Values whose drops are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the drops of the values it made. Clones are the same counter.
#[derive(Clone, Debug, Default)]
pub struct Dropped {
    count: Arc<AtomicUsize>,
}

/// A value whose drop is counted. Its clones count as well.
#[derive(Clone, Debug)]
pub struct Counted {
    counter: Dropped,
}

impl Dropped {
    /// A counter at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A value whose drop will be counted.
    #[must_use]
    pub fn value(&self) -> Counted {
        Counted { counter: self.clone() }
    }

    /// How many were dropped.
    #[must_use]
    pub fn count(&self) -> usize {
        // Acquire: pairs with the Release of the drop.
        self.count.load(Ordering::Acquire)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counter.count.fetch_add(1, Ordering::Release);
    }
}
