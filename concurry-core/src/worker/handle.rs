//! What every handle to a pool can do, whatever its worker's methods are called.

use super::Worker;
use crate::pool::Handle;

/// What a handle can do besides calling the worker's methods.
///
/// These are methods of a trait, so that a worker may have methods of the same names.
pub trait WorkerHandle: Clone + Send + Sync + Sized + 'static {
    /// The worker behind the handle.
    type Worker: Worker<Handle = Self>;

    #[doc(hidden)]
    fn __from_handle(handle: Handle<Self::Worker>) -> Self;
    #[doc(hidden)]
    fn __handle(&self) -> &Handle<Self::Worker>;
}
