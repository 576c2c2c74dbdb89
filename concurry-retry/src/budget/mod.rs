//! A shared allowance for extra attempts, so that retries cannot multiply the load of an outage.
//!
//! A policy bounds the retries of *one* call. When a service is down, every call fails, and three
//! retries for each mean four times the load at the worst moment. A budget bounds the retries of
//! *all* calls together: a success pays in a fraction of a token, a retry or a hedge takes out a
//! whole one. While things go well the budget is full; in an outage it runs dry, and then failures
//! come out at once. It never waits, and never touches an attempt that already runs.
//!
//! The rule is the token count of gRPC's retry throttling (proposal A6) and of tower's
//! `TpsBudget`, with a trickle over time so that a client that makes few calls may retry too.

mod config;
mod error;
mod shared;
mod state;

pub use config::RetryBudgetBuilder;
pub use error::BudgetError;
pub use shared::RetryBudget;
