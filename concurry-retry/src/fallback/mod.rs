//! What to answer when a call fails: another call, then another, at last a value.
//!
//! Put it outside of retries and breakers: the fallback then also answers while a breaker is open,
//! and the first call comes back by itself when the service does. Do not fall back once part of
//! an answer has been handed on.
//!
//! Blocking calls need nothing of this: [`Result::or_else`] and [`Result::unwrap_or_else`] do it.

mod run;

pub use run::{Fallback, OrElse, OrValue, fallback};
