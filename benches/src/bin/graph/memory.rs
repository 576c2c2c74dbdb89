//! How much memory a graph takes while it is built and run, above what there was before.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use concurry_benches::harness::{Measurement, Stopwatch};

use super::lazily::{build, pool};
use super::shapes::Shape;

/// Counts what is allocated. Switched on for cases of memory only: it costs time.
pub(crate) struct Counting;

static COUNTING: AtomicUsize = AtomicUsize::new(0);
static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn add(bytes: usize) {
    // Relaxed: only the sums matter.
    if COUNTING.load(Ordering::Relaxed) != 0 {
        let now = NOW.fetch_add(bytes, Ordering::Relaxed) + bytes;
        MOST.fetch_max(now, Ordering::Relaxed);
    }
}

fn subtract(bytes: usize) {
    if COUNTING.load(Ordering::Relaxed) != 0 {
        // What was allocated before does not count.
        let _ = NOW.try_update(Ordering::Relaxed, Ordering::Relaxed, |now| {
            Some(now.saturating_sub(bytes))
        });
    }
}

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: by contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        subtract(layout.size());
        // SAFETY: by contract.
        unsafe { System.dealloc(pointer, layout) }
    }

    // Not left to the default, which copies where the system moves pages.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        subtract(layout.size());
        add(size);
        // SAFETY: by contract.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// The peak while a graph is built and run, for each call.
pub(crate) fn measure(shape: Shape, calls: u64) -> Measurement {
    let pool = pool();
    NOW.store(0, Ordering::Relaxed);
    MOST.store(0, Ordering::Relaxed);
    COUNTING.store(1, Ordering::Relaxed);
    let watch = Stopwatch::start();
    let sum = build(&pool, shape, calls).compute().expect("no call fails");
    let lap = watch.stop();
    COUNTING.store(0, Ordering::Relaxed);
    let peak = MOST.load(Ordering::Relaxed);
    lap.with_value(peak as f64 / calls as f64, sum)
}
