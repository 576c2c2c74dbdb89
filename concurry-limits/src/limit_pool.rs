//! Several sets, one for each account or region, used as one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::acquire::Acquire;
use crate::amount::Amount;
use crate::error::{LimitBuildError, LimitError};
use crate::key::LimitKey;
use crate::limit_set::LimitSet;
use crate::permit::Permit;
use crate::request::{Scope, resolve};

/// In which order the sets of a [`LimitPool`] are tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoadBalance {
    /// Each request begins one set further than the one before.
    #[default]
    RoundRobin,
    /// Each request begins at any set.
    Random,
    /// The set with the most room first, measured at its fullest limit.
    LeastLoaded,
    /// Always in the order in which they were given: the later ones are reserves.
    FirstFree,
}

/// Several [`LimitSet`]s, one for each account or region, used as one.
///
/// A request goes to the first set, in the order of the [`LoadBalance`], that is free. When none is,
/// it waits for all of them and takes the first that becomes free. The permit tells which it got.
///
/// ```
/// use concurry_limits::{LimitPool, LimitSet, LoadBalance, RateLimit};
///
/// let region = |name: &str| {
///     let tokens = RateLimit::per_minute("tokens", 100);
///     LimitSet::builder().with(tokens).config([("region", name)]).build()
/// };
/// let pool = LimitPool::new([region("us-east-1")?, region("eu-west-1")?])?
///     .load_balance(LoadBalance::FirstFree);
/// let first = pool.try_acquire([("tokens", 80)])?;
/// let second = pool.try_acquire([("tokens", 80)])?;
/// assert_eq!(first.config("region"), Some("us-east-1"));
/// assert_eq!(second.config("region"), Some("eu-west-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LimitPool {
    sets: Arc<[LimitSet]>,
    balance: LoadBalance,
    /// Counts requests. A plain counter: nothing else depends on its order.
    next: Arc<AtomicUsize>,
}

impl LimitPool {
    /// A pool that goes round robin.
    ///
    /// # Errors
    ///
    /// [`LimitBuildError::EmptyPool`] without a set.
    pub fn new(sets: impl IntoIterator<Item = LimitSet>) -> Result<Self, LimitBuildError> {
        let sets: Arc<[LimitSet]> = sets.into_iter().collect();
        if sets.is_empty() {
            return Err(LimitBuildError::EmptyPool);
        }
        Ok(Self { sets, balance: LoadBalance::default(), next: Arc::default() })
    }

    /// Sets the order in which sets are tried (round robin unless set).
    #[must_use]
    pub fn load_balance(mut self, balance: LoadBalance) -> Self {
        self.balance = balance;
        self
    }

    /// The sets, in the order in which they were given.
    #[must_use]
    pub fn sets(&self) -> &[LimitSet] {
        &self.sets
    }

    /// Takes everything now from one set, or nothing.
    ///
    /// # Errors
    ///
    /// As [`LimitSet::try_acquire`]: of the set that would be free first.
    pub fn try_acquire<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Permit<'static>, LimitError> {
        self.request(Scope::Standalone, request).try_now()
    }

    /// Takes everything from one set, as soon as it fits in any.
    pub fn acquire<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Acquire {
        self.request(Scope::Standalone, request)
    }

    /// Sets that do not have a key are left out.
    pub(crate) fn request<K: LimitKey, A: Amount>(
        &self,
        scope: Scope,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Acquire {
        let request: Vec<(K, A)> = request.into_iter().collect();
        Acquire::first_of(self.order().into_iter().map(|index| {
            let shared = &self.sets[index].shared;
            let named = request.iter().map(|(key, amount)| (ByReference(key), *amount));
            (Arc::clone(shared), resolve(&shared.keys, scope, named))
        }))
    }

    fn order(&self) -> Vec<usize> {
        let count = self.sets.len();
        let turn = || self.next.fetch_add(1, Ordering::Relaxed);
        let rotated = |start: usize| (0..count).map(|i| (start % count + i) % count).collect();
        match self.balance {
            LoadBalance::RoundRobin => rotated(turn()),
            LoadBalance::Random => rotated(scatter(turn())),
            LoadBalance::FirstFree => rotated(0),
            LoadBalance::LeastLoaded => {
                let mut order: Vec<usize> = rotated(turn());
                order.sort_by_cached_key(|index| self.sets[*index].load());
                order
            }
        }
    }
}

/// A well-mixed number for each turn: the finalizer of SplitMix64 (Steele, Lea, Flood, "Fast
/// splittable pseudorandom number generators", OOPSLA 2014).
fn scatter(turn: usize) -> usize {
    let mut bits = (turn as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ (bits >> 31)) as usize
}

/// Lends a key to several requests.
struct ByReference<'a, K>(&'a K);

impl<K: LimitKey> crate::key::sealed::Resolve for ByReference<'_, K> {
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn index_in(&self, keys: &Arc<crate::key::Keys>) -> Option<usize> {
        self.0.index_in(keys)
    }

    fn name(&self) -> &str {
        self.0.name()
    }
}
