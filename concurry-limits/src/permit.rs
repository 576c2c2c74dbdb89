//! The right to go on: holds resources, and settles what was really used.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use crate::amount::{Amount, is_legal};
use crate::error::PermitError;
use crate::estimate::UsageEstimates;
use crate::kind::Kind;
use crate::limit_set::LimitSet;
use crate::remote::RemotePermit;
use crate::request::Takes;
use crate::shared::Shared;
use crate::store::Take;

/// What was taken from a set of limits.
///
/// Dropping it gives resources back and settles rates as "all that was reserved": also when the work
/// failed, panicked or was cancelled. [`update`](Self::update) tells what was really used,
/// [`refund`](Self::refund) that nothing was.
///
/// One that [`LimitSet::try_acquire`](crate::LimitSet::try_acquire) gives borrows its set; one that
/// was waited for, or that comes from a pool of sets, is a `Permit<'static>`.
///
/// ```
/// use concurry_limits::{LimitSet, RateAlgorithm, RateLimit};
///
/// let tokens = RateLimit::per_minute("tokens", 1_000).algorithm(RateAlgorithm::TokenBucket);
/// let limits = LimitSet::builder().with(tokens).build()?;
/// let mut permit = limits.try_acquire([("tokens", 800)])?;
/// assert!(limits.try_acquire([("tokens", 800)]).is_err());
/// permit.update([("tokens", 150)])?; // 650 come back
/// assert!(limits.try_acquire([("tokens", 800)]).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a permit that is dropped gives its resources back at once"]
pub struct Permit<'set> {
    shared: Owner<'set>,
    takes: Takes,
    taken_at: Duration,
    /// None until the first update, if nobody learns from it. Boxed to keep the permit small, since it is moved on the fast
    /// path.
    settlement: Option<Box<Settlement>>,
}

/// What has been settled so far.
#[derive(Default)]
struct Settlement {
    /// What was really used, where it was told; in the order of `takes`.
    used: Box<[Option<f64>]>,
    /// Whether everything was given back.
    refunded: bool,
    /// Who learns what was used in the end.
    learner: Option<UsageEstimates>,
    /// Another process holds what was taken.
    server: Option<Arc<dyn RemotePermit>>,
}

/// The set of a permit.
pub(crate) enum Owner<'set> {
    /// Costs nothing.
    Borrowed(&'set Arc<Shared>),
    Owned(Arc<Shared>),
}

impl Owner<'_> {
    #[inline]
    fn shared(&self) -> &Arc<Shared> {
        match self {
            Self::Borrowed(shared) => shared,
            Self::Owned(shared) => shared,
        }
    }
}

impl Deref for Owner<'_> {
    type Target = Shared;

    #[inline]
    fn deref(&self) -> &Shared {
        self.shared()
    }
}

impl<'set> Permit<'set> {
    #[inline]
    pub(crate) fn new(shared: Owner<'set>, takes: Takes, taken_at: Duration) -> Self {
        Self { shared, takes, taken_at, settlement: None }
    }

