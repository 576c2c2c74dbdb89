//! One handle for a set or a pool of sets, as workers see it.

use std::time::Duration;

use crate::acquire::Acquire;
use crate::amount::Amount;
use crate::error::LimitError;
use crate::estimate::UsageEstimates;
use crate::key::LimitKey;
use crate::limit_pool::LimitPool;
use crate::limit_set::LimitSet;
use crate::permit::Permit;
use crate::remote::Remote;
use crate::request::Scope;
use crate::stats::Throttled;

/// A [`LimitSet`] or a [`LimitPool`], and the place from which it is used.
///
/// A worker pool keeps one, and hands it out inside calls. Without limits it is
/// [`unlimited`](Self::unlimited), and everything that names no key succeeds.
///
/// ```
/// use concurry_limits::{CallLimit, LimitSet, Limits, RateLimit};
///
/// let set = LimitSet::builder()
///     .with(CallLimit::per_minute(1))
///     .with(RateLimit::per_minute("tokens", 50_000))
///     .build()?;
/// let limits = Limits::from(&set);
/// let call = limits.call_request().expect("there is a call limit").wait()?;
/// // The call has been counted. Inside of it only what is named is taken.
/// let permit = limits.inside_call().try_acquire([("tokens", 2_000)])?;
/// # drop((call, permit));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Limits {
    source: Source,
    scope: Scope,
}

#[derive(Clone, Debug)]
enum Source {
    Set(LimitSet),
    Pool(LimitPool),
    /// Another process has them.
    Remote(Remote),
}

impl Default for Source {
    fn default() -> Self {
        Self::Set(LimitSet::unlimited())
    }
}

impl Limits {
    /// No limits.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// The view from inside a call that the pool has counted: call limits that a request does not
    /// name are left alone, resources that it does not name are taken with one each.
    #[must_use]
    pub fn inside_call(&self) -> Self {
        Self { source: self.source.clone(), scope: Scope::InsideCall }
    }

    /// The view of requests that take exactly what they name.
    #[must_use]
    pub fn exact(&self) -> Self {
        Self { source: self.source.clone(), scope: Scope::Exact }
    }

