//! One budget for each user, tenant or model.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::builder::LimitSetBuilder;
use crate::error::LimitBuildError;
use crate::limit_set::LimitSet;

/// A [`LimitSet`] for each key, made when the key is first used and forgotten when it is idle.
///
/// A key is idle when nobody holds its set, nobody waits, and every limit is back to full: then a
/// new set would be no different. Idle keys are looked for whenever the number of keys has doubled,
/// so memory stays proportional to the keys in use, and by [`forget_idle`](Self::forget_idle).
/// Cloning shares the state.
///
/// ```
/// use concurry_limits::{KeyedLimits, LimitSet, RateLimit};
///
/// let users = KeyedLimits::new(|_user: &String| {
///     LimitSet::builder().with(RateLimit::per_minute("requests", 2))
/// });
/// let ada = users.get("ada".to_owned())?;
/// assert!(ada.try_acquire([("requests", 2)]).is_ok());
/// assert!(ada.try_acquire([("requests", 1)]).is_err());
/// assert!(users.get("ben".to_owned())?.try_acquire([("requests", 1)]).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct KeyedLimits<K> {
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    make: Box<dyn Fn(&K) -> LimitSetBuilder + Send + Sync>,
    hasher: RandomState,
    /// Several, so that threads with different keys seldom meet. Never held over `make`.
    shards: [Mutex<Shard<K>>; SHARDS],
}

struct Shard<K> {
    sets: HashMap<K, LimitSet>,
    /// At so many keys idle ones are looked for.
    sweep_at: usize,
}

const SHARDS: usize = 16;
const FIRST_SWEEP: usize = 64;

impl<K: Eq + Hash> KeyedLimits<K> {
    /// Limits that are built by `make` for each key.
    pub fn new(make: impl Fn(&K) -> LimitSetBuilder + Send + Sync + 'static) -> Self {
        let shard = || Mutex::new(Shard { sets: HashMap::new(), sweep_at: FIRST_SWEEP });
        let shared = Shared {
            make: Box::new(make),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| shard()),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The set of a key.
    ///
    /// # Errors
    ///
    /// What `build` says of the limits that were made for a new key.
    pub fn get(&self, key: K) -> Result<LimitSet, LimitBuildError> {
        if let Some(set) = self.shard(&key).sets.get(&key) {
            return Ok(set.clone());
        }
        let made = (self.shared.make)(&key).build()?;
        let mut shard = self.shard(&key);
        shard.make_room();
        // Somebody else may have made it meanwhile: theirs is the one that counts.
        Ok(shard.sets.entry(key).or_insert(made).clone())
    }

    /// Forgets the keys whose limits are all unused, and says how many are left.
    pub fn forget_idle(&self) -> usize {
        self.shared
            .shards
            .iter()
            .map(|shard| {
                let mut shard = lock(shard);
                shard.sweep();
                shard.sets.len()
            })
            .sum()
    }

    /// How many keys are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.shards.iter().map(|shard| lock(shard).sets.len()).sum()
    }

    /// Whether no key is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K>> {
        let hash = self.shared.hasher.hash_one(key) as usize;
        lock(&self.shared.shards[hash % SHARDS])
    }
}

fn lock<K>(shard: &Mutex<Shard<K>>) -> MutexGuard<'_, Shard<K>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Eq + Hash> Shard<K> {
    fn make_room(&mut self) {
        if self.sets.len() >= self.sweep_at {
            self.sweep();
            self.sweep_at = (self.sets.len() * 2).max(FIRST_SWEEP);
        }
    }

    fn sweep(&mut self) {
        self.sets.retain(|_, set| !is_idle(set));
    }
}

/// Whether a new set would be no different. Permits and waiters hold references too.
fn is_idle(set: &LimitSet) -> bool {
    if Arc::strong_count(&set.shared) > 1 {
        return false;
    }
    let stats = set.stats();
    stats.paused_for.is_none() && stats.limits.iter().all(|limit| limit.utilisation <= 0.0)
}

impl<K> Clone for KeyedLimits<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K: Eq + Hash> fmt::Debug for KeyedLimits<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedLimits").field("keys", &self.len()).finish_non_exhaustive()
    }
}
