//! Several copies of one call at once: the first success wins, the others are dropped.
//!
//! It buys success and short tails with load: use it for the few calls that must not fail. For the
//! many, a [`Hedge`](crate::Hedge) starts a copy only when the first one is slow.

mod config;
mod error;
mod run;
mod state;
#[cfg(test)]
mod tests;

pub use config::{Redundant, redundant};
pub use error::AllFailed;
pub use run::CopiesFuture;
pub(crate) use run::{Copies, Extra};
pub use state::CopyPlan;
