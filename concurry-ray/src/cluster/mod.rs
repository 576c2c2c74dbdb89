//! The way to a cluster: the gateway process, and what it tells the threads of the pools.

mod gateway;
mod mailbox;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use gateway::Gateway;
pub(crate) use mailbox::{Letter, Mailbox};

use crate::error::RayError;

/// Starts a thread with a name.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), RayError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map(drop).map_err(RayError::System)
}

/// A panic while it is held leaves nothing half-way changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
