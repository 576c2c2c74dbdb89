//! One call on its way: what it is run by, what the method is told, what the caller asked for.

mod context;
pub(crate) mod options;
mod runner;

pub use context::CallContext;
pub(crate) use context::{CallEnvironment, Seat};
pub use context::CallPermit;
pub use options::CallOptions;
pub use runner::{CallParts, QueuedCall, Runner};
pub(crate) use runner::Queueing;
