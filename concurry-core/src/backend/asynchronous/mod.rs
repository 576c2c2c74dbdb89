//! Async mode: workers on a few threads of ours, whose async methods overlap.
//!
//! A worker never leaves its thread, so neither its state nor its futures need be `Send`. One node
//! is both the task and what the caller waits for: no second allocation, no channel.

mod executor;
mod inbox;
mod live;
mod loan;
mod polled_node;
mod serving;
mod sleeping;
mod state;
mod worker;

pub(crate) use executor::{Executors, start};
pub(crate) use polled_node::polled_node;
pub(crate) use worker::AsyncWorker;
