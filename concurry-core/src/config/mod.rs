//! Layered defaults for pools.
//!
//! What a pool is not told by its own options or its worker's type, it takes from here. The layers,
//! weakest first; each overrides, value by value, those before it:
//!
//! 1. the library's own [`defaults`];
//! 2. [`set_global`]: for every mode;
//! 3. [`set_mode`]: for one mode;
//! 4. the environment: `CONCURRY_MAX_WORKERS=8`, and stronger, for one mode,
//!    `CONCURRY_THREAD_MAX_WORKERS=64`;
//! 5. [`scoped`] and [`scoped_for`]: on this thread, while a guard lives; the innermost wins;
//! 6. the attributes of the worker's type;
//! 7. the options given to the pool.
//!
//! They are read when a pool is made: a change holds for pools made later, and never touches one that
//! runs. [`snapshot`] shows what holds, and why.
//!
//! A stronger layer can change a value, but not take it back to "not set".
//!
//! # The environment
//!
//! Each field of [`Settings`] has a variable: `CONCURRY_` or, but for `mode`, `CONCURRY_SYNC_`,
//! `CONCURRY_THREAD_`, `CONCURRY_ASYNC_`, `CONCURRY_PROCESS_` or `CONCURRY_RAY_`, and the field's name
//! in upper case. Durations are written `30s`, `500ms`, `2m`, or as seconds, `1.5`; modes, balancers
//! and rules of overflow by name. They are read each time a pool is made. An empty variable counts as
//! unset. Other variables that begin with `CONCURRY_` are not looked at.

mod check;
pub mod defaults;
mod duration;
mod environment;
mod error;
mod field;
mod layer;
mod resolved;
mod scope;
mod settings;
mod snapshot;
mod stack;
mod value;

#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use layer::Layer;
pub(crate) use resolved::Resolved;
pub use scope::ScopeGuard;
pub use settings::Settings;
pub use snapshot::{Entry, Snapshot};

use crate::Mode;
use check::check;
use stack::{Stack, Stored};

/// Sets the defaults of every mode, for the whole process, instead of those set so before.
///
/// ```
/// use concurry_core::Mode;
/// use concurry_core::config::{self, Settings};
///
/// config::set_global(Settings::new().mode(Mode::Thread).max_workers(8))?;
/// assert_eq!(config::snapshot()?.default_mode().value.as_deref(), Some("thread"));
/// # Ok::<(), config::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`] if a value is not legal or two contradict each other. Nothing is changed then.
pub fn set_global(settings: Settings) -> Result<(), ConfigError> {
    check(&settings, Layer::Global)?;
    Stored::change(|stored| stored.global = settings);
    Ok(())
}

/// Sets the defaults of one mode, for the whole process, instead of those set so before.
///
/// ```
/// use concurry_core::Mode;
/// use concurry_core::config::{self, Settings};
///
/// config::set_mode(Mode::Thread, Settings::new().max_workers(32))?;
/// assert!(config::set_mode(Mode::Sync, Settings::new().max_workers(32)).is_err());
/// # Ok::<(), config::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`] if a value is not legal, or can't be one of that mode. Nothing is changed then.
pub fn set_mode(mode: Mode, settings: Settings) -> Result<(), ConfigError> {
    check(&settings, Layer::Mode(mode))?;
    Stored::change(|stored| {
        stored.modes.insert(mode, settings);
    });
    Ok(())
}

/// Forgets what [`set_global`] and [`set_mode`] set. The environment and scopes are left as they are.
///
/// ```
/// use concurry_core::config::{self, Settings};
///
/// let before = config::snapshot()?;
/// config::set_global(Settings::new().concurrency(10))?;
/// config::reset();
/// assert_eq!(config::snapshot()?, before);
/// # Ok::<(), config::ConfigError>(())
/// ```
pub fn reset() {
    Stored::change(|stored| *stored = Stored::new());
}

/// Sets values for pools that are made on this thread while the guard lives, in every mode.
///
/// Other threads don't see them, so neither do pools that are made by workers there. The guard can't
/// be sent to another thread; held over an `await`, it is seen by every task that this thread runs
/// meanwhile.
///
/// ```
/// use concurry_core::Mode;
/// use concurry_core::config::{self, Settings};
///
/// let retries = || config::snapshot().unwrap().get(Mode::Async, "max_retries").unwrap().value.clone();
/// {
///     let _guard = config::scoped(Settings::new().max_retries(3))?;
///     assert_eq!(retries().as_deref(), Some("3"));
/// }
/// assert_eq!(retries().as_deref(), Some("0"));
/// # Ok::<(), config::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`] if a value is not legal or two contradict each other. No scope begins then.
pub fn scoped(settings: Settings) -> Result<ScopeGuard, ConfigError> {
    check(&settings, Layer::Scoped(None))?;
    Ok(scope::enter(settings, None))
}

/// As [`scoped`], for pools in one mode.
///
/// ```
/// use concurry_core::Mode;
/// use concurry_core::config::{self, Settings};
///
/// let _guard = config::scoped_for(Mode::Thread, Settings::new().max_workers(2))?;
/// let snapshot = config::snapshot()?;
/// assert_eq!(snapshot.get(Mode::Thread, "max_workers").unwrap().value.as_deref(), Some("2"));
/// assert_eq!(snapshot.get(Mode::Async, "max_workers").unwrap().value.as_deref(), Some("1"));
/// # Ok::<(), config::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`] if a value is not legal, or can't be one of that mode. No scope begins then.
pub fn scoped_for(mode: Mode, settings: Settings) -> Result<ScopeGuard, ConfigError> {
    check(&settings, Layer::Scoped(Some(mode)))?;
    Ok(scope::enter(settings, Some(mode)))
}

/// Shows what holds for pools that are made now on this thread, but for their types' attributes and
/// their own options.
///
/// ```
/// println!("{}", concurry_core::config::snapshot()?);
/// # Ok::<(), concurry_core::config::ConfigError>(())
/// ```
///
/// # Errors
///
/// [`ConfigError`] if an environment variable is not legal: no pool can be made then.
pub fn snapshot() -> Result<Snapshot, ConfigError> {
    Snapshot::of(&Stack::current())
}

/// What holds for a pool that is made now on this thread, but for its type's attributes and its own
/// options, which the caller lays over it.
pub(crate) fn resolve(mode: Mode) -> Result<Resolved, ConfigError> {
    Stack::current().resolve(mode)
}

/// The mode of a pool that is made now on this thread and was given none.
pub(crate) fn default_mode() -> Result<Option<Mode>, ConfigError> {
    Ok(Stack::current().default_mode()?.map(|(mode, _)| mode))
}
