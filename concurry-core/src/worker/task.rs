//! What `#[task]` tells of its function beside what holds for every method.

use super::Method;

/// The function of a task, which is the only method of its worker.
#[doc(hidden)]
pub trait TaskFunction: Method {
    /// What a map takes for one call: the argument if there is one, else the tuple of them.
    type Item: Send + 'static;

    /// The function itself, if it can be called without a worker: it is a plain `fn` that takes
    /// no context. A constant, so that a map over it is compiled like a direct call.
    const DIRECT: Option<fn(Self::Args) -> Result<Self::Output, Self::Error>>;

    /// The arguments of the call for one item.
    fn into_args(item: Self::Item) -> Self::Args;
}
