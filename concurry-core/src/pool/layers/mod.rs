//! What stands between a call and the queue.
//!
//! The order is fixed, outermost first: deadline > fallback > retry > breaker > hedge > limits > queue >
//! attempt timeout > run. So a fallback that calls somebody else is bounded by the deadline; every
//! attempt asks the breaker and takes its limits anew; a wait for a limit or in the queue counts
//! against the deadline but not against the attempt's timeout, which begins when a worker begins the
//! attempt; and neither a backoff nor a wait for a limit holds a worker. Methods without any of it skip
//! all of this.
//!
//! Where an attempt is submitted, a method with a batched form has its batcher (`super::batching`): each
//! call passes the layers by itself, and several may then share a batch.
//!
//! A race of several pools stands outside of each one's retries (`concurry_retry::Race`).

mod any_pool;
mod arguments;
mod assemble;
mod attempt;
mod attempts;
mod batching;
mod breakers;
mod call;
mod check;
mod dedup;
mod drive;
mod failure;
mod fallbacks;
mod first;
mod hedging;
mod held;
mod leave;
mod sent;
mod table;
mod telling;
mod timer_entries;
mod timer_queue;
mod times;
mod types;
mod verdict;
mod waiting;

pub(crate) use any_pool::{PoolOwner, PoolShare, place};
pub(crate) use arguments::{Arguments, Given};
pub(crate) use assemble::assemble;
pub(crate) use batching::Places;
pub(crate) use breakers::{AllBreakers, Breakers, tell_changes};
pub(crate) use call::call;
pub(crate) use dedup::{Dedup, Dedups};
pub(crate) use fallbacks::Fallback;
pub(crate) use table::{LayerTable, MethodLayers, RetryIf, either};
pub(crate) use types::types;

use std::any::Any;

/// What the closures of a method's options look at: its arguments, its output or its error.
pub(crate) fn seen<T: 'static>(value: &dyn Any) -> &T {
    value.downcast_ref().unwrap_or_else(|| unreachable!("it is of the option's method"))
}
