//! The calls of a map with a journal: makes those that no earlier run has recorded, and records what
//! becomes of them.

use std::collections::HashMap;
use std::task::Context;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::source::Calls;
use crate::CallError;
use crate::error::{FailedEarlier, Timeout};
use crate::future::{Outcome, TaskFuture};
use crate::journal::{Entry, GroupedJournal, Journal, JournalError, Key, text_of};

/// The calls of a map with a journal.
pub(super) struct JournaledCalls<T, E, A> {
    items: Box<dyn Iterator<Item = A> + Send>,
    call: Box<dyn FnMut(A) -> TaskFuture<T, E> + Send>,
    groups: GroupedJournal,
    retry_failed: bool,
    /// How many items were taken.
    taken: usize,
    /// The calls on their way, by the number of their item.
    keys: HashMap<usize, Key>,
    /// Why no more calls are made.
    error: Option<JournalError>,
}

impl<T, E, A> JournaledCalls<T, E, A> {
    pub(super) fn new(
        items: Box<dyn Iterator<Item = A> + Send>,
        call: Box<dyn FnMut(A) -> TaskFuture<T, E> + Send>,
        journal: Journal,
        retry_failed: bool,
        in_flight: usize,
    ) -> Self {
        Self {
            items,
            call,
            groups: GroupedJournal::new(journal, in_flight),
            retry_failed,
            taken: 0,
            keys: HashMap::new(),
            error: None,
        }
    }

    /// Keeps the first error. No more calls are made then.
    fn check(&mut self, result: Result<(), JournalError>) {
        if let Err(error) = result {
            self.error.get_or_insert(error);
        }
    }
}

impl<T, E, A> JournaledCalls<T, E, A>
where
    T: DeserializeOwned + Send + 'static,
    E: Send + 'static,
    A: Serialize,
{
    fn next_future(&mut self, item: A) -> Result<TaskFuture<T, E>, JournalError> {
        let number = self.taken;
        self.taken += 1;
        let key = Key::of(&(number, &item))?;
        match self.groups.journal().get(key)? {
            Some(Entry::Done(output)) => return Ok(TaskFuture::from_outcome(Ok(output))),
            Some(Entry::Failed(message)) if !self.retry_failed => {
                let failed = FailedEarlier::new(u64::try_from(number).ok(), message);
                let error = CallError::FailedEarlier(Box::new(failed));
                return Ok(TaskFuture::from_outcome(Err(error)));
            }
            Some(Entry::Failed(_)) | None => {}
        }
        // A call that is made is either on its way or written, but for a few.
        self.groups.before_call()?;
        let mut future = (self.call)(item);
        if let Some(site) = future.site()
            && let Err(error) = self.groups.journal().use_method(site.method())
        {
            let _ = future.cancel();
            return Err(error);
        }
        self.keys.insert(number, key);
        Ok(future)
    }
}

impl<T, E, A> Calls<T, E> for JournaledCalls<T, E, A>
where
    T: Serialize + DeserializeOwned + Send + 'static,
    E: std::fmt::Display + Send + 'static,
    A: Serialize,
{
    fn next_call(&mut self) -> Option<TaskFuture<T, E>> {
        if self.error.is_some() {
            return None;
        }
        let item = self.items.next()?;
        match self.next_future(item) {
            Ok(future) => Some(future),
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }

    fn remaining(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }

    fn done(&mut self, number: usize, outcome: &Outcome<T, E>) {
        // What an earlier run has recorded has no key here.
        let Some(key) = self.keys.remove(&number) else { return };
        let place = u64::try_from(number).ok();
        let recorded = match outcome {
            Ok(output) => self.groups.journal().done(key, place, output),
            Err(error) if is_final(error) => {
                self.groups.journal().fail(key, place, &text_of(error))
            }
            Err(_) => Ok(()),
        };
        self.check(recorded);
    }

    fn poll_idle(&mut self, context: &mut Context<'_>) {
        if self.error.is_none() {
            let written = self.groups.poll_idle(context);
            self.check(written);
        }
    }

    fn finish(&mut self) -> Result<(), JournalError> {
        let flushed = self.groups.flush();
        match (flushed, self.error.take()) {
            // What could not be written may be by now; the run is not complete nevertheless.
            (Err(error), _) | (Ok(()), Some(error)) => Err(error),
            (Ok(()), None) => Ok(()),
        }
    }
}

/// Whether the call was made and failed, so that it is not made again by itself. What was cancelled
/// or never sent is made by the next run.
#[doc(hidden)]
pub fn is_final<E>(error: &CallError<E>) -> bool {
    match error {
        CallError::Failed(_)
        | CallError::Panicked(_)
        | CallError::TimedOut(Timeout::Attempt | Timeout::Deadline)
        | CallError::WorkerDied(_)
        | CallError::RetriesExhausted(_)
        | CallError::InvalidResult(_)
        | CallError::BatchFailed(_)
        | CallError::InvalidBatch(_)
        | CallError::Codec(_)
        | CallError::FailedRemote(_) => true,
        CallError::Shared(shared) => shared.error().is_some_and(is_final),
        CallError::Cancelled(_)
        | CallError::TimedOut(Timeout::Wait)
        | CallError::Stopped(_)
        | CallError::Rejected(_)
        | CallError::Limits(_)
        | CallError::FailedEarlier(_)
        | CallError::Deadlock(_) => false,
    }
}
