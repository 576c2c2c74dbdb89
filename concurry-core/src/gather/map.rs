//! `map`: one call for each item, a bounded number of them at a time.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use super::as_completed::{AsCompleted, CompletionStream};
use super::collect::{InOrder, Outcomes, collect_results, results_blocking};
use super::map_calls::MapCalls;
use super::room::{IN_FLIGHT, Room};
use super::source::Source;
use crate::CallError;
use crate::future::{Outcome, TaskFuture};
use crate::progress::Progress;

/// One call for each item. Items are taken and calls are made only as earlier calls complete, so
/// that an endless input, or ten million prompts, take a bounded amount of memory.
///
/// A map is the way to put a long input through a pool: it never holds more calls than
/// [`in_flight`](Self::in_flight) says, and a slow consumer of
/// [`as_completed`](Self::as_completed) slows the input down.
///
/// In process mode calls go to their processes in groups of a measured size, and slow ones alone, if
/// nothing is asked of them that takes a message each: the worker has no async methods, and the method
/// no layers, no options and no `CallContext`. Each item has its own outcome all the same, and an item
/// that ends its process costs itself only. The one difference is that a call of a group that its
/// function keeps a future of, and cancels, goes on once it was sent.
///
/// ```
/// use concurry_core::{Mode, TaskPool};
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// let squares = pool.map(0..1_000_u64, |n| n * n).in_flight(64).results()?;
/// assert_eq!(squares[999], 998_001);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cancel safety
///
/// Dropping an awaited map makes no further call; those on their way go on, detached.
#[must_use = "nothing is called until one of `results`, `outcomes`, `as_completed` or `await`"]
pub struct Map<T, E, A> {
    pub(super) items: Box<dyn Iterator<Item = A> + Send>,
    pub(super) call: Box<dyn FnMut(A) -> TaskFuture<T, E> + Send>,
    /// Whose calls they are.
    #[cfg_attr(not(feature = "journal"), allow(dead_code))]
    pub(super) worker: &'static str,
    /// Unless it is left to the map.
    pub(super) in_flight: Option<usize>,
    pub(super) timeout: Option<Duration>,
    pub(super) progress: Option<Progress>,
}

impl<T: Send + 'static, E: Send + 'static, A: 'static> Map<T, E, A> {
    pub(crate) fn new(
        worker: &'static str,
        items: impl Iterator<Item = A> + Send + 'static,
        call: impl FnMut(A) -> TaskFuture<T, E> + Send + 'static,
    ) -> Self {
        Self {
            items: Box::new(items),
            call: Box::new(call),
            worker,
            in_flight: None,
            timeout: None,
            progress: None,
        }
    }

    /// How many calls may be on their way at a time, at least 1. Unless set 1,000; calls that run in
    /// other processes and take less than 5 µs each, up to 8,000.
    pub fn in_flight(mut self, calls: usize) -> Self {
        self.in_flight = Some(calls.max(1));
        self
    }

    /// Shows a bar: a description, a configured bar, or a function of (done, total, elapsed).
    pub fn progress(mut self, progress: impl Into<Progress>) -> Self {
        self.progress = Some(progress.into());
        self
    }

    /// Bounds the whole map. No further call is made then; those on their way go on, detached.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn into_source(self) -> Source<T, E> {
        let room = match self.in_flight {
            Some(_) => Room::fixed(self.window()),
            None => Room::by_pace(self.most_items()),
        };
        let Self { items, call, timeout, progress, .. } = self;
        Source::new(Box::new(MapCalls::new(items, call)), room, timeout, progress)
    }

    /// How many places there are: no more than there can be items.
    pub(super) fn window(&self) -> usize {
        self.in_flight.unwrap_or(IN_FLIGHT).min(self.most_items()).max(1)
    }

    fn most_items(&self) -> usize {
        self.items.size_hint().1.unwrap_or(usize::MAX)
    }

    /// How many items there are, if the input knows. An endless one promises more than there will
    /// ever be.
    pub(super) fn expected(&self) -> usize {
        match self.items.size_hint() {
            (least, Some(most)) if least == most => least,
            _ => 0,
        }
    }

    /// Waits for all outputs, in the order of the items. The first error, in time, ends the map.
    ///
    /// # Errors
    ///
    /// The first error; [`CallError::TimedOut`] if the time is over before.
    pub fn results(self) -> Result<Vec<T>, CallError<E>> {
        let expected = self.expected();
        results_blocking(self.into_source(), expected)
    }

    /// Waits for all outcomes, errors among them, in the order of the items.
    #[must_use]
    pub fn outcomes(self) -> Vec<Outcome<T, E>> {
        let mut outcomes = Outcomes::new(self.expected());
        let mut source = self.into_source();
        loop {
            match source.next_blocking() {
                Ok(next) => {
                    let more = outcomes.take(next);
                    outcomes.expect(source.taken());
                    if !more {
                        return outcomes.into_vec();
                    }
                }
                Err(error) => return outcomes.into_vec_with_last(error),
            }
        }
    }

    /// [`outcomes`](Self::outcomes), awaited.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future makes no further call; those on their way go on, detached.
    pub async fn outcomes_async(self) -> Vec<Outcome<T, E>> {
        let mut outcomes = Outcomes::new(self.expected());
        let mut source = self.into_source();
        while outcomes.take(source.next().await) {
            outcomes.expect(source.taken());
        }
        outcomes.into_vec()
    }

    /// The outcomes as they come, each with the number of its item. Blocks at each step.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// let first = pool.map(0.., |n: u64| n + 1).in_flight(8).as_completed().next();
    /// assert!(first.is_some_and(|(_item, outcome)| outcome.is_ok())); // of an endless input
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn as_completed(self) -> AsCompleted<T, E> {
        AsCompleted::new(self.into_source())
    }

    /// The same as a `futures::Stream`.
    pub fn stream(self) -> CompletionStream<T, E> {
        CompletionStream::new(self.into_source())
    }
}

impl<T: Send + 'static, E: Send + 'static, A: 'static> IntoFuture for Map<T, E, A> {
    type Output = Result<Vec<T>, CallError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Like [`results`](Map::results), awaited.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut results = InOrder::new(self.expected());
            collect_results(self.into_source(), &mut results).await?;
            Ok(results.into_vec())
        })
    }
}

impl<T, E, A> fmt::Debug for Map<T, E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("in_flight", &self.in_flight).finish_non_exhaustive()
    }
}
