//! A set of limits that are acquired together or not at all.

use std::fmt;
use std::iter;
use std::sync::Arc;
use std::time::Duration;

use crate::acquire::Acquire;
use crate::amount::Amount;
use crate::builder::LimitSetBuilder;
use crate::error::LimitError;
use crate::key::{Key, LimitKey};
use crate::limits::Limits;
use crate::permit::{Owner, Permit};
use crate::request::{Scope, Takes, resolve, resolve_into, resolve_one, resolve_units};
use crate::shared::{PREPAID, Shared};
use crate::store::{Fit, Take};

/// Limits that are acquired together or not at all.
///
/// Cloning is cheap and shares the state: the same set given to several pools is one budget.
///
/// A request names keys and amounts. Call limits and resources that it does not name are taken with
/// one each; rate limits that it does not name are left out. Waiters are served in the order in
/// which they came: a large request is not overtaken by small ones that would delay it.
///
/// All moments are those of a monotonic clock: a step of the wall clock changes nothing. Many small
/// acquires of a token bucket or GCRA limit of 32,768 or more are recorded together, without reading
/// the clock for each: never less than was used counts, and at most a 4,096th of the burst may come
/// back later than it could. Smaller limits are exact to the unit.
///
/// ```
/// use concurry_limits::{CallLimit, LimitSet, RateLimit, ResourceLimit};
///
/// let limits = LimitSet::builder()
///     .with(CallLimit::per_minute(500))
///     .with(RateLimit::per_minute("tokens", 50_000))
///     .with(ResourceLimit::new("connections", 5))
///     .config([("region", "us-east-1")])
///     .build()?;
/// let mut permit = limits.acquire([("tokens", 2_000)]).wait()?;
/// assert_eq!(permit.config("region"), Some("us-east-1"));
/// permit.update([("tokens", 1_234)])?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LimitSet {
    pub(crate) shared: Arc<Shared>,
}

impl LimitSet {
    /// Starts a set without limits.
    pub fn builder() -> LimitSetBuilder {
        LimitSetBuilder::default()
    }

    /// A set without limits: every request that names none succeeds at once.
    #[must_use]
    pub fn unlimited() -> Self {
        LimitSetBuilder::default().assemble(Vec::new())
    }

    /// Resolves a key once, for hot loops.
    ///
    /// # Errors
    ///
    /// [`LimitError::UnknownKey`] if the set has no such limit.
    pub fn key(&self, name: &str) -> Result<Key, LimitError> {
        let keys = &self.shared.keys;
        match keys.find(name) {
            Some(index) => Ok(Key { keys: Arc::clone(keys), index }),
            None => Err(LimitError::UnknownKey { key: name.to_owned(), known: keys.names() }),
        }
    }

