//! Asking for a cache line before it is needed.
//!
//! Calls lie one after the other (`future/slab.rs`), and are written by the submitter and the worker
//! in turn. Each write to a line that the other side had last waits some hundred nanoseconds for it,
//! and the locked instruction that follows waits along. A line that was asked for a few calls
//! earlier is there.

/// Begins to fetch the cache line at `address`, so that it can be written. A hint, which touches
/// nothing: the address may be any.
#[inline]
pub(crate) fn for_writing<T>(address: *const T) {
    // In assembly, since the intrinsic falls back to a prefetch for reading where the compiler may
    // not assume the instruction. Every 64-bit processor takes it; old ones do nothing.
    // SAFETY: a prefetch neither faults nor changes what the program sees.
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    unsafe {
        std::arch::asm!(
            "prefetchw [{}]",
            in(reg) address,
            options(readonly, nostack, preserves_flags)
        );
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = address;
}
