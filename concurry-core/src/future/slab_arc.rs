//! A shared value in memory of the slab, for what lives as short as a call.
//!
//! As `Arc` without weak references. It is made on one thread and freed on another for every call,
//! which the global allocator is slow at.

use std::alloc::Layout;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use super::slab::{self, Distance};
use crate::sync::{AtomicUsize, Lifetime, Ordering};

/// A shared value. Cloning shares it.
pub(crate) struct SlabArc<T> {
    cell: NonNull<Cell<T>>,
    /// It drops one.
    value: PhantomData<Cell<T>>,
}

struct Cell<T> {
    count: AtomicUsize,
    distance: Distance,
    lifetime: Lifetime,
    value: T,
}

// SAFETY: as for `Arc`: the value is reached from several threads, and dropped on any.
unsafe impl<T: Send + Sync> Send for SlabArc<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for SlabArc<T> {}

impl<T> SlabArc<T> {
    const LAYOUT: Layout = Layout::new::<Cell<T>>();
    /// Far below an overflow, far above any real count.
    const MOST: usize = usize::MAX / 2;

    /// Inlined, so that the value is written where it stays.
    #[inline(always)]
    pub(crate) fn new(value: T) -> Self {
        let (memory, distance) = slab::allocate_large(Self::LAYOUT);
        let cell = memory.cast::<Cell<T>>();
        let (count, lifetime) = (AtomicUsize::new(1), Lifetime::new());
        // SAFETY: the memory is of this layout, and ours.
        unsafe { cell.write(Cell { count, distance, lifetime, value }) };
        Self { cell, value: PhantomData }
    }

    /// The value, if it is not shared yet.
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        // Acquire: what those did who had shares is over.
        if self.cell().count.load(Ordering::Acquire) != 1 {
            return None;
        }
        // SAFETY: ours is the only share, and borrowed exclusively.
        Some(unsafe { &mut self.cell.as_mut().value })
    }

    fn cell(&self) -> &Cell<T> {
        // SAFETY: our share keeps it alive.
        let cell = unsafe { self.cell.as_ref() };
        cell.lifetime.note_use();
        cell
    }
}

impl<T> Clone for SlabArc<T> {
    fn clone(&self) -> Self {
        // Relaxed: as in `Arc`, whoever adds one has one.
        if self.cell().count.fetch_add(1, Ordering::Relaxed) > Self::MOST {
            // Forgotten that often: going on would free it in use.
            std::process::abort();
        }
        Self { cell: self.cell, value: PhantomData }
    }
}

impl<T> Drop for SlabArc<T> {
    fn drop(&mut self) {
        // AcqRel: Release so that the freer sees our last use as over; Acquire so that, as the
        // freer, we see the others'.
        if self.cell().count.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        /// Frees the memory, also if the value's destructor panics.
        struct Freed<T>(NonNull<Cell<T>>, Distance);
        impl<T> Drop for Freed<T> {
            fn drop(&mut self) {
                // SAFETY: allocated by `new` with this layout, and nobody is left to use it.
                unsafe { slab::free(self.0.cast(), SlabArc::<T>::LAYOUT, self.1) };
            }
        }
        let cell = self.cell;
        // SAFETY: we had the last share.
        unsafe {
            cell.as_ref().lifetime.note_end();
            let _freed = Freed(cell, cell.as_ref().distance);
            cell.drop_in_place();
        }
    }
}

impl<T> Deref for SlabArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.cell().value
    }
}

impl<T: fmt::Debug> fmt::Debug for SlabArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn the_value_is_dropped_once_by_the_last_of_all_threads() {
        let counted = Arc::new(());
        for _ in 0..100 {
            let shared = SlabArc::new((Arc::clone(&counted), [7_u8; 300]));
            let others: Vec<_> = (0..4).map(|_| shared.clone()).collect();
            drop(shared);
            thread::scope(|scope| {
                for other in others {
                    scope.spawn(move || assert_eq!(other.1[299], 7));
                }
            });
            assert_eq!(Arc::strong_count(&counted), 1);
        }
    }
}
