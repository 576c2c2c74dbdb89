//! A pool whose callers await: what the async cases measure.

use std::future::Future;

/// A pool that runs an async no-op and gives a future for its result.
pub trait AsyncPool: Send + Sync + 'static {
    /// The subject's plain name.
    const NAME: &'static str;

    /// Completes with the argument of the call.
    type Reply: Future<Output = u64> + Send + 'static;

    /// Starts the pool on, or beside, the given runtime.
    fn start(runtime: &tokio::runtime::Handle) -> Self;

    /// Submits an async call that does nothing and returns `x`.
    fn submit(&self, x: u64) -> Self::Reply;
}
