//! One call on its way: what it is run by, what the method is told, what the caller asked for.

mod context;
mod copies;
mod environment;
pub(crate) mod options;
pub(crate) mod trace;

pub use context::CallContext;
pub use context::CallPermit;
pub(crate) use copies::{Copies, CopyOfCall};
pub(crate) use environment::{Attempt, CallEnvironment, EnvironmentRef};
pub use options::CallOptions;
pub use trace::CallTrace;
