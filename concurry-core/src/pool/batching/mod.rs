//! Dynamic batching: calls of a method become calls of its batched form (`#[batch(of = "…")]`).
//!
//! A call passes the layers by itself and becomes a ticket where it would be submitted. Tickets with
//! equal remaining arguments wait together (`groups`) until it is time (`window`, with the timer in
//! `alarm`). Then they are sent as one call (`batcher`), whose outcome is handed to each of them
//! (`sent`). Whoever takes the promise out of a ticket completes the call: its batch, or a cancel.

mod alarm;
mod batcher;
mod cost;
mod depth;
mod groups;
mod sent;
mod settings;
mod stats;
mod submit;
mod ticket;
mod window;

use std::sync::Arc;

pub(crate) use batcher::Batcher;
pub use settings::Batching;
pub(crate) use settings::Plan;
pub use stats::BatchStats;

use super::layers::{Arguments, PoolOwner};
use crate::call::EnvironmentRef;
use crate::future::UntypedFuture;

/// A batcher, whatever its method.
pub(crate) trait AnyBatcher: Send + Sync {
    /// Takes a call of the method that has passed its layers.
    fn submit(
        self: Arc<Self>,
        pool: &dyn PoolOwner,
        args: &mut dyn Arguments,
        environment: Option<EnvironmentRef>,
    ) -> UntypedFuture;
    /// Several calls are about to be made: only full batches are sent before the release.
    fn hold(&self);
    /// The calls are made.
    fn release(&self);
    /// The pool takes no more calls, so nothing is worth waiting for.
    fn flush(&self);
    /// Fails what waits as stopped.
    fn refuse(&self);
    /// What batches there were.
    fn stats(&self) -> BatchStats;
}
