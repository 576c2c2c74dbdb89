//! No copy of a call succeeded.

use std::error::Error;
use std::fmt;

use crate::retry::{AttemptError, Attempts};

/// Every copy of a call failed: how, in the order in which they ended.
///
/// The attempt number in a record is the number of the copy, from 1.
///
/// ```
/// use concurry_retry::redundant;
///
/// # concurry_time::block_on(async {
/// let error = redundant(2, || async { Err::<(), _>("lost") }).await.unwrap_err();
/// assert_eq!(error.to_string(), "all 2 copies failed, the last with: lost");
/// assert_eq!(error.failures().count(), 2);
/// # });
/// ```
pub struct AllFailed<F>(Box<Attempts<F>>);

impl<F> AllFailed<F> {
    pub(crate) fn new(failures: Attempts<F>) -> Self {
        Self(Box::new(failures))
    }

    /// How each copy failed.
    #[must_use]
    pub fn failures(&self) -> &Attempts<F> {
        &self.0
    }

    /// Gives the failures away.
    #[must_use]
    pub fn into_failures(self) -> Attempts<F> {
        *self.0
    }

    /// How the copy that ended last failed. `None` when no copy was asked for.
    #[must_use]
    pub fn last(&self) -> Option<&F> {
        self.0.last().map(|record| &record.error)
    }
}

impl<E, T> AllFailed<AttemptError<E, T>> {
    /// Gives away the error of the copy that ended last, if it returned one.
    #[must_use]
    pub fn into_last_error(self) -> Option<E> {
        match self.0.into_last()?.error {
            AttemptError::Failed(error) => Some(error),
            _ => None,
        }
    }
}

impl<F: fmt::Debug> fmt::Debug for AllFailed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AllFailed").field(&self.0).finish()
    }
}

impl<F: fmt::Display> fmt::Display for AllFailed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.count(), self.last()) {
            (_, None) => f.write_str("no copy was asked for: ask for at least 1"),
            (1, Some(last)) => write!(f, "the only copy failed: {last}"),
            (count, Some(last)) => write!(f, "all {count} copies failed, the last with: {last}"),
        }
    }
}

impl<F: fmt::Debug + fmt::Display> Error for AllFailed<F> {}
