//! The one place that names the standard library's or loom's synchronisation.
//!
//! Models run with `RUSTFLAGS="--cfg concurry_loom"`; the flag is ours alone, so that no dependency
//! changes its behaviour with it.

#[cfg(not(concurry_loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicPtr, AtomicU32, Ordering},
};

#[cfg(concurry_loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicPtr, AtomicU32, Ordering},
};

/// A cell whose accesses loom checks. Without loom it is the standard one.
#[cfg(concurry_loom)]
pub(crate) use loom::cell::UnsafeCell;

#[cfg(not(concurry_loom))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(concurry_loom))]
impl<T> UnsafeCell<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::cell::UnsafeCell::new(value))
    }

    /// Calls `f` with a pointer for writing.
    #[inline]
    pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
        f(self.0.get())
    }
}

/// Takes a lock whatever happened to its earlier holders: what our locks guard is never left
/// half-changed by a panic, since no foreign code runs under them.
#[cfg(not(concurry_loom))]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(concurry_loom)]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    match mutex.lock() {
        Ok(guard) => guard,
        Err(poisoned) => poisoned.into_inner(),
    }
}