    /// Takes everything now, or nothing.
    ///
    /// The permit borrows the set, which makes it cheap. [`Permit::into_owned`] sets it free, and so
    /// does [`try_acquire_owned`](Self::try_acquire_owned).
    ///
    /// # Errors
    ///
    /// [`LimitError::Refused`] says which limit blocks and for how long. It owns nothing. The other
    /// errors mean that the request can never succeed.
    #[inline(always)] // where it is seen whole, an admitted request is a few instructions
    pub fn try_acquire<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Permit<'_>, LimitError> {
        let (takes, at) = self.take_now(Scope::Standalone, request)?;
        Ok(Permit::new(Owner::Borrowed(&self.shared), takes, at))
    }

    /// Takes everything now, or nothing: a permit that can outlive this handle.
    ///
    /// ```
    /// use concurry_limits::{LimitSet, ResourceLimit};
    ///
    /// let limits = LimitSet::builder().with(ResourceLimit::new("connections", 1)).build()?;
    /// let permit = limits.try_acquire_owned([("connections", 1)])?;
    /// std::thread::spawn(move || drop(permit)).join().expect("no panic");
    /// assert!(limits.try_acquire([("connections", 1)]).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Permit<'static>, LimitError> {
        self.try_acquire_in(Scope::Standalone, request)
    }

    pub(crate) fn try_acquire_in<K: LimitKey, A: Amount>(
        &self,
        scope: Scope,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Permit<'static>, LimitError> {
        let (takes, at) = self.take_now(scope, request)?;
        Ok(Permit::new(Owner::Owned(Arc::clone(&self.shared)), takes, at))
    }

    /// Takes one call out of what was approved in advance: a look at one word and a number.
    #[inline]
    pub(crate) fn try_count_call(&self) -> bool {
        let Shared { keys, credits, .. } = &*self.shared;
        keys.calls.is_some_and(|index| credits[index].try_take(1))
    }

    /// What such a call has taken.
    fn one_call(&self) -> Takes {
        let calls = self.shared.keys.calls;
        calls.map(|index| Take { index, amount: 1.0 }).into_iter().collect()
    }

    /// The permit of such a call.
    pub(crate) fn counted_call(&self) -> Option<Permit<'static>> {
        let takes = self.one_call();
        let shared = (!takes.is_empty()).then(|| Arc::clone(&self.shared))?;
        Some(Permit::new(Owner::Owned(shared), takes, PREPAID))
    }

    /// Takes everything now, or nothing. Says what, and as of which moment.
    #[inline(always)] // so that the compiler sees what the fast path leaves out
    fn take_now<K: LimitKey, A: Amount>(
        &self,
        scope: Scope,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<(Takes, Duration), LimitError> {
        let shared = &*self.shared;
        let mut request = request.into_iter();
        // One call, which is what a pool takes for each.
        if scope == Scope::BeforeCall
            && request.size_hint() == (0, Some(0))
            && self.try_count_call()
        {
            return Ok((self.one_call(), PREPAID));
        }
        // A request that does not know its length goes the longer way.
        if request.size_hint() == (1, Some(1))
            && let Some((key, amount)) = request.next()
        {
            if let Some((take, units)) = resolve_units(&shared.keys, scope, &key, amount.to_f64())
                && shared.credits[take.index].try_take(units)
            {
                let mut takes = Takes::new();
                takes.push(take);
                return Ok((takes, PREPAID));
            }
            return self.take_all(scope, iter::once((key, amount)));
        }
        self.take_all(scope, request)
    }

    /// The same, by way of the lock.
    #[inline(never)] // so that the fast path stays small
    fn take_all<K: LimitKey, A: Amount>(
        &self,
        scope: Scope,
        request: impl Iterator<Item = (K, A)>,
    ) -> Result<(Takes, Duration), LimitError> {
        let mut takes = Takes::new();
        // In place: to read them back at once, as a whole, would stall as long as the lock takes.
        resolve_into(&mut takes, &self.shared.keys, scope, request)?;
        let at = self.shared.try_take(&takes)?;
        Ok((takes, at))
    }

    /// Spends an amount of one rate limit now, for good: there is no permit, and nothing to settle.
    /// The cheapest check there is. Nothing else of the set is taken.
    ///
    /// ```
    /// use concurry_limits::{LimitSet, RateAlgorithm, RateLimit};
    ///
    /// let requests = RateLimit::per_second("requests", 100).algorithm(RateAlgorithm::Gcra);
    /// let limits = LimitSet::builder().with(requests).build()?;
    /// let requests = limits.key("requests")?;
    /// assert!(limits.try_spend(&requests, 1).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire), and [`LimitError::Resource`] for a resource, which
    /// only a permit can hold.
    #[inline]
    pub fn try_spend(&self, key: impl LimitKey, amount: impl Amount) -> Result<(), LimitError> {
        let keys = &self.shared.keys;
        if let Some((take, units)) = resolve_units(keys, Scope::Exact, &key, amount.to_f64())
            && !keys.limits[take.index].kind.is_resource()
            && self.shared.credits[take.index].try_take(units)
        {
            return Ok(());
        }
        let take = resolve_one(keys, &key, amount.to_f64())?;
        self.shared.try_take(&Takes::from_slice(&[take])).map(drop)
    }

    /// Takes everything as soon as it fits, in the order of requests. What is wrong with the request
    /// itself is said when it is waited for.
    pub fn acquire<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Acquire {
        self.acquire_in(Scope::Standalone, request)
    }

    pub(crate) fn acquire_in<K: LimitKey, A: Amount>(
        &self,
        scope: Scope,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Acquire {
        let takes = resolve(&self.shared.keys, scope, request);
        Acquire::new(Arc::clone(&self.shared), takes)
    }

    /// About how long a request that came now would wait, behind those who wait already. `None` when
    /// that depends on somebody giving a resource back.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    pub fn estimated_wait<K: LimitKey, A: Amount>(
        &self,
        request: impl IntoIterator<Item = (K, A)>,
    ) -> Result<Option<Duration>, LimitError> {
        let takes = resolve(&self.shared.keys, Scope::Standalone, request)?;
        Ok(self.shared.with(|ledger, now, _| {
            for take in &takes {
                ledger.record(&self.shared.credits, take.index, now);
            }
            match ledger.estimate(&takes, now) {
                Fit::At(moment) => Some(moment.saturating_sub(now)),
                Fit::WhenReleased | Fit::Never => None,
            }
        }))
    }

    /// The setting of this set.
    #[must_use]
    pub fn config(&self, name: &str) -> Option<&str> {
        self.shared.config.get(name).map(String::as_str)
    }

    /// The most that fits at once of a limit.
    pub(crate) fn most(&self, key: &str) -> Option<f64> {
        let index = self.shared.keys.find(key)?;
        Some(self.shared.lock().store.level(index, Duration::ZERO).most)
    }

    /// As it is seen inside a call, which the pool has counted: call limits that a request does not
    /// name are left alone.
    pub fn inside_call(&self) -> Limits {
        Limits::from(self).inside_call()
    }

    /// As it is seen by requests that take exactly what they name.
    pub fn exact(&self) -> Limits {
        Limits::from(self).exact()
    }
}

impl Default for LimitSet {
    fn default() -> Self {
        Self::unlimited()
    }
}

impl fmt::Debug for LimitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitSet")
            .field("keys", &self.shared.keys.names())
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}
