//! Who is told of a breaker's changes besides the one listener of its builder.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::breaker::StateChange;

/// Hears of a change; `false` when it wants to hear no more.
pub(crate) type Watcher = Arc<dyn Fn(&StateChange) -> bool + Send + Sync>;

/// The watchers of a breaker, or of all breakers of a set of keys.
#[derive(Default)]
pub(crate) struct Watchers {
    /// Never held while a watcher runs.
    watchers: Mutex<Vec<Watcher>>,
}

impl Watchers {
    pub(crate) fn add(&self, watcher: Watcher) {
        self.lock().push(watcher);
    }

    pub(crate) fn tell(&self, change: &StateChange) {
        let watchers = self.lock().clone();
        for watcher in watchers {
            if !watcher(change) {
                self.lock().retain(|other| !Arc::ptr_eq(other, &watcher));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Watcher>> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchers").finish_non_exhaustive()
    }
}
