//! The one place that names the standard library's or loom's synchronisation.
//!
//! Models run with `RUSTFLAGS="--cfg concurry_loom"`; the flag is ours alone, so that no dependency
//! changes its behaviour with it.

#[cfg(not(concurry_loom))]
pub(crate) use std::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
};

#[cfg(concurry_loom)]
pub(crate) use loom::{
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, Thread},
};

/// What each thread has for itself, also each thread of a model.
#[cfg(not(concurry_loom))]
pub(crate) use std::thread_local;

#[cfg(concurry_loom)]
macro_rules! model_thread_local {
    ($(#[$about:meta])* static $name:ident: $type:ty = const { $first:expr };) => {
        loom::thread_local! { $(#[$about])* static $name: $type = $first; }
    };
}
#[cfg(concurry_loom)]
pub(crate) use model_thread_local as thread_local;

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

/// Lets loom check that memory is freed after its last use, in the order of the memory model. Of no
/// size and no effect without loom.
#[derive(Debug)]
pub(crate) struct Lifetime {
    #[cfg(concurry_loom)]
    uses: UnsafeCell<()>,
}

impl Lifetime {
    pub(crate) fn new() -> Self {
        Self {
            #[cfg(concurry_loom)]
            uses: UnsafeCell::new(()),
        }
    }

    /// Before each use of the memory that may be the thread's last.
    #[inline]
    pub(crate) fn note_use(&self) {
        #[cfg(concurry_loom)]
        self.uses.with(|_| ());
    }

    /// Before the memory is freed.
    #[inline]
    pub(crate) fn note_end(&self) {
        #[cfg(concurry_loom)]
        self.uses.with_mut(|_| ());
    }
}

/// Stands between the two steps of a protocol that relies on the total order of `SeqCst` operations.
/// Loom knows that order fully for fences only; otherwise the operations' own ordering is enough.
#[inline]
pub(crate) fn note_total_order() {
    #[cfg(concurry_loom)]
    loom::sync::atomic::fence(Ordering::SeqCst);
}

/// Takes a lock whatever happened to its earlier holders: what our locks guard is never left
/// half-changed by a panic, since no foreign code runs under them.
#[cfg(not(concurry_loom))]
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Takes a lock of either kind: what is not modelled keeps the standard one.
#[cfg(concurry_loom)]
pub(crate) fn lock<L: Lock>(mutex: &L) -> L::Guard<'_> {
    mutex.take()
}

#[cfg(concurry_loom)]
pub(crate) trait Lock {
    type Guard<'l>
    where
        Self: 'l;

    fn take(&self) -> Self::Guard<'_>;
}

#[cfg(concurry_loom)]
impl<T> Lock for Mutex<T> {
    type Guard<'l>
        = MutexGuard<'l, T>
    where
        T: 'l;

    fn take(&self) -> Self::Guard<'_> {
        self.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(concurry_loom)]
impl<T> Lock for std::sync::Mutex<T> {
    type Guard<'l>
        = std::sync::MutexGuard<'l, T>
    where
        T: 'l;

    fn take(&self) -> Self::Guard<'_> {
        self.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(concurry_loom)]
impl<L: Lock> Lock for std::sync::Arc<L> {
    type Guard<'l>
        = L::Guard<'l>
    where
        L: 'l;

    fn take(&self) -> Self::Guard<'_> {
        (**self).take()
    }
}

#[cfg(concurry_loom)]
impl<L: Lock> Lock for crate::padded::Padded<L> {
    type Guard<'l>
        = L::Guard<'l>
    where
        L: 'l;

    fn take(&self) -> Self::Guard<'_> {
        (**self).take()
    }
}
