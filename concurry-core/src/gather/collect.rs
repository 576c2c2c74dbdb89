//! `gather`: all results, in order.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use super::as_completed::{AsCompleted, CompletionStream};
use super::room::Room;
use super::source::{Next, Source, timed_out};
use crate::CallError;
use crate::future::{Outcome, TaskFuture};
use crate::progress::Progress;

/// Collects futures, however many, in whatever modes.
///
/// ```
/// use concurry_core::{TaskFuture, gather};
///
/// let futures = (1..=3).map(|n| TaskFuture::<i32, String>::ready(Ok(n * n)));
/// assert_eq!(gather(futures).results().unwrap(), [1, 4, 9]);
/// ```
pub fn gather<T, E, I>(futures: I) -> Gather<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
    I: IntoIterator<Item = TaskFuture<T, E>>,
{
    Gather { futures: futures.into_iter().collect(), timeout: None, progress: None }
}

/// Futures to be collected. Finish with one of the verbs, or await it.
#[must_use = "nothing is collected until one of `results`, `outcomes`, `as_completed` or `await`"]
pub struct Gather<T, E> {
    futures: Vec<TaskFuture<T, E>>,
    timeout: Option<Duration>,
    progress: Option<Progress>,
}

impl<T: Send + 'static, E: Send + 'static> Gather<T, E> {
    /// Shows a bar: a description, a configured bar, or a function of (done, total, elapsed).
    pub fn progress(mut self, progress: impl Into<Progress>) -> Self {
        self.progress = Some(progress.into());
        self
    }

    /// Bounds the wait, from the moment it begins. What is not done then goes on, detached.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool, gather};
    /// use std::time::Duration;
    ///
    /// let pool = TaskPool::new(Mode::Async, 1)?;
    /// let never = pool.spawn(std::future::pending::<u32>());
    /// let outcome = gather([never]).timeout(Duration::from_millis(1)).results();
    /// assert!(outcome.unwrap_err().is_timeout());
    /// # pool_stop(pool);
    /// # fn pool_stop(pool: TaskPool) { use concurry_core::WorkerHandle; drop(pool.stop_now()); }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(super) fn into_source(self) -> Source<T, E> {
        let room = Room::fixed(self.futures.len());
        Source::new(Box::new(self.futures.into_iter()), room, self.timeout, self.progress)
    }

    /// Waits for all outputs, in the order of the futures. The first error, in time, ends the wait.
    ///
    /// # Errors
    ///
    /// The first error; [`CallError::TimedOut`] if the time is over before.
    ///
    /// [`CallError::Deadlock`] if this thread is the last free one of the pool that it waits for.
    ///
    /// # Example
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool, gather};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 4)?;
    /// let squares = gather((1..=4_u32).map(|n| pool.submit(move || n * n))).results()?;
    /// assert_eq!(squares, [1, 4, 9, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn results(self) -> Result<Vec<T>, CallError<E>> {
        let expected = self.futures.len();
        results_blocking(self.into_source(), expected)
    }

    /// Waits for all outcomes, errors among them, in the order of the futures. After a timeout those
    /// that are not done are [`CallError::TimedOut`].
    ///
    /// ```
    /// use concurry_core::{TaskFuture, gather};
    ///
    /// let futures = [Ok(1), Err("odd")].map(TaskFuture::ready);
    /// let outcomes = gather(futures).outcomes();
    /// assert_eq!(*outcomes[0].as_ref().unwrap(), 1);
    /// assert_eq!(outcomes[1].as_ref().unwrap_err().failure(), Some(&"odd"));
    /// ```
    #[must_use]
    pub fn outcomes(self) -> Vec<Outcome<T, E>> {
        let mut outcomes = Outcomes::new(self.futures.len());
        let mut source = self.into_source();
        loop {
            match source.next_blocking() {
                Ok(next) => {
                    if !outcomes.take(next) {
                        return outcomes.into_vec();
                    }
                }
                // Everything else would wait for ever as well.
                Err(error) => return outcomes.into_vec_with_last(error),
            }
        }
    }

    /// [`outcomes`](Self::outcomes), awaited.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future detaches the calls; they go on, and what was collected is lost.
    ///
    /// # Example
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool, gather};
    ///
    /// # concurry_time::block_on(async {
    /// let pool = TaskPool::new(Mode::Async, 1)?;
    /// let outcomes = gather((0..3).map(|n| pool.spawn(async move { n }))).outcomes_async().await;
    /// assert_eq!(outcomes.len(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn outcomes_async(self) -> Vec<Outcome<T, E>> {
        let mut outcomes = Outcomes::new(self.futures.len());
        let mut source = self.into_source();
        while outcomes.take(source.next().await) {}
        outcomes.into_vec()
    }

    /// The outcomes as they come, each with the index of its future. Blocks at each step.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool, gather};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// let futures = (0..3_usize).map(|n| pool.submit(move || n * 10));
    /// for (index, outcome) in gather(futures).as_completed() {
    ///     assert_eq!(outcome?, index * 10);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_completed(self) -> AsCompleted<T, E> {
        AsCompleted::new(self.into_source())
    }

    /// The same as a `futures::Stream`.
    ///
    /// # Cancel safety
    ///
    /// Taking the next item loses nothing if it is dropped. Dropping the stream detaches the calls.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool, gather};
    /// use futures_util::StreamExt;
    ///
    /// # concurry_time::block_on(async {
    /// let pool = TaskPool::new(Mode::Async, 1)?;
    /// let mut stream = gather((0..3).map(|n| pool.spawn(async move { n }))).stream();
    /// let mut sum = 0;
    /// while let Some((_index, outcome)) = stream.next().await {
    ///     sum += outcome?;
    /// }
    /// assert_eq!(sum, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn stream(self) -> CompletionStream<T, E> {
        CompletionStream::new(self.into_source())
    }
}

