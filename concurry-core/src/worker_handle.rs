//! What every handle to a pool can do, whatever its worker's methods are called.

use super::Worker;
use crate::gather::Map;
use crate::pool::Handle;
use crate::worker::WorkerType;
use crate::{CallOptions, PoolStats, StopReport, TaskFuture};

/// What a handle can do besides calling the worker's methods.
///
/// These are methods of a trait, so that a worker may have methods of the same names.
///
/// ```
/// use concurry_core::{CallOptions, Mode, TaskPool, WorkerHandle};
/// use std::time::Duration;
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// let hasty = pool.with(CallOptions::new().deadline(Duration::from_secs(30)));
/// assert_eq!(hasty.submit(|| 3).result()?, 3);
/// assert_eq!(pool.stats().done, 1);
/// let report = pool.stop().result()?;
/// assert!(report.complete && report.drained);
/// assert!(pool.submit(|| 3).result().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait WorkerHandle: Clone + Send + Sync + Sized + 'static {
    /// The worker behind the handle.
    type Worker: Worker<Handle = Self>;

    /// Stops the pool: it takes no more calls, and those that it has are still run. What is not done
    /// by the pool's `stop_timeout` is cancelled, as by [`stop_now`](Self::stop_now).
    ///
    /// The stop begins with this call; the future only tells when it is over.
    ///
    /// # Errors
    ///
    /// The future itself never fails; [`StopReport`] says what could not be ended in time.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future changes nothing: the stop goes on.
    fn stop(&self) -> TaskFuture<StopReport> {
        self.__handle().stop()
    }

    /// Stops the pool: calls that have not begun fail with
    /// [`CallError::Stopped`](crate::CallError::Stopped), async ones that run are dropped, sync ones
    /// see `ctx.is_cancelled()`.
    ///
    /// # Cancel safety
    ///
    /// As for [`stop`](Self::stop).
    fn stop_now(&self) -> TaskFuture<StopReport> {
        self.__handle().stop_now()
    }

    /// How the pool stands.
    #[must_use]
    fn stats(&self) -> PoolStats {
        self.__handle().stats()
    }

    /// The same pool, with options for the calls that are made through the returned handle.
    #[must_use]
    fn with(&self, options: CallOptions) -> Self {
        Self::__from_handle(self.__handle().with_options(options))
    }

    /// One call for each item, a bounded number of them at a time.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool, WorkerHandle};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// let calls = WorkerHandle::map(&pool, ["1", "2", "x"], |pool, text| {
    ///     pool.submit(move || text.parse::<u32>()).flatten()
    /// });
    /// let outcomes = calls.outcomes();
    /// assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn map<I, F, T, E>(&self, items: I, mut call: F) -> Map<T, E, I::Item>
    where
        I: IntoIterator,
        I::IntoIter: Send + 'static,
        I::Item: 'static,
        F: FnMut(&Self, I::Item) -> TaskFuture<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let handle = self.clone();
        let worker = Self::Worker::NAME;
        Map::new(worker, items.into_iter(), move |item| call(&handle, item))
    }

    #[doc(hidden)]
    fn __from_handle(handle: Handle<Self::Worker>) -> Self;
    #[doc(hidden)]
    fn __handle(&self) -> &Handle<Self::Worker>;
}
