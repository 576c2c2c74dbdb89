//! Where calls run. Each mode is one backend; they share queue, futures and supervision rules.

pub(crate) mod asynchronous;
mod blocking_node;
#[cfg(feature = "process")]
pub(crate) mod chunk_node;
mod construct;
mod held_wakes;
#[cfg(feature = "process")]
pub(crate) mod process;
#[cfg(feature = "process")]
pub(crate) mod remote_node;
pub(crate) mod restart;
mod runner;
pub(crate) mod runtime;
mod startup;
pub(crate) mod sync;
pub(crate) mod thread;

#[cfg(feature = "process")]
pub(crate) use construct::constructor_site;
pub(crate) use construct::{construct_caught, construct_here, drop_caught};
pub(crate) use startup::{ConstructFailure, Startup};
