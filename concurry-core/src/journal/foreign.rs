//! The user's code that a journal runs: how values are written and read, and what errors print. A panic
//! there is an error like another, and not that of whoever keeps the journal.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::ser::Error;

use crate::panics;

/// Writes or reads a value. What was written before an error, the caller cuts off.
pub(super) fn json<R>(run: impl FnOnce() -> serde_json::Result<R>) -> serde_json::Result<R> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let message = panics::message(payload);
        Err(serde_json::Error::custom(format_args!("it panicked: {message}")))
    })
}

/// What an error prints, or that it can't.
#[doc(hidden)]
pub fn text_of(error: &impl Display) -> String {
    catch_unwind(AssertUnwindSafe(|| error.to_string())).unwrap_or_else(|payload| {
        format!("an error that can't be printed: it panicked: {}", panics::message(payload))
    })
}