impl<T: Send + 'static, E: Send + 'static> IntoFuture for Gather<T, E> {
    type Output = Result<Vec<T>, CallError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Like [`results`](Gather::results), awaited.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut results = InOrder::new(self.futures.len());
            collect_results(self.into_source(), &mut results).await?;
            Ok(results.into_vec())
        })
    }
}

/// All outputs in order, by blocking for each.
pub(super) fn results_blocking<T: Send + 'static, E: Send + 'static>(
    mut source: Source<T, E>,
    expected: usize,
) -> Result<Vec<T>, CallError<E>> {
    let mut results = InOrder::new(expected);
    loop {
        match source.next_blocking()? {
            Next::Done(number, Ok(output)) => results.put(number, output),
            Next::Done(_, Err(error)) => {
                source.fail();
                return Err(error);
            }
            Next::TimedOut => return Err(timed_out()),
            Next::End => return Ok(results.into_vec()),
        }
    }
}

pub(super) async fn collect_results<T: Send + 'static, E: Send + 'static>(
    mut source: Source<T, E>,
    results: &mut InOrder<T>,
) -> Result<(), CallError<E>> {
    loop {
        match source.next().await {
            Next::Done(number, Ok(output)) => results.put(number, output),
            Next::Done(_, Err(error)) => {
                source.fail();
                return Err(error);
            }
            Next::TimedOut => return Err(timed_out()),
            Next::End => return Ok(()),
        }
    }
}

impl<T, E> std::fmt::Debug for Gather<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gather").field("futures", &self.futures.len()).finish_non_exhaustive()
    }
}

/// Puts values that come in any order in the order of their numbers.
pub(super) struct InOrder<T> {
    /// The first values, as far as they came in order.
    first: Vec<T>,
    /// Those that follow, from the first gap on.
    rest: Vec<Option<T>>,
}

impl<T> InOrder<T> {
    pub(super) fn new(expected: usize) -> Self {
        Self { first: Vec::with_capacity(expected), rest: Vec::new() }
    }

    pub(super) fn put(&mut self, number: usize, value: T) {
        let place = number - self.first.len();
        if place == 0 && self.rest.is_empty() {
            self.first.push(value);
            return;
        }
        if place >= self.rest.len() {
            self.rest.resize_with(place + 1, || None);
        }
        self.rest[place] = Some(value);
    }

    /// All values, if none is missing; else those that are there.
    pub(super) fn into_vec(mut self) -> Vec<T> {
        self.first.extend(self.rest.into_iter().flatten());
        self.first
    }

    /// So many values at least, with others in place of those that are missing.
    fn into_vec_with(mut self, expected: usize, mut missing: impl FnMut() -> T) -> Vec<T> {
        let rest = self.rest.into_iter().map(|value| value.unwrap_or_else(&mut missing));
        self.first.extend(rest);
        if self.first.len() < expected {
            self.first.resize_with(expected, missing);
        }
        self.first
    }
}

/// Outcomes by number, where some may never come.
pub(super) struct Outcomes<T, E> {
    outcomes: InOrder<Outcome<T, E>>,
    expected: usize,
}

impl<T, E> Outcomes<T, E> {
    pub(super) fn new(expected: usize) -> Self {
        Self { outcomes: InOrder::new(expected), expected }
    }

    /// False at the end.
    pub(super) fn take(&mut self, next: Next<T, E>) -> bool {
        match next {
            Next::Done(number, outcome) => {
                self.outcomes.put(number, outcome);
                true
            }
            Next::TimedOut | Next::End => false,
        }
    }

    pub(super) fn expect(&mut self, expected: usize) {
        self.expected = self.expected.max(expected);
    }

    pub(super) fn into_vec(self) -> Vec<Outcome<T, E>> {
        self.outcomes.into_vec_with(self.expected, || Err(timed_out()))
    }

    pub(super) fn into_vec_with_last(self, error: CallError<E>) -> Vec<Outcome<T, E>> {
        let mut error = Some(error);
        let missing = || Err(error.take().unwrap_or_else(timed_out));
        self.outcomes.into_vec_with(self.expected, missing)
    }
}
