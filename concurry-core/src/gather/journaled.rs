//! `map` with a journal: killed and run again, it makes only the calls that are left.

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::future::{Future, IntoFuture};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::collect::{InOrder, Outcomes};
use super::journaled_calls::JournaledCalls;
use super::map::Map;
use super::room::Room;
use super::source::{Next, Source, timed_out};
use crate::CallError;
use crate::future::Outcome;
use crate::journal::{Job, Journal, JournalError};
use crate::progress::Progress;

/// A [`Map`] with a [`journal`](Map::journal).
#[must_use = "nothing is called until one of `results`, `outcomes`, `as_completed` or `await`"]
pub struct JournaledMap<T, E, A> {
    map: Map<T, E, A>,
    path: PathBuf,
    tag: String,
    retry_failed: bool,
    sync: bool,
}

/// Why a map with a journal has no results.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournaledMapError<E> {
    /// A call failed, in this run or an earlier one, or the time is over.
    Call(CallError<E>),
    /// The journal can't be used, or not any more. What was recorded is not lost.
    Journal(JournalError),
}

impl<T, E, A> Map<T, E, A>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    E: Display + Send + 'static,
    A: Serialize + 'static,
{
    /// Records what becomes of each item in a file, and makes no call for items that an earlier run
    /// has recorded there: killed at half-way and run again, the map makes only the calls that are
    /// left, and gives all results in the order of the items.
    ///
    /// An item is known again by its value as JSON, its place and the [`tag`](JournaledMap::tag). The
    /// file is made if there is none. A crash loses at most the calls that were on their way: see
    /// [`journal`](crate::journal) for what is written when. An item that failed is recorded as well,
    /// and not tried again unless [`retry_failed`](JournaledMap::retry_failed) says so; one whose call
    /// was cancelled or stopped is called by the next run.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("run.jsonl");
    /// static CALLS: AtomicU32 = AtomicU32::new(0);
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// for _run in 0..2 {
    ///     let lengths = pool.map(["a", "bb", "ccc"], |text| {
    ///         CALLS.fetch_add(1, Ordering::Relaxed);
    ///         text.len()
    ///     });
    ///     assert_eq!(lengths.journal(&path).results()?, [1, 2, 3]);
    /// }
    /// assert_eq!(CALLS.load(Ordering::Relaxed), 3); // the second run made no call
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn journal(self, path: impl Into<PathBuf>) -> JournaledMap<T, E, A> {
        let (tag, path) = (String::new(), path.into());
        JournaledMap { map: self, path, tag, retry_failed: false, sync: false }
    }
}

impl<T, E, A> JournaledMap<T, E, A>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    E: Display + Send + 'static,
    A: Serialize + 'static,
{
    /// Whatever else tells this job from others, besides the worker, the method and the items: a model,
    /// a version of the prompts. A journal with another tag is refused. The method is known by the first
    /// call that is made: a run that has nothing left to do makes none, and can't tell that its function
    /// calls another one by now.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = tag.into();
        self
    }

    /// Whether items that failed in an earlier run are called again. Otherwise their outcome is
    /// [`CallError::FailedEarlier`].
    pub fn retry_failed(mut self, retry: bool) -> Self {
        self.retry_failed = retry;
        self
    }

    /// Whether the disk has every result before further calls are made, so that none is lost with the
    /// machine either. Not unless set: what was written survives the death of this process only.
    pub fn sync_to_disk(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// As [`Map::in_flight`].
    pub fn in_flight(mut self, calls: usize) -> Self {
        self.map = self.map.in_flight(calls);
        self
    }

    /// As [`Map::progress`]. What an earlier run has done counts as done.
    pub fn progress(mut self, progress: impl Into<Progress>) -> Self {
        self.map = self.map.progress(progress);
        self
    }

    /// As [`Map::timeout`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.map = self.map.timeout(timeout);
        self
    }

    fn into_source(self) -> Result<Source<T, E>, JournalError> {
        let Self { map, path, tag, retry_failed, sync } = self;
        let journal = Journal::open(path, &Job::new(map.worker).tag(tag))?.sync_to_disk(sync);
        let window = map.window();
        let Map { items, call, timeout, progress, .. } = map;
        let calls = JournaledCalls::new(items, call, journal, retry_failed, window);
        Ok(Source::new(Box::new(calls), Room::fixed(window), timeout, progress))
    }

    /// Waits for all outputs, in the order of the items. After the first error no further call is
    /// made; those on their way are waited for and recorded.
    ///
    /// # Errors
    ///
    /// The first error of a call, [`CallError::TimedOut`] if the time is over before, and what is
    /// wrong with the journal: see [`JournalError`].
    pub fn results(self) -> Result<Vec<T>, JournaledMapError<E>> {
        let mut results = Results::new(self.map.expected());
        let mut source = self.into_source()?;
        loop {
            let next = source.next_blocking().map_err(JournaledMapError::Call)?;
            if !results.take(next, &mut source) {
                return results.end(&mut source);
            }
        }
    }

    async fn results_async(self) -> Result<Vec<T>, JournaledMapError<E>> {
        let mut results = Results::new(self.map.expected());
        let mut source = self.into_source()?;
        loop {
            let next = source.next().await;
            if !results.take(next, &mut source) {
                return results.end(&mut source);
            }
        }
    }

    /// Waits for all outcomes, errors among them, in the order of the items.
    ///
    /// # Errors
    ///
    /// What is wrong with the journal. What was recorded is not lost.
    pub fn outcomes(self) -> Result<Vec<Outcome<T, E>>, JournalError> {
        let mut outcomes = Outcomes::new(self.map.expected());
        let mut source = self.into_source()?;
        loop {
            match source.next_blocking() {
                Ok(next) => {
                    let more = outcomes.take(next);
                    outcomes.expect(source.taken());
                    if !more {
                        source.finish()?;
                        return Ok(outcomes.into_vec());
                    }
                }
                Err(error) => return Ok(outcomes.into_vec_with_last(error)),
            }
        }
    }

    /// [`outcomes`](Self::outcomes), awaited.
    ///
    /// # Errors
    ///
    /// As for [`outcomes`](Self::outcomes).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future makes no further call, and records what is known by then; calls on their
    /// way go on, detached, and are made again by the next run.
    pub async fn outcomes_async(self) -> Result<Vec<Outcome<T, E>>, JournalError> {
        let mut outcomes = Outcomes::new(self.map.expected());
        let mut source = self.into_source()?;
        while outcomes.take(source.next().await) {
            outcomes.expect(source.taken());
        }
        source.finish()?;
        Ok(outcomes.into_vec())
    }

    /// The outcomes as they come, each with the number of its item. Blocks at each step. When they end,
    /// [`JournaledCompletions::finish`] tells whether all of them were recorded.
    ///
    /// # Errors
    ///
    /// If the journal can't be opened.
    pub fn as_completed(self) -> Result<JournaledCompletions<T, E>, JournalError> {
        Ok(JournaledCompletions { source: self.into_source()?, ended: false })
    }
}