    /// Takes everything now, or nothing; of a pool, from the first set in its order that is free.
    ///
    /// # Errors
    ///
    /// As [`LimitSet::try_acquire`].
    pub fn try_acquire<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Permit<'static>, LimitError> {
        self.try_acquire_in(self.scope, request)
    }

    /// Takes everything as soon as it fits.
    pub fn acquire<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Acquire {
        self.acquire_in(self.scope, request)
    }

    /// What a worker pool takes for every call before it dispatches it: one of every call limit.
    /// `None` when there is no call limit, so that the call need not wait for anything.
    #[must_use]
    pub fn call_request(&self) -> Option<Acquire> {
        let none: [(&str, f64); 0] = [];
        self.has_call_limit().then(|| self.acquire_in(Scope::BeforeCall, none))
    }

    /// What a worker pool takes for a call that reserves amounts: these, and one of every call
    /// limit.
    pub fn reserve_request<K: LimitKey, A: Amount>(
        &self,
        reserved: impl IntoIterator<Item = (K, A)>,
    ) -> Acquire {
        self.acquire_in(Scope::BeforeCall, reserved)
    }

    /// What a worker pool takes for a call that reserves what such calls usually used: never more
    /// than fits at once, so that one large use does not stop all that follow.
    pub fn learned_request(&self, estimates: &UsageEstimates) -> Acquire {
        let amounts = estimates.amounts().into_iter().map(|(key, usual)| {
            let most = self.sets().filter_map(|set| set.most(key)).reduce(f64::max);
            (key, most.map_or(usual, |most| usual.min(most)))
        });
        self.reserve_request(amounts).learning(estimates)
    }

    /// Tries [`reserve_request`](Self::reserve_request) without waiting.
    ///
    /// # Errors
    ///
    /// As [`LimitSet::try_acquire`].
    pub fn try_reserve<K: LimitKey, A: Amount>(
        &self,
        reserved: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Permit<'static>, LimitError> {
        self.try_acquire_in(Scope::BeforeCall, reserved)
    }

    /// Counts a call as [`try_reserve`](Self::try_reserve) of nothing would, where that takes no more than a
    /// look at a number. What it gives owns nothing: nobody counts owners of the limits for it.
    ///
    /// False: nothing was taken, and nothing is known of whether it fits.
    ///
    /// ```
    /// use concurry_limits::{CallLimit, LimitSet, Limits, RateAlgorithm};
    ///
    /// let calls = CallLimit::per_second(1_000_000).algorithm(RateAlgorithm::TokenBucket);
    /// let limits = Limits::from(&LimitSet::builder().with(calls).build()?);
    /// drop(limits.try_reserve([("tokens", 1); 0])?); // and many more are approved in advance
    /// assert!(limits.try_count_call());
    /// assert_eq!(limits.counted_call().and_then(|permit| permit.amount(CallLimit::KEY)), Some(1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(hidden)] // for pools: the other half makes permits of calls that it believes to be counted
    #[must_use]
    #[inline]
    pub fn try_count_call(&self) -> bool {
        self.only_set().is_some_and(LimitSet::try_count_call)
    }

    /// The permit of a call that [`try_count_call`](Self::try_count_call) has counted: for one that asks for
    /// it. `None` if these limits count no calls by it.
    #[doc(hidden)]
    #[must_use]
    pub fn counted_call(&self) -> Option<Permit<'static>> {
        self.only_set().and_then(LimitSet::counted_call)
    }

    /// Whether calls are counted at all.
    #[must_use]
    pub fn has_call_limit(&self) -> bool {
        if let Source::Remote(_) = &self.source {
            // Whoever sent the call to this process has counted it.
            return false;
        }
        self.sets().any(|set| set.shared.keys.limits.iter().any(|limit| limit.kind.is_calls()))
    }

    /// What keeps requests waiting: of a pool, at the set that goes on first. `None` when nobody
    /// waits.
    #[must_use]
    pub fn throttled(&self) -> Option<Throttled> {
        let throttled = self.sets().filter_map(LimitSet::throttled);
        throttled.min_by_key(|throttled| throttled.next_in.unwrap_or(Duration::MAX))
    }

    /// The sets behind it: one, or those of the pool.
    pub fn sets(&self) -> impl Iterator<Item = &LimitSet> {
        match &self.source {
            Source::Set(set) => std::slice::from_ref(set).iter(),
            Source::Pool(pool) => pool.sets().iter(),
            Source::Remote(remote) => remote.mirrors.iter(),
        }
    }

    /// The set behind it, if there is nothing to choose.
    pub(crate) fn only_set(&self) -> Option<&LimitSet> {
        match &self.source {
            Source::Set(set) => Some(set),
            Source::Pool(_) | Source::Remote(_) => None,
        }
    }

    pub(crate) fn try_acquire_in<K: LimitKey, A: Amount>(
        &self,
        scope: Scope,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Permit<'static>, LimitError> {
        match &self.source {
            Source::Set(set) => set.try_acquire_in(scope, request),
            Source::Pool(pool) => pool.request(scope, request).try_now(),
            Source::Remote(remote) => remote.try_acquire(scope, by_name(request)),
        }
    }

    pub(crate) fn acquire_in<K: LimitKey, A: Amount>(
        &self,
        scope: Scope,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Acquire {
        match &self.source {
            Source::Set(set) => set.acquire_in(scope, request),
            Source::Pool(pool) => pool.request(scope, request),
            Source::Remote(remote) => remote.acquire(scope, by_name(request)),
        }
    }
}

impl Limits {
    pub(crate) fn from_remote(remote: Remote) -> Self {
        Self { source: Source::Remote(remote), scope: Scope::Standalone }
    }
}

/// The request as another process understands it.
fn by_name<K: LimitKey, A: Amount>(
    request: impl IntoIterator<Item = (K, A)>,
) -> Vec<(String, f64)> {
    let request = request.into_iter();
    request.map(|(key, amount)| (key.name().to_owned(), amount.to_f64())).collect()
}

impl From<LimitSet> for Limits {
    fn from(set: LimitSet) -> Self {
        Self { source: Source::Set(set), scope: Scope::Standalone }
    }
}

impl From<&LimitSet> for Limits {
    fn from(set: &LimitSet) -> Self {
        set.clone().into()
    }
}

impl From<LimitPool> for Limits {
    fn from(pool: LimitPool) -> Self {
        Self { source: Source::Pool(pool), scope: Scope::Standalone }
    }
}

impl From<&LimitPool> for Limits {
    fn from(pool: &LimitPool) -> Self {
        pool.clone().into()
    }
}

impl From<&Limits> for Limits {
    fn from(limits: &Limits) -> Self {
        limits.clone()
    }
}
