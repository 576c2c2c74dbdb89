//! Where calls wait for a worker.

mod call_queue;
mod idle;
#[cfg(all(test, concurry_loom))]
mod loom_tests;
mod padded;
mod pocket;
pub(crate) mod spin;

pub(crate) use call_queue::{Ahead, CallQueue, Closed};
pub(crate) use padded::Padded;