/// Outputs that come in any order, up to the first error.
struct Results<T, E> {
    results: InOrder<T>,
    error: Option<CallError<E>>,
    timed_out: bool,
}

impl<T: Send + 'static, E: Send + 'static> Results<T, E> {
    fn new(expected: usize) -> Self {
        Self { results: InOrder::new(expected), error: None, timed_out: false }
    }

    /// False at the end.
    fn take(&mut self, next: Next<T, E>, source: &mut Source<T, E>) -> bool {
        match next {
            Next::Done(number, Ok(output)) => self.results.put(number, output),
            Next::Done(_, Err(error)) => {
                if self.error.is_none() {
                    source.fail();
                    source.make_no_more();
                    self.error = Some(error);
                }
            }
            Next::TimedOut => {
                self.timed_out = true;
                return false;
            }
            Next::End => return false,
        }
        true
    }

    fn end(self, source: &mut Source<T, E>) -> Result<Vec<T>, JournaledMapError<E>> {
        let finished = source.finish();
        match self.error {
            Some(error) => Err(JournaledMapError::Call(error)),
            None if self.timed_out => Err(JournaledMapError::Call(timed_out())),
            None => {
                finished?;
                Ok(self.results.into_vec())
            }
        }
    }
}

impl<T, E, A> IntoFuture for JournaledMap<T, E, A>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    E: Display + Send + 'static,
    A: Serialize + 'static,
{
    type Output = Result<Vec<T>, JournaledMapError<E>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    /// Like [`results`](JournaledMap::results), awaited.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.results_async())
    }
}

impl<T, E, A> Debug for JournaledMap<T, E, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournaledMap")
            .field("path", &self.path)
            .field("tag", &self.tag)
            .finish_non_exhaustive()
    }
}

/// The outcomes of a map with a journal, as they come.
///
/// Dropping it makes no further call, and records what is known by then. After a timeout it yields one
/// last [`CallError::TimedOut`] with the number after the last one.
#[must_use = "calls are made only as the outcomes are taken"]
pub struct JournaledCompletions<T, E> {
    source: Source<T, E>,
    ended: bool,
}

impl<T: Send + 'static, E: Send + 'static> JournaledCompletions<T, E> {
    /// Writes what is not written yet.
    ///
    /// # Errors
    ///
    /// Why the map ended before all items were called, or why outcomes could not be recorded.
    pub fn finish(mut self) -> Result<(), JournalError> {
        self.source.finish()
    }
}

impl<T: Send + 'static, E: Send + 'static> Iterator for JournaledCompletions<T, E> {
    type Item = (usize, Outcome<T, E>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.source.step() {
            ControlFlow::Continue(item) => Some(item),
            ControlFlow::Break(last) => {
                self.ended = true;
                last
            }
        }
    }
}

impl<T, E> Debug for JournaledCompletions<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournaledCompletions").finish_non_exhaustive()
    }
}

impl<E> From<JournalError> for JournaledMapError<E> {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl<E: Display> Display for JournaledMapError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => Display::fmt(error, f),
            Self::Journal(error) => Display::fmt(error, f),
        }
    }
}

impl<E: Debug + Display> Error for JournaledMapError<E> {}
