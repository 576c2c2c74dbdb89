//! The one file that names std's atomics or loom's.

#[cfg(not(concurry_loom))]
pub(crate) use std::sync::atomic::{AtomicI64, Ordering};

#[cfg(concurry_loom)]
pub(crate) use loom::sync::atomic::{AtomicI64, Ordering};
