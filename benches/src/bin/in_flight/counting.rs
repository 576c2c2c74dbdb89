//! An allocator that knows how many bytes are live.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes that `malloc` keeps in front of each allocation.
const HEADER: usize = 8;

/// The system's allocator, with a count of live bytes as the system rounds them.
pub(crate) struct CountingAllocator {
    live: AtomicUsize,
}

impl CountingAllocator {
    pub(crate) const fn new() -> Self {
        Self { live: AtomicUsize::new(0) }
    }

    /// Live bytes now. Relaxed: the caller orders itself after what it wants to count.
    pub(crate) fn live(&self) -> usize {
        self.live.load(Relaxed)
    }

    fn add(&self, allocation: *mut u8) {
        if !allocation.is_null() {
            self.live.fetch_add(size(allocation), Relaxed);
        }
    }
}

/// What an allocation really takes.
fn size(allocation: *mut u8) -> usize {
    // SAFETY: callers pass a live allocation of the system's allocator, which is `malloc`.
    HEADER + unsafe { libc::malloc_usable_size(allocation.cast()) }
}

// SAFETY: every call goes to the system's allocator unchanged; only a counter is kept beside it.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc`.
        let allocation = unsafe { System.alloc(layout) };
        self.add(allocation);
        allocation
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        let allocation = unsafe { System.alloc_zeroed(layout) };
        self.add(allocation);
        allocation
    }

    unsafe fn dealloc(&self, allocation: *mut u8, layout: Layout) {
        self.live.fetch_sub(size(allocation), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(allocation, layout) };
    }

    unsafe fn realloc(&self, allocation: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let before = size(allocation);
        // SAFETY: the caller keeps the contract of `realloc`.
        let moved = unsafe { System.realloc(allocation, layout, new_size) };
        if !moved.is_null() {
            self.live.fetch_sub(before, Relaxed);
            self.add(moved);
        }
        moved
    }
}
