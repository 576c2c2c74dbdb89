//! Calls as both sides see them: the user's [`TaskFuture`] and the pool's [`Call`].

pub(crate) mod call_node;
mod cancel;
mod combinators;
mod driven;
mod lifecycle;
pub(crate) mod node;
mod promise;
mod slab;
mod task_future;

pub use cancel::Cancel;
pub(crate) use call_node::Call;
pub(crate) use driven::{Drive, drive, drive_future};
pub(crate) use lifecycle::{Lifecycle, Schedule};
pub(crate) use promise::{Promise, promise};
pub use task_future::TaskFuture;

use crate::CallError;

/// What a call gives: the method's output, or why there is none.
pub type Outcome<T, E> = Result<T, CallError<E>>;
