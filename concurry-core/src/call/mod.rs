//! One call on its way: what it is run by, what the method is told, what the caller asked for.

mod context;
pub(crate) mod options;

pub use context::CallContext;
pub(crate) use context::CallEnvironment;
pub use context::CallPermit;
pub use options::CallOptions;
