//! A shared value in memory of the slab, for what lives as short as a call, or comes in millions.
//!
//! As `Arc` without weak references. It is often made on one thread and freed on another, which the
//! global allocator is slow at.

use std::alloc::Layout;
use std::any::Any;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::slab::{self, Distance};
use crate::prefetch;
use crate::sync::{AtomicU32, Lifetime, Ordering};

/// A shared value. Cloning shares it.
#[doc(hidden)]
pub struct SlabArc<T: ?Sized> {
    cell: NonNull<SlabCell<T>>,
    /// It drops one.
    value: PhantomData<SlabCell<T>>,
}

/// The memory of a shared value. Nobody can make one or look into one.
// The whole of it may be written through a shared reference: so that a reference to it may be kept as
// what it is shared by (`SlabArc::see_as`).
#[doc(hidden)]
#[allow(missing_debug_implementations)] // nobody ever has one
pub struct SlabCell<T: ?Sized>(UnsafeCell<Counted<T>>);

/// So much of a value is fetched ahead.
const FETCHED_LINES: usize = 2;

struct Counted<T: ?Sized> {
    count: AtomicU32,
    distance: Distance,
    lifetime: Lifetime,
    value: T,
}

// SAFETY: as for `Arc`: the value is reached from several threads, and dropped on any.
unsafe impl<T: Send + Sync + ?Sized> Send for SlabArc<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync + ?Sized> Sync for SlabArc<T> {}

impl<T> SlabArc<T> {
    /// Shares a value.
    // Inlined, so that the value is written where it stays.
    #[inline(always)]
    pub fn new(value: T) -> Self {
        Self::made(|| value)
    }

    /// Shares a value that is made where it stays, behind the only step that can fail. If making it
    /// panics, its memory is lost.
    #[inline(always)]
    pub(crate) fn made(make: impl FnOnce() -> T) -> Self {
        let (memory, distance) = slab::allocate_large(Layout::new::<SlabCell<T>>());
        let cell = memory.cast::<SlabCell<T>>();
        // SAFETY: the memory is of this layout, and ours; each field is written once.
        unsafe {
            let counted = UnsafeCell::raw_get(&raw const (*cell.as_ptr()).0);
            (&raw mut (*counted).count).write(AtomicU32::new(1));
            (&raw mut (*counted).distance).write(distance);
            (&raw mut (*counted).lifetime).write(Lifetime::new());
            (&raw mut (*counted).value).write(make());
        }
        Self { cell, value: PhantomData }
    }
}

impl<T: ?Sized> SlabArc<T> {
    /// Far below an overflow, far above any real count.
    const MOST: u32 = u32::MAX / 2;

    /// The value, if it is not shared yet.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        // Acquire: what those did who had shares is over.
        if self.counted().count.load(Ordering::Acquire) != 1 {
            return None;
        }
        // SAFETY: ours is the only share, and borrowed exclusively.
        Some(unsafe { &mut (*self.cell.as_ref().0.get()).value })
    }

    /// One more share of a value that is mostly not shared yet: then without the atomic step, which
    /// would wait until all that was written before has arrived.
    pub(crate) fn share_first(&mut self) -> Self {
        if self.get_mut().is_none() {
            return self.clone();
        }
        // Relaxed, as for any new share; ours is the only one, and borrowed exclusively, so nobody
        // else counts at the same time.
        self.counted().count.store(2, Ordering::Relaxed);
        Self { cell: self.cell, value: PhantomData }
    }

    /// The same value, shared as one of its traits: `shared.see_as::<dyn Trait>(|cell| cell)`.
    #[inline]
    pub fn see_as<U: ?Sized>(
        self,
        see: impl for<'c> FnOnce(&'c SlabCell<T>) -> &'c SlabCell<U>,
    ) -> SlabArc<U> {
        // SAFETY: our share keeps it alive.
        let seen = NonNull::from(see(unsafe { self.cell.as_ref() }));
        // Cells are never made but here, and never moved. So what is at this address is this one.
        assert!(seen.addr() == self.cell.addr(), "a cell is seen as itself");
        let _share = ManuallyDrop::new(self); // it is the new one's
        SlabArc { cell: seen, value: PhantomData }
    }

    /// Whether there are other shares, at the moment.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        // Relaxed: only a hint.
        self.counted().count.load(Ordering::Relaxed) > 1
    }

    /// Begins to fetch it, so that it is there when it is worked with a moment later.
    #[inline]
    pub fn fetch(&self) {
        let address = self.cell.as_ptr().cast::<u8>();
        for line in 0..FETCHED_LINES {
            prefetch::for_writing(address.wrapping_byte_add(line * slab::LINE));
        }
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> usize {
        self.cell.addr().get()
    }

    fn counted(&self) -> &Counted<T> {
        // SAFETY: our share keeps it alive, and what it guards is written only by the last share.
        let counted = unsafe { &*self.cell.as_ref().0.get() };
        counted.lifetime.note_use();
        counted
    }
}

