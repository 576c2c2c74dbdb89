//! Keeps what different threads write on different cache lines.

use std::ops::Deref;

/// A value that shares its two cache lines (the prefetcher pairs them) with nothing else.
#[repr(align(128))]
#[derive(Debug, Default)]
pub(crate) struct Padded<T>(pub(crate) T);

impl<T> Deref for Padded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
