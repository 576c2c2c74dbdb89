//! The way to a cluster: the gateway process, and what it tells the threads of the pools.

mod gateway;
mod mailbox;

use std::sync::{Mutex, MutexGuard, PoisonError};

use concurry_core::__private::spawn_detached;

pub(crate) use gateway::Gateway;
pub(crate) use mailbox::{Letter, Mailbox};

use crate::error::RayError;

/// Starts a thread that nobody joins.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), RayError> {
    spawn_detached(name.to_owned(), run).map_err(RayError::System)
}

/// A panic while it is held leaves nothing half-way changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
