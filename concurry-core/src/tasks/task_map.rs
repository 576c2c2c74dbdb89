//! `map` of a `#[task]` function.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use crate::CallError;
use crate::future::Outcome;
use crate::gather::{AsCompleted, CompletionStream, Map};
use crate::pool::Handle;
use crate::progress::Progress;
use crate::worker::TaskFunction;

/// The function of a `#[task]` on each item. Made by the `map` of its pool.
///
/// A plain `fn` on the threads of this process takes items in pieces of an adaptive size, which
/// costs nanoseconds an item. Everything else makes one call for each item, a bounded number of them
/// at a time; in process mode these go together as those of a [`Map`] do. Results are the same.
#[must_use = "nothing runs until one of `results`, `outcomes`, `as_completed` or `await`"]
pub struct TaskMap<I, M: TaskFunction> {
    handle: Handle<M::Worker>,
    items: I,
    in_flight: Option<usize>,
    timeout: Option<Duration>,
    progress: Option<Progress>,
}

impl<I, M> TaskMap<I, M>
where
    M: TaskFunction,
    I: Iterator<Item = M::Item>,
{
    #[doc(hidden)]
    pub fn new(handle: Handle<M::Worker>, items: I) -> Self {
        Self { handle, items, in_flight: None, timeout: None, progress: None }
    }

    /// How many calls may be on their way at a time: see [`Map::in_flight`].
    pub fn in_flight(mut self, calls: usize) -> Self {
        self.in_flight = Some(calls);
        self
    }

    /// Shows a bar.
    pub fn progress(mut self, progress: impl Into<Progress>) -> Self {
        self.progress = Some(progress.into());
        self
    }

    /// Bounds the whole map.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl<I, M> TaskMap<I, M>
where
    M: TaskFunction,
    I: Iterator<Item = M::Item> + Send + 'static,
{
    /// One call for each item.
    fn into_calls(self) -> Map<M::Output, M::Error, M::Item> {
        let Self { handle, items, in_flight, timeout, progress } = self;
        let call = move |item| handle.call::<M>(M::into_args(item));
        let mut map = Map::new(M::SPEC.worker, items, call);
        if let Some(in_flight) = in_flight {
            map = map.in_flight(in_flight);
        }
        if let Some(timeout) = timeout {
            map = map.timeout(timeout);
        }
        if let Some(progress) = progress {
            map = map.progress(progress);
        }
        map
    }

    /// Records what becomes of each item in a file, so that the map can be killed and run again: see
    /// [`Map::journal`].
    #[cfg(feature = "journal")]
    pub fn journal(
        self,
        path: impl Into<std::path::PathBuf>,
    ) -> crate::JournaledMap<M::Output, M::Error, M::Item>
    where
        M::Output: serde::Serialize + serde::de::DeserializeOwned,
        M::Error: fmt::Display,
        M::Item: serde::Serialize,
    {
        self.into_calls().journal(path)
    }

    /// Waits for all outputs, in the order of the items. The first error ends the map.
    ///
    /// # Errors
    ///
    /// The first error; [`CallError::TimedOut`] if the time is over before.
    pub fn results(self) -> Result<Vec<M::Output>, CallError<M::Error>> {
        #[cfg(feature = "rayon")]
        if self.timeout.is_none()
            && let Some(plan) = super::parallel::Plan::of::<M>(&self.handle, self.in_flight)
        {
            return plan.results::<M, I>(self.items, self.progress);
        }
        self.into_calls().results()
    }

    /// Waits for all outcomes, errors among them, in the order of the items.
    #[must_use]
    pub fn outcomes(self) -> Vec<Outcome<M::Output, M::Error>> {
        self.into_calls().outcomes()
    }

    /// [`outcomes`](Self::outcomes), awaited.
    pub async fn outcomes_async(self) -> Vec<Outcome<M::Output, M::Error>> {
        self.into_calls().outcomes_async().await
    }

    /// The outcomes as they come, each with the number of its item. Blocks at each step.
    pub fn as_completed(self) -> AsCompleted<M::Output, M::Error> {
        self.into_calls().as_completed()
    }

    /// The same as a `futures::Stream`.
    pub fn stream(self) -> CompletionStream<M::Output, M::Error> {
        self.into_calls().stream()
    }
}

impl<I, M> IntoFuture for TaskMap<I, M>
where
    M: TaskFunction,
    I: Iterator<Item = M::Item> + Send + 'static,
{
    type Output = Result<Vec<M::Output>, CallError<M::Error>>;
    type IntoFuture = <Map<M::Output, M::Error, M::Item> as IntoFuture>::IntoFuture;

    /// Like [`results`](TaskMap::results), awaited.
    fn into_future(self) -> Self::IntoFuture {
        self.into_calls().into_future()
    }
}

impl<I, M: TaskFunction> fmt::Debug for TaskMap<I, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskMap").field("function", &M::SPEC.name).finish_non_exhaustive()
    }
}
