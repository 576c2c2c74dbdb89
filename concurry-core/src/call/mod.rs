//! One call on its way: what it is run by, what the method is told, what the caller asked for.

mod context;
pub(crate) mod options;
mod runner;

pub use context::CallContext;
pub use context::CallPermit;
pub(crate) use context::{CallEnvironment, Seat};
pub use options::CallOptions;
pub(crate) use runner::Queueing;
pub use runner::{CallParts, QueuedCall, Runner, Watched};
