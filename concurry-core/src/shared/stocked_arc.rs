//! A shared value whose count of owners is not fought over.
//!
//! Each call in the layers is an owner of its pool. Callers make owners and workers drop them, so with an
//! `Arc` the line of its count travels between them twice for each call. Here whoever has a share takes
//! many at once and gives them away out of a stock of its own; only those that are dropped are counted
//! one by one.

#[cfg(all(test, concurry_loom))]
mod loom_tests;

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::padded::Padded;
use crate::sync::{AtomicUsize, Lifetime, Ordering};

/// A shared value. Cloning shares it.
pub(crate) struct StockedArc<T: ?Sized> {
    own: Share<T>,
    /// Shares beside its own that are counted already.
    stock: AtomicUsize,
}

/// A share without a stock, to be kept for as long as a call.
pub(crate) struct Share<T: ?Sized> {
    cell: NonNull<StockedCell<T>>,
    /// It drops one.
    value: PhantomData<StockedCell<T>>,
}

/// The memory of a shared value. Nobody else looks into one.
pub(crate) struct StockedCell<T: ?Sized> {
    /// All shares, those in stock included.
    shares: Padded<AtomicUsize>,
    lifetime: Lifetime,
    value: T,
}

// SAFETY: as for `Arc`: the value is reached from several threads, and dropped on any.
unsafe impl<T: Send + Sync + ?Sized> Send for Share<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync + ?Sized> Sync for Share<T> {}

/// How many shares are taken at once.
const MORE: usize = if cfg!(concurry_loom) { 2 } else { 1_024 };
/// Far below an overflow, far above any real count.
const MOST: usize = usize::MAX / 2;

impl<T> StockedArc<T> {
    pub(crate) fn new(value: T) -> Self {
        let shares = Padded(AtomicUsize::new(1));
        let cell = Box::new(StockedCell { shares, lifetime: Lifetime::new(), value });
        Self::of(Share::of(NonNull::from(Box::leak(cell))))
    }

    /// One more share, as one of a trait of the value: `see` is `|cell| cell`.
    ///
    /// # Safety
    /// `see` gives the same cell back.
    #[inline]
    pub(crate) unsafe fn share_as<U: ?Sized>(
        &self,
        see: impl FnOnce(*mut StockedCell<T>) -> *mut StockedCell<U>,
    ) -> Share<U> {
        self.take_share();
        // SAFETY: by contract it is as little null as ours.
        Share::of(unsafe { NonNull::new_unchecked(see(self.own.cell.as_ptr())) })
    }
}

impl<T: ?Sized> Share<T> {
    fn of(cell: NonNull<StockedCell<T>>) -> Self {
        Self { cell, value: PhantomData }
    }

    fn cell(&self) -> &StockedCell<T> {
        // SAFETY: our share keeps it alive.
        let cell = unsafe { self.cell.as_ref() };
        cell.lifetime.note_use();
        cell
    }

    fn add(&self, shares: usize) {
        // Relaxed: as in `Arc`, whoever adds a share has one.
        if self.cell().shares.fetch_add(shares, Ordering::Relaxed) > MOST {
            // Forgotten that often: going on would free it in use.
            std::process::abort();
        }
    }
}

impl<T: ?Sized> StockedArc<T> {
    fn of(own: Share<T>) -> Self {
        Self { own, stock: AtomicUsize::new(0) }
    }

    /// Counts one share more, mostly out of the stock.
    #[inline]
    fn take_share(&self) {
        // Relaxed, here and below: as in `Arc`, whoever adds a share has one.
        let mut stock = self.stock.load(Ordering::Relaxed);
        while stock > 0 {
            let taken = self.stock.compare_exchange_weak(
                stock,
                stock - 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match taken {
                Ok(_) => return,
                Err(now) => stock = now,
            }
        }
        self.restock();
    }

    /// Counts many, and puts all but one in stock.
    #[cold]
    fn restock(&self) {
        self.own.add(MORE);
        self.stock.fetch_add(MORE - 1, Ordering::Relaxed);
    }
}

impl<T: ?Sized> Clone for StockedArc<T> {
    #[inline]
    fn clone(&self) -> Self {
        self.take_share();
        Self::of(Share::of(self.own.cell))
    }
}

impl<T: ?Sized> Clone for Share<T> {
    fn clone(&self) -> Self {
        self.add(1);
        Self::of(self.cell)
    }
}

impl<T: ?Sized> Drop for StockedArc<T> {
    fn drop(&mut self) {
        // Relaxed, both: we are the only one to have this stock now, and our own share is still counted.
        let stock = self.stock.load(Ordering::Relaxed);
        if stock > 0 {
            self.own.cell().shares.fetch_sub(stock, Ordering::Relaxed);
        }
    }
}

impl<T: ?Sized> Drop for Share<T> {
    #[inline]
    fn drop(&mut self) {
        // AcqRel: Release so that the freer sees our last use as over; Acquire so that, as the
        // freer, we see the others'.
        if self.cell().shares.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: made by `new` of a box, and nobody is left to use it.
            let cell = unsafe { Box::from_raw(self.cell.as_ptr()) };
            cell.lifetime.note_end();
        }
    }
}

impl<T: ?Sized> Deref for StockedArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.own
    }
}

impl<T: ?Sized> Deref for Share<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.cell().value
    }
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn the_value_is_dropped_once_by_the_last_of_all_threads_whatever_is_in_stock() {
        let counted = Arc::new(());
        for _ in 0..100 {
            let shared = StockedArc::new((Arc::clone(&counted), 7));
            let others: Vec<_> = (0..4).map(|_| shared.clone()).collect();
            drop(shared);
            thread::scope(|scope| {
                for other in others {
                    scope.spawn(move || {
                        let more: Vec<_> = (0..2_000).map(|_| other.clone()).collect();
                        drop(other);
                        assert!(more.iter().all(|shared| shared.1 == 7));
                    });
                }
            });
            assert_eq!(Arc::strong_count(&counted), 1);
        }
    }
}
