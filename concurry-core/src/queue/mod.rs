//! Where calls wait for a worker.

mod call_queue;
mod idle;
#[cfg(all(test, concurry_loom))]
mod loom_tests;
mod padded;
pub(crate) mod spin;

pub(crate) use call_queue::{Batch, CallQueue, Closed};
pub(crate) use padded::Padded;
