//! A value that one at a time works with, while others leave notes instead of waiting.
//!
//! Free, it can be taken. Who finds it taken leaves a note of what he came for; whoever has it finds
//! the notes before he can give it back. So nobody waits, nothing is lost, and the value may be
//! worked with by foreign code.

#[cfg(all(test, concurry_loom))]
mod loom_tests;

use std::ops::{Deref, DerefMut};

use crate::sync::{AtomicU8, Ordering, UnsafeCell};

/// Somebody has it. Further bits are notes.
const TAKEN: u8 = 1 << 7;

/// A value in the custody of one at a time.
pub(crate) struct Custody<T> {
    state: AtomicU8,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached by the one who took it only; that may be any thread.
unsafe impl<T: Send> Sync for Custody<T> {}

/// The value in hand. If it is dropped it stays taken for good.
pub(crate) struct Taken<'c, T>(&'c Custody<T>);

impl<T> Custody<T> {
    /// Of a value that its maker has in hand: see [`first`](Self::first).
    pub(crate) fn new(value: T) -> Self {
        Self { state: AtomicU8::new(TAKEN), value: UnsafeCell::new(value) }
    }

    /// The value, for its maker.
    ///
    /// # Safety
    /// Only once, before anybody else.
    pub(crate) unsafe fn first(&self) -> Taken<'_, T> {
        Taken(self)
    }

    /// Takes it, or leaves a note: some bits below the highest.
    pub(crate) fn take_or_note(&self, note: u8) -> Option<Taken<'_, T>> {
        let mut before = 0;
        loop {
            let after = if before == 0 { TAKEN } else { before | note };
            // AcqRel: what the last one did with the value is ours to see, and what the note is
            // about is for the one who finds it.
            match self.state.compare_exchange(before, after, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) if before == 0 => return Some(Taken(self)),
                Ok(_) => return None,
                Err(now) => before = now,
            }
        }
    }
}

impl<'c, T> Taken<'c, T> {
    /// Takes the notes off.
    pub(crate) fn notes(&self) -> u8 {
        // AcqRel: as in `take_or_note`.
        self.0.state.swap(TAKEN, Ordering::AcqRel) & !TAKEN
    }

    /// Gives it back for the first time, when nobody can have left a note.
    ///
    /// # Safety
    /// Nobody else knows the custody yet.
    pub(crate) unsafe fn give_back_first(self) {
        // Release: what was done with the value is for the next one to see.
        self.0.state.store(0, Ordering::Release);
    }

    /// Gives it back, unless there are notes.
    pub(crate) fn give_back(self) -> Result<(), Self> {
        // AcqRel: as in `take_or_note`.
        let given = self.0.state.compare_exchange(TAKEN, 0, Ordering::AcqRel, Ordering::Acquire);
        given.map(drop).map_err(|_| self)
    }
}

impl<T> Deref for Taken<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: we took it.
        unsafe { &*self.0.value.with_mut(|value| value) }
    }
}

impl<T> DerefMut for Taken<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: we took it.
        unsafe { &mut *self.0.value.with_mut(|value| value) }
    }
}
