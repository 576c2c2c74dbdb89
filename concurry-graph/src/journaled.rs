//! Running a graph with a journal.

use std::fmt;
use std::future::IntoFuture;

use concurry_core::TaskFuture;

use crate::compute::{Compute, Computing};
use crate::error::ComputeError;

/// A [`Compute`] with a [`journal`](Compute::journal).
#[must_use = "nothing runs before `run`, `submit` or `await`"]
pub struct JournaledCompute<T: Send + 'static>(Compute<T>);

impl<T: Send + 'static> JournaledCompute<T> {
    pub(crate) fn new(compute: Compute<T>) -> Self {
        Self(compute)
    }

    /// Whatever else tells this job from others, besides its calls: a version of the prompts, a model.
    /// A journal with another tag is refused.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        if let Some(options) = self.0.journal_options() {
            options.tag = tag.into();
        }
        self
    }

    /// Whether calls that failed in an earlier run are made again. Otherwise they fail with
    /// [`CallError::FailedEarlier`](concurry_core::CallError::FailedEarlier).
    pub fn retry_failed(mut self, retry: bool) -> Self {
        if let Some(options) = self.0.journal_options() {
            options.retry_failed = retry;
        }
        self
    }

    /// Whether the disk has every result before further calls are made, so that none is lost with the
    /// machine either. Not unless set: what was written survives the death of this process only.
    pub fn sync_to_disk(mut self, sync: bool) -> Self {
        if let Some(options) = self.0.journal_options() {
            options.sync = sync;
        }
        self
    }

    /// As [`Compute::run`].
    ///
    /// # Errors
    ///
    /// Those of [`Compute::run`], and what is wrong with the journal: `downcast_ref` gives the
    /// [`JournalError`](concurry_core::journal::JournalError). After that no further call is made, and
    /// what was recorded is not lost.
    pub fn run(self) -> Result<T, ComputeError> {
        self.0.run()
    }

    /// As [`Compute::submit`].
    ///
    /// # Cancel safety
    ///
    /// As [`Compute::submit`]. What is done by then is recorded.
    pub fn submit(self) -> TaskFuture<T, ComputeError> {
        self.0.submit()
    }
}

/// As awaiting a [`Compute`].
///
/// # Cancel safety
///
/// Dropping the future cancels what runs; the next run makes those calls again.
impl<T: Send + 'static> IntoFuture for JournaledCompute<T> {
    type Output = Result<T, ComputeError>;
    type IntoFuture = Computing<T>;

    fn into_future(self) -> Computing<T> {
        self.0.into_future()
    }
}

impl<T: Send + 'static> fmt::Debug for JournaledCompute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JournaledCompute").field(&self.0).finish()
    }
}