impl SlabArc<dyn Any + Send + Sync> {
    /// The value as of its type, if it is of that.
    pub fn downcast<T: Any + Send + Sync>(self) -> Option<SlabArc<T>> {
        let is_one = (*self).is::<T>();
        is_one.then(|| {
            let share = ManuallyDrop::new(self); // it is the new one's
            SlabArc { cell: share.cell.cast(), value: PhantomData }
        })
    }
}

impl<T: ?Sized> Clone for SlabArc<T> {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: as in `Arc`, whoever adds one has one.
        if self.counted().count.fetch_add(1, Ordering::Relaxed) > Self::MOST {
            // Forgotten that often: going on would free it in use.
            std::process::abort();
        }
        Self { cell: self.cell, value: PhantomData }
    }
}

impl<T: ?Sized> Drop for SlabArc<T> {
    #[inline]
    fn drop(&mut self) {
        // AcqRel: Release so that the freer sees our last use as over; Acquire so that, as the
        // freer, we see the others'.
        if self.counted().count.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        /// Frees the memory, also if the value's destructor panics.
        struct Freed(NonNull<u8>, Layout, Distance);
        impl Drop for Freed {
            #[inline]
            fn drop(&mut self) {
                // SAFETY: allocated by `new` with this layout, and nobody is left to use it.
                unsafe { slab::free(self.0, self.1, self.2) };
            }
        }
        // SAFETY: we had the last share.
        unsafe {
            let counted = self.cell.as_ref().0.get();
            (*counted).lifetime.note_end();
            let layout = Layout::for_value(self.cell.as_ref());
            let _freed = Freed(self.cell.cast(), layout, (*counted).distance);
            (&raw mut (*counted).value).drop_in_place();
        }
    }
}

impl<T: ?Sized> Deref for SlabArc<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.counted().value
    }
}

impl<T: fmt::Debug + ?Sized> fmt::Debug for SlabArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(all(test, not(concurry_loom)))]
#[allow(clippy::unwrap_used)] // a test fails by panicking
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

    #[test]
    fn a_first_share_counts_like_any_other() {
        let counted = Arc::new(());
        let mut one = SlabArc::new(Arc::clone(&counted));
        let two = one.share_first();
        let three = one.share_first();
        assert!(one.get_mut().is_none());
        drop((one, two));
        assert_eq!(Arc::strong_count(&counted), 2);
        drop(three);
        assert_eq!(Arc::strong_count(&counted), 1);
    }

    #[test]
    fn a_value_is_seen_as_its_traits_and_as_itself_again() {
        let counted = Arc::new(7);
        // Of the slab, and too large for it.
        for filling in [0, 5_000] {
            let text = SlabArc::new((vec![0_u8; filling], Arc::clone(&counted), [0_u64; 3]));
            let any = text.clone().see_as::<dyn Any + Send + Sync>(|cell| cell);
            assert_eq!((any.address(), any.is_shared()), (text.address(), true));
            drop(text);
            assert!(any.clone().downcast::<u32>().is_none());
            let again = any.downcast::<(Vec<u8>, Arc<i32>, [u64; 3])>().unwrap();
            assert_eq!((*again.1, again.0.len(), again.is_shared()), (7, filling, false));
            drop(again);
            assert_eq!(Arc::strong_count(&counted), 1);
        }
        let large = SlabArc::new([1_u8; 5_000]).see_as::<[u8]>(|cell| cell);
        assert_eq!(large.iter().map(|&byte| usize::from(byte)).sum::<usize>(), 5_000);
    }
}
