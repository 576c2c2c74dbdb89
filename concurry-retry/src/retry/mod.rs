//! Trying again: policies, the waits they give, and runs of one operation under them.
//!
//! A [`RetryPolicy`] is plain data. [`RetryPolicy::run`] and [`RetryPolicy::run_blocking`] apply it
//! to a closure; a pool drives the same rules through [`Retrying`], which waits for nothing and
//! calls nothing itself.

mod config;
mod driver;
mod error;
mod future;
mod history;
mod judge;
mod run;
mod schedule;
mod state;
#[cfg(test)]
mod tests;

pub use config::RetryPolicy;
pub use driver::Attempt;
pub use error::{AttemptError, GaveUp, PolicyError, RetryError};
pub use future::RunFuture;
pub use history::{AttemptRecord, Attempts};
pub use judge::{
    Accept, AndUntil, ByVerdict, Either, EveryError, EveryResult, Judge, OnlyIf, VerdictBy,
    caused_by,
};
pub use run::Run;
pub use schedule::Schedule;
pub use state::{Bounds, Retrying};
