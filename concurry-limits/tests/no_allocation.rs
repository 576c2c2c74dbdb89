//! An uncontended acquire does not touch the heap.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use concurry_limits::{CallLimit, LimitSet, RateAlgorithm, RateLimit, ResourceLimit};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and the pointer came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(mut act: impl FnMut()) -> usize {
    // What is made once is made here.
    act();
    let before = ALLOCATIONS.get();
    act();
    ALLOCATIONS.get() - before
}

#[test]
fn taking_and_giving_back_allocate_nothing() {
    for algorithm in [RateAlgorithm::TokenBucket, RateAlgorithm::Gcra, RateAlgorithm::LeakyBucket] {
        for capacity in [1_000_u32, 1_000_000_000] {
            let limits = LimitSet::builder()
                .with(CallLimit::per_second(capacity).algorithm(algorithm))
                .with(RateLimit::per_second("tokens", capacity).algorithm(algorithm))
                .with(ResourceLimit::new("slots", 4))
                .build()
                .expect("legal limits");
            let tokens = limits.key("tokens").expect("known");
            let exact = limits.exact();
            assert_eq!(allocations(|| drop(limits.try_acquire([("tokens", 2)]).unwrap())), 0);
            assert_eq!(allocations(|| drop(exact.try_acquire([(&tokens, 2)]).unwrap())), 0);
            assert_eq!(allocations(|| limits.try_spend(&tokens, 2).unwrap()), 0);
            assert_eq!(allocations(|| drop(limits.acquire([("tokens", 2)]).wait().unwrap())), 0);
            // A refusal neither.
            let _slots = exact.try_acquire([("slots", 4)]).unwrap();
            assert_eq!(allocations(|| drop(exact.try_acquire([("slots", 1)]).unwrap_err())), 0);
        }
    }
}
