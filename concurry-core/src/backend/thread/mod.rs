//! Thread mode: each worker has a thread of its own, where its state is built, used and dropped.
//!
//! Calls of one worker run one at a time, in order; async methods run there, too, to their end.

pub(crate) mod interrupt;
mod on_demand;
mod parker;
mod worker;

pub(crate) use on_demand::OnDemand;
#[cfg(all(test, concurry_loom))]
pub(crate) use parker::Parker;
pub(crate) use worker::{ThreadWorker, spawn};
