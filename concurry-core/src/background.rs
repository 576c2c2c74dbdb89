//! For crates that build upon calls: futures of their own, and waits that several pools work on.

use std::future::Future;

use crate::error::CallSite;
use crate::future::{Outcome, TaskFuture, drive_future};
use crate::method_spec::MethodSpec;
use crate::shared::{PoolId, blocking};

/// Names a future that is no call of a worker.
const SITE: CallSite = CallSite::new(&MethodSpec::of_our_own("Lazy", "submit"));

/// Makes a future of an `async` block, which moves forward on whatever thread wakes it. A cancel
/// drops the block.
#[doc(hidden)]
pub fn background<T, E>(
    future: impl Future<Output = Outcome<T, E>> + Send + 'static,
) -> TaskFuture<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    drive_future(SITE, PoolId::NONE, future, || true)
}

/// Blocks on something that the pools with these numbers work on. `None`: this thread is the last of
/// one of them that does not wait for it.
#[doc(hidden)]
pub fn block_on_pools<F: Future>(
    works_on_it: impl FnOnce(u32) -> bool,
    future: F,
) -> Option<F::Output> {
    blocking::wait_for_any(|own| works_on_it(own.number()), future).ok()
}
