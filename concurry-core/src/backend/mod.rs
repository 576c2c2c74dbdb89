//! Where calls run. Each mode is one backend; they share queue, futures and supervision rules.

pub(crate) mod asynchronous;
mod blocking_node;
mod construct;
pub(crate) mod restart;
mod runner;
pub(crate) mod runtime;
mod startup;
pub(crate) mod sync;
pub(crate) mod thread;

pub(crate) use construct::{construct_caught, drop_caught};
pub(crate) use startup::{ConstructFailure, Startup};
