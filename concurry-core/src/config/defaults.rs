//! The library's own values, which hold where no layer says otherwise.
//!
//! The rest has none: calls queue without bound, attempts and calls may take as long as they like,
//! and a pool without a mode is an error.
//!
//! ```
//! use concurry_core::config::defaults;
//!
//! assert_eq!(defaults::MAX_WORKERS, 1);
//! assert_eq!(defaults::STOP_TIMEOUT.as_secs(), 30);
//! ```

use std::time::Duration;

use super::settings::Settings;
use crate::balance::Balance;
use crate::overflow::Overflow;

/// One worker, in every mode: state then behaves as in a plain struct, and more is a decision.
pub const MAX_WORKERS: usize = 1;
/// Overlapping async calls of one worker.
pub const CONCURRENCY: usize = 1_000;
/// A submit to a full pool waits.
pub const OVERFLOW: Overflow = Overflow::Wait;
/// Any idle worker takes the oldest call.
pub const BALANCE: Balance = Balance::AnyIdle;
/// Workers are made with the pool and kept.
pub const ON_DEMAND: bool = false;
/// Time for all constructors of a pool.
pub const INIT_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for a pool to stop.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// A failed call is not tried again.
pub const MAX_RETRIES: u32 = 0;

/// All of them, as the weakest layer.
pub(super) const SETTINGS: Settings = Settings::new()
    .max_workers(MAX_WORKERS)
    .concurrency(CONCURRENCY)
    .overflow(OVERFLOW)
    .balance(BALANCE)
    .on_demand(ON_DEMAND)
    .init_timeout(INIT_TIMEOUT)
    .stop_timeout(STOP_TIMEOUT)
    .max_retries(MAX_RETRIES);
