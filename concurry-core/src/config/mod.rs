//! temporary
use std::time::Duration; use crate::{Mode, pool::{Balance, Overflow}};
#[derive(Debug, Clone, PartialEq, thiserror::Error)] #[error("config")] pub struct ConfigError;
pub(crate) struct Resolved { pub max_workers: usize, pub concurrency: usize, pub max_queued: Option<usize>, pub overflow: Overflow, pub balance: Balance, pub on_demand: bool, pub init_timeout: Duration, pub stop_timeout: Duration, pub timeout: Option<Duration>, pub deadline: Option<Duration>, pub max_retries: u32 }
pub(crate) fn resolve(_m: Mode) -> Result<Resolved, ConfigError> { Ok(Resolved { max_workers: 1, concurrency: 1000, max_queued: None, overflow: Overflow::Wait, balance: Balance::AnyIdle, on_demand: false, init_timeout: Duration::from_secs(30), stop_timeout: Duration::from_secs(30), timeout: None, deadline: None, max_retries: 0 }) }
pub(crate) fn default_mode() -> Result<Option<Mode>, ConfigError> { Ok(None) }
