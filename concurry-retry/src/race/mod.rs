//! Named candidates that race for the first answer, with failover among them and a memory of who
//! is ill.
//!
//! A call names buckets of candidates. Each bucket has one runner: it tries its first candidate,
//! on an error or a time-out the next, and so on. The buckets run against each other, and the
//! first accepted answer wins; whatever else runs is dropped.
//!
//! A candidate that fails several times in a row sits out, longer each time, and comes back by
//! itself. That health is kept across calls and shared between calls that run at the same time;
//! the arguments belong to the call alone.

mod config;
mod error;
mod run;
mod shared;
mod state;
#[cfg(test)]
mod tests;
mod waiters;

pub use config::{AllSuspended, RaceBuilder};
pub use error::{CandidateFailure, RaceConfigError, RaceError};
pub use run::RaceCall;
pub use shared::{Race, Suspended};
