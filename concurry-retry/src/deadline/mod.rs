//! One moment by which a call must have ended, with everything it calls in turn.
//!
//! A time-out restarts with each layer; a deadline is fixed once and passed on, so that nobody
//! works on an answer that nobody waits for any more.

mod config;
mod error;
mod run;

pub use config::Deadline;
pub use error::DeadlineExceeded;
pub use run::Bounded;
