//! Where calls wait for a worker.

mod ahead;
mod call_queue;
mod idle;
#[cfg(all(test, concurry_loom))]
mod loom_tests;
mod pocket;

pub(crate) use ahead::Ahead;
pub(crate) use call_queue::{CallQueue, Closed};
