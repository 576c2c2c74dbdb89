//! Hedging: a second copy of a call that takes longer than most, and the first success wins.
//!
//! After Dean and Barroso, "The Tail at Scale" (2013). Use it only for calls that may run twice.
//! Three bounds keep it from making an overload worse: the extra load is a small share of the
//! calls that succeed, a shared [`RetryBudget`](crate::RetryBudget) can pay for it, and it stops
//! while the service throttles. A copy that is refused is only not started: those that run go on.
//! An error that may pass starts the next copy at once, one that may not ends the call (gRPC
//! proposal A6).

mod config;
mod error;
mod shared;
mod sketch;
mod state;
#[cfg(test)]
mod tests;

pub use config::Hedge;
pub use error::HedgeError;
pub use shared::Hedger;
