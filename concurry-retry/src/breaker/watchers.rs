//! Who is told of a breaker's changes besides the one listener of its builder.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::breaker::StateChange;

/// Fewer are not looked through.
const FEW: usize = 16;

/// Hears of a change; `false` when it wants to hear no more.
pub(crate) type Watcher = Arc<dyn Fn(&StateChange) -> bool + Send + Sync>;

/// The watchers of a breaker, or of all breakers of a set of keys.
#[derive(Default)]
pub(crate) struct Watchers {
    /// Never held while a watcher runs, or is dropped.
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    watchers: Vec<Owned>,
    /// How many were left when those without an owner were last taken out.
    kept: usize,
}

#[derive(Clone)]
struct Owned {
    watcher: Watcher,
    /// Without it nobody hears what the watcher hears. `None`: it is for always.
    owner: Option<Weak<dyn Any + Send + Sync>>,
}

impl Owned {
    fn is_over(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.strong_count() == 0)
    }
}

impl Watchers {
    pub(crate) fn add(&self, watcher: Watcher) {
        self.add_owned(Owned { watcher, owner: None });
    }

    pub(crate) fn add_for(&self, owner: Weak<dyn Any + Send + Sync>, watcher: Watcher) {
        self.add_owned(Owned { watcher, owner: Some(owner) });
    }

    /// A breaker that never changes tells nobody, so those that are over leave when others come: each that
    /// comes pays for two looks.
    fn add_owned(&self, watcher: Owned) {
        let mut list = self.lock();
        list.watchers.push(watcher);
        if list.watchers.len() <= 2 * list.kept + FEW {
            return;
        }
        let over: Vec<_> = list.watchers.extract_if(.., |watcher| watcher.is_over()).collect();
        list.kept = list.watchers.len();
        drop(list);
        drop(over);
    }

    pub(crate) fn tell(&self, change: &StateChange) {
        let watchers = self.lock().watchers.clone();
        for Owned { watcher, .. } in watchers {
            if !watcher(change) {
                self.lock().watchers.retain(|other| !Arc::ptr_eq(&other.watcher, &watcher));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_whose_owners_are_gone_do_not_pile_up() {
        let (watchers, stays) = (Watchers::default(), Arc::new(()));
        for _ in 0..100 {
            let (owner, of_one): (Arc<dyn Any + Send + Sync>, _) =
                (Arc::new(()), Arc::clone(&stays));
            watchers
                .add_for(Arc::downgrade(&owner), Arc::new(move |_| Arc::strong_count(&of_one) > 0));
        }
        watchers.add(Arc::new(|_| true));
        assert!(Arc::strong_count(&stays) <= 1 + 2 * FEW, "{}", Arc::strong_count(&stays));
    }
}
