//! Errors that several calls have in common.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use thiserror::Error;

use super::{CallError, CallSite};

/// A value behind an [`Arc`], whose type was known to be `Send + Sync` where it was put there. So an
/// error that holds one asks nothing of types that are never shared.
pub(crate) type Shared<X> = Arc<dyn Hold<X> + Send + Sync>;

/// Gives the value of a [`Shared`].
pub(crate) trait Hold<X> {
    fn get(&self) -> &X;
    /// The value, unless others share it.
    fn take(self: Arc<Self>) -> Option<X>;
}

struct Holder<X>(X);

impl<X> Hold<X> for Holder<X> {
    fn get(&self) -> &X {
        &self.0
    }

    fn take(self: Arc<Self>) -> Option<X> {
        Arc::into_inner(self).map(|holder| holder.0)
    }
}

/// Puts a value where several errors share it.
pub(crate) fn share<X: Send + Sync + 'static>(value: X) -> Shared<X> {
    Arc::new(Holder(value))
}

/// What is left of a shared value.
enum Kept<X> {
    /// Others may have it as well.
    Shared(Shared<X>),
    /// It was converted.
    Own(X),
    /// It could not be converted, because others had it: this is what it printed.
    Text,
}

/// A shared value, and what it printed.
struct Printed<X> {
    kept: Kept<X>,
    text: Arc<str>,
}

impl<X> Printed<X> {
    fn share(value: &Shared<X>, text: &Arc<str>) -> Self {
        Self { kept: Kept::Shared(Arc::clone(value)), text: Arc::clone(text) }
    }

    fn value(&self) -> Option<&X> {
        match &self.kept {
            Kept::Shared(shared) => Some(shared.get()),
            Kept::Own(own) => Some(own),
            Kept::Text => None,
        }
    }

    fn map<Y>(self, map: impl FnOnce(X) -> Y) -> Printed<Y> {
        let kept = match self.kept {
            Kept::Shared(shared) => shared.take().map_or(Kept::Text, |value| Kept::Own(map(value))),
            Kept::Own(own) => Kept::Own(map(own)),
            Kept::Text => Kept::Text,
        };
        Printed { kept, text: self.text }
    }
}

impl<X: Display> Display for Printed<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => Display::fmt(value, f),
            None => f.write_str(&self.text),
        }
    }
}

impl<X: Debug> Debug for Printed<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => Debug::fmt(value, f),
            None => Debug::fmt(&self.text, f),
        }
    }
}

/// What stands in for an error that can't be printed.
const UNKNOWN: &str = "the error was converted by another of the calls that share it";

/// The batched form failed as a whole, so every call in the batch failed.
///
/// All of them share the one error, which need not be `Clone`.
#[derive(Debug)]
pub struct BatchFailed<E> {
    site: CallSite,
    size: usize,
    error: Printed<E>,
}

/// Makes the error of each call of a batch that failed.
pub(crate) struct BatchFailure<E> {
    site: CallSite,
    size: usize,
    error: Shared<E>,
    text: Arc<str>,
}

impl<E> BatchFailure<E> {
    pub(crate) fn new(
        site: CallSite,
        size: usize,
        error: Shared<E>,
        describe: Option<fn(&E) -> String>,
    ) -> Self {
        let text = describe.map_or_else(|| UNKNOWN.into(), |describe| describe(error.get()).into());
        Self { site, size, error, text }
    }

    /// The error of one of the calls.
    pub(crate) fn each(&self) -> CallError<E> {
        let error = Printed::share(&self.error, &self.text);
        CallError::BatchFailed(Box::new(BatchFailed { site: self.site, size: self.size, error }))
    }
}

impl<E> BatchFailed<E> {
    /// Of an error that is no method's own.
    pub(crate) fn of_text(site: CallSite, size: usize, text: Arc<str>) -> Self {
        Self { site, size, error: Printed { kept: Kept::Text, text } }
    }

    /// The batched form.
    pub fn site(&self) -> CallSite {
        self.site
    }

    /// How many calls were in the batch.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The error of the batched form, shared by all calls of the batch.
    ///
    /// `None` only after a conversion to another error type (`map_err`, `and_then`), which needs the
    /// error by value, while other calls still had it. It is printed nevertheless.
    pub fn error(&self) -> Option<&E> {
        self.error.value()
    }

    pub(crate) fn map<F>(self, map: impl FnOnce(E) -> F) -> BatchFailed<F> {
        BatchFailed { site: self.site, size: self.size, error: self.error.map(map) }
    }
}

impl<E: Display> Display for BatchFailed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed for its batch of {}: {}", self.site, self.size, self.error)
    }
}

/// The outcome of a call that several callers share, which failed.
///
/// It comes from calls with the same key ([`dedup_by`](crate::MethodOptions::dedup_by)): all callers
/// share the one error, which need not be `Clone`.
#[derive(Debug)]
pub struct SharedError<E> {
    error: Printed<CallError<E>>,
}

/// Makes the error of each caller that shares a call.
pub(crate) struct SharedFailure<E> {
    error: Shared<CallError<E>>,
    text: Arc<str>,
}

impl<E: Send + Sync + 'static> SharedFailure<E> {
    pub(crate) fn new(error: CallError<E>, describe: Option<fn(&E) -> String>) -> Self {
        let text = match (error.failure(), describe) {
            (Some(failure), Some(describe)) => describe(failure).into(),
            _ => UNKNOWN.into(),
        };
        Self { error: share(error), text }
    }
}

impl<E> SharedFailure<E> {
    /// The error of one of the callers.
    pub(crate) fn each(&self) -> CallError<E> {
        let error = Printed::share(&self.error, &self.text);
        CallError::Shared(Box::new(SharedError { error }))
    }
}

impl<E> SharedError<E> {
    /// The error of the call, shared by all of its callers.
    ///
    /// `None` only after a conversion to another error type (`map_err`, `and_then`), which needs the
    /// error by value, while other callers still had it. It is printed nevertheless.
    pub fn error(&self) -> Option<&CallError<E>> {
        self.error.value()
    }

    pub(crate) fn map<F>(self, map: impl FnOnce(CallError<E>) -> CallError<F>) -> SharedError<F> {
        SharedError { error: self.error.map(map) }
    }
}

impl<E: Display> Display for SharedError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.error, f)
    }
}

/// The batched form gave another number of results than it got calls. Nobody knows which result
/// belongs to which call, so all calls of the batch fail.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
#[error(
    "`{site}` got {calls} calls and gave {results} results: it has to give one for each, in order"
)]
pub struct InvalidBatch {
    /// The batched form.
    pub site: CallSite,
    /// How many calls were in the batch.
    pub calls: usize,
    /// How many results it gave.
    pub results: usize,
}
