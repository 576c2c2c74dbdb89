//! The bars that follow a pool's calls, and how a bar finds the pools it follows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use super::{PoolId, PoolShared};
use crate::progress::Tally;
use crate::sync::lock;

/// The bars that follow a pool's calls.
#[derive(Debug, Default)]
pub(crate) struct Tallies {
    /// Never held while a bar is drawn.
    tallies: Mutex<Vec<Tally>>,
}

impl Tallies {
    pub(crate) fn attach(&self, tally: &Tally) {
        lock(&self.tallies).push(tally.clone());
    }

    pub(crate) fn detach(&self, tally: &Tally) {
        let mut tallies = lock(&self.tallies);
        if let Some(place) = tallies.iter().position(|known| known.is_same(tally)) {
            tallies.swap_remove(place);
        }
    }

    /// The bars, to tell them of something. Usually none.
    pub(crate) fn each<R>(&self, tell: impl Fn(&Tally) -> R) -> Vec<R> {
        let tallies = lock(&self.tallies).clone();
        tallies.iter().map(tell).collect()
    }
}

/// The pools of this process, so that a bar over futures finds those that work on them.
pub(crate) struct Pools;

impl Pools {
    fn all() -> &'static Mutex<HashMap<PoolId, Weak<PoolShared>>> {
        static ALL: OnceLock<Mutex<HashMap<PoolId, Weak<PoolShared>>>> = OnceLock::new();
        ALL.get_or_init(Mutex::default)
    }

    pub(crate) fn add(pool: &Arc<PoolShared>) {
        lock(Self::all()).insert(pool.id, Arc::downgrade(pool));
    }

    pub(crate) fn remove(pool: PoolId) {
        lock(Self::all()).remove(&pool);
    }

    pub(crate) fn find(pool: PoolId) -> Option<Arc<PoolShared>> {
        lock(Self::all()).get(&pool)?.upgrade()
    }
}
