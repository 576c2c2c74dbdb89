//! Where calls wait for a worker.

mod call_queue;
mod idle;
#[cfg(all(test, concurry_loom))]
mod loom_tests;
mod pocket;

pub(crate) use call_queue::{Ahead, CallQueue, Closed};