    /// A permit that another process holds.
    pub(crate) fn of_server(
        mirror: Arc<Shared>,
        takes: Takes,
        server: Arc<dyn RemotePermit>,
    ) -> Permit<'static> {
        let settlement = Box::new(Settlement { server: Some(server), ..Settlement::default() });
        Permit {
            shared: Owner::Owned(mirror),
            takes,
            taken_at: Duration::ZERO,
            settlement: Some(settlement),
        }
    }

    /// Whether it is of that set.
    pub(crate) fn is_of(&self, set: &LimitSet) -> bool {
        Arc::ptr_eq(self.shared.shared(), &set.shared)
    }

    fn server(&self) -> Option<Arc<dyn RemotePermit>> {
        self.settlement.as_ref()?.server.clone()
    }

    /// A permit that does not borrow its set, to be kept or sent elsewhere.
    ///
    /// ```
    /// use concurry_limits::{LimitSet, Permit, ResourceLimit};
    ///
    /// fn connect(limits: &LimitSet) -> Result<Permit<'static>, concurry_limits::LimitError> {
    ///     Ok(limits.try_acquire([("connections", 1)])?.into_owned())
    /// }
    /// # let limits = LimitSet::builder().with(ResourceLimit::new("connections", 1)).build()?;
    /// let permit = connect(&limits)?;
    /// drop(limits);
    /// assert_eq!(permit.amount("connections"), Some(1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn into_owned(mut self) -> Permit<'static> {
        Permit {
            shared: Owner::Owned(Arc::clone(self.shared.shared())),
            // What is dropped here holds nothing any more.
            takes: std::mem::take(&mut self.takes),
            taken_at: self.taken_at,
            settlement: self.settlement.take(),
        }
    }

    /// Tells these estimates, when it is dropped, what was really used.
    pub(crate) fn teach(&mut self, learner: UsageEstimates) {
        self.settlement.get_or_insert_default().learner = Some(learner);
    }

    /// The setting of the set that this permit came from: which region, which account.
    #[must_use]
    pub fn config(&self, name: &str) -> Option<&str> {
        self.shared.config.get(name).map(String::as_str)
    }

    /// The set that this permit came from, for example to pause it after an answer 429.
    ///
    /// ```
    /// use concurry_limits::LimitSet;
    /// use std::time::Duration;
    ///
    /// let limits = LimitSet::unlimited();
    /// let permit = limits.try_acquire([("tokens", 1); 0])?;
    /// permit.limit_set().pause_for(Duration::from_secs(20));
    /// assert_eq!(limits.stats().paused_for.map(|wait| wait.as_secs() >= 19), Some(true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn limit_set(&self) -> LimitSet {
        LimitSet { shared: Arc::clone(self.shared.shared()) }
    }

    /// How much was taken of a limit.
    #[must_use]
    pub fn amount(&self, key: &str) -> Option<f64> {
        self.position(key).map(|(_, take)| take.amount)
    }

    /// The keys and amounts that were taken.
    pub fn amounts(&self) -> impl Iterator<Item = (&str, f64)> {
        let keys = &self.shared.keys.limits;
        self.takes.iter().map(|take| (keys[take.index].key.as_str(), take.amount))
    }

    /// Tells how much was really used: what was not used comes back by the rule of the limit's
    /// algorithm, what was used beyond the reservation is charged as debt. At once, for all keys or
    /// none of them; a later update of the same key replaces the earlier.
    ///
    /// # Errors
    ///
    /// [`PermitError::NotAcquired`] for a key that was not taken, [`PermitError::BadUsage`] for a
    /// negative, infinite or NaN use, a fraction of what is counted in whole numbers, or more calls
    /// than were taken, [`PermitError::Resource`] for a resource, [`PermitError::Settled`] after a
    /// refund.
    pub fn update<K: AsRef<str>, A: Amount>(
        &mut self,
        usage: impl IntoIterator<Item = (K, A)>,
    ) -> Result<(), PermitError> {
        if self.is_refunded() {
            return Err(PermitError::Settled);
        }
        if self.shared.keys.limits.is_empty() {
            // Of an unlimited set: nothing was taken, and nothing is counted.
            return Ok(());
        }
        let mut used: Box<[Option<f64>]> = self.told_so_far().collect();
        for (key, amount) in usage {
            let position = self.check(key.as_ref(), amount.to_f64())?;
            used[position] = Some(amount.to_f64());
        }
        self.settle(used, false);
        Ok(())
    }

    /// Gives everything back, for work that was never sent.
    ///
    /// # Errors
    ///
    /// [`PermitError::Settled`] if that has happened already.
    pub fn refund(&mut self) -> Result<(), PermitError> {
        if self.is_refunded() {
            return Err(PermitError::Settled);
        }
        self.release();
        self.settle(self.takes.iter().map(|_| Some(0.0)).collect(), true);
        Ok(())
    }

    #[inline]
    fn is_refunded(&self) -> bool {
        self.settlement.as_ref().is_some_and(|settlement| settlement.refunded)
    }

    fn position(&self, key: &str) -> Option<(usize, Take)> {
        let keys = &self.shared.keys.limits;
        self.takes.iter().copied().enumerate().find(|(_, take)| keys[take.index].key == key)
    }

    fn told_so_far(&self) -> impl Iterator<Item = Option<f64>> {
        let used = self.settlement.as_ref().map_or(&[][..], |settlement| &settlement.used);
        (0..self.takes.len()).map(|position| used.get(position).copied().flatten())
    }

    fn check(&self, key: &str, used: f64) -> Result<usize, PermitError> {
        let Some((position, take)) = self.position(key) else {
            let held: Vec<_> = self.amounts().map(|(key, _)| format!("`{key}`")).collect();
            let held = if held.is_empty() { "nothing".to_owned() } else { held.join(", ") };
            return Err(PermitError::NotAcquired { key: key.to_owned(), held });
        };
        let kind = self.shared.keys.limits[take.index].kind;
        let legal = match kind {
            Kind::Resource { .. } => return Err(PermitError::Resource { key: key.to_owned() }),
            _ if !is_legal(used) => kind.illegal(used).map(str::to_owned),
            Kind::Calls { .. } if take.amount == 1.0 && used != 1.0 => {
                Some("1: one call was taken".to_owned())
            }
            Kind::Calls { .. } if used > take.amount => Some(format!("0 to {}", take.amount)),
            _ => kind.illegal(used).map(str::to_owned),
        };
        match legal {
            Some(legal) => Err(PermitError::BadUsage { key: key.to_owned(), used, legal }),
            None => Ok(position),
        }
    }

    /// Moves what is settled from what it was to `used`.
    fn settle(&mut self, used: Box<[Option<f64>]>, refunded: bool) {
        if let Some(server) = self.server() {
            return self.settle_there(&server, used, refunded);
        }
        let keys = &self.shared.keys.limits;
        let moved = self.takes.iter().zip(used.iter()).zip(self.told_so_far());
        let differences: Takes = moved
            .filter(|((take, _), _)| !keys[take.index].kind.is_resource())
            .map(|((take, used), before)| {
                let amount = used.unwrap_or(take.amount) - before.unwrap_or(take.amount);
                Take { index: take.index, amount }
            })
            .filter(|take| take.amount != 0.0)
            .collect();
        if !differences.is_empty() {
            self.shared.settle(&differences, self.taken_at);
        }
        self.note_settled(used, refunded);
    }

    fn note_settled(&mut self, used: Box<[Option<f64>]>, refunded: bool) {
        let settlement = self.settlement.get_or_insert_default();
        settlement.used = used;
        settlement.refunded = refunded;
    }

    /// The same, where another process holds what was taken.
    #[cold]
    fn settle_there(
        &mut self,
        server: &Arc<dyn RemotePermit>,
        used: Box<[Option<f64>]>,
        refunded: bool,
    ) {
        if refunded {
            server.refund();
        } else {
            let keys = &self.shared.keys.limits;
            let told =
                self.takes.iter().zip(used.iter()).filter_map(|(take, used)| {
                    used.map(|used| (keys[take.index].key.clone(), used))
                });
            server.update(told.collect());
        }
        self.note_settled(used, refunded);
    }

    /// Gives resources back.
    #[inline]
    fn release(&self) {
        if self.settlement.is_some() && self.server().is_some() {
            // The other process does, when the permit there is dropped.
            return;
        }
        let keys = &self.shared.keys;
        if keys.resources.is_empty() {
            return;
        }
        for take in &self.takes {
            if keys.limits[take.index].kind.is_resource() {
                self.shared.release(*take);
            }
        }
    }
}

impl Permit<'_> {
    /// The end of a permit that was settled, or that somebody learns from.
    #[cold]
    fn close(&mut self) {
        if self.is_refunded() {
            return; // and nothing was used that one could learn from
        }
        self.release();
        let Some(learner) = self.settlement.as_mut().and_then(|settled| settled.learner.take())
        else {
            return;
        };
        for (take, used) in self.takes.iter().zip(self.told_so_far()) {
            if let Some(used) = used {
                learner.record(&self.shared.keys.limits[take.index].key, used);
            }
        }
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        match self.settlement {
            None => self.release(),
            Some(_) => self.close(),
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.amounts()).finish()
    }
}
