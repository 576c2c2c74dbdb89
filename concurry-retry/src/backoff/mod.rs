//! How waits grow from one retry to the next, and how they are spread.
//!
//! - Growth: constant, linear, exponential, Fibonacci, decorrelated, or any iterator of waits.
//! - [`Jitter`] spreads the waits of many callers, so that they do not come back all at once.

mod growth;
mod jitter;

pub use growth::Waits;
pub(crate) use growth::{Backoff, Growth};
pub use jitter::Jitter;
pub(crate) use jitter::scaled;
