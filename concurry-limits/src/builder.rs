//! Building a set: definitions in, one shared state out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Waker;

use concurry_time::Clock;

use crate::RateAlgorithm;
use crate::account::Account;
use crate::alarm::Bell;
use crate::credit::Credit;
use crate::error::LimitBuildError;
use crate::key::Keys;
use crate::kind::{Definition, Limit};
use crate::ledger::Ledger;
use crate::limit_set::LimitSet;
use crate::shared::{OnItsOwnLine, Shared};
use crate::store::{LocalStore, Store};

/// Collects limits for a [`LimitSet`].
///
/// # Default
///
/// No limits, no settings, the machine's monotonic clock, state in memory.
#[must_use = "a builder does nothing unless `build` is called"]
#[derive(Debug, Default)]
pub struct LimitSetBuilder {
    limits: Vec<Limit>,
    config: BTreeMap<String, String>,
    clock: Clock,
    store: Option<Box<dyn Store>>,
}

impl LimitSetBuilder {
    /// Adds a limit.
    pub fn with(mut self, limit: impl Into<Limit>) -> Self {
        self.limits.push(limit.into());
        self
    }

    /// Adds settings that every permit carries: the region, the account.
    pub fn config<K: Into<String>, V: Into<String>>(
        mut self,
        settings: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.config.extend(settings.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    /// Sets the clock (the machine's unless set).
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets where the state lives (in the memory of this program unless set). The store must know
    /// the same limits, in the same order.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Some(Box::new(store));
        self
    }

    /// Checks all the values and makes the set.
    ///
    /// # Errors
    ///
    /// [`LimitBuildError`] names the key and the legal range: for a capacity, burst or window that
    /// cannot be, an empty key, and a key that is used twice.
    pub fn build(mut self) -> Result<LimitSet, LimitBuildError> {
        let mut definitions: Vec<Definition> = Vec::with_capacity(self.limits.len());
        for limit in std::mem::take(&mut self.limits) {
            let definition = limit.define()?;
            if definitions.iter().any(|other| other.key == definition.key) {
                return Err(LimitBuildError::DuplicateKey { key: definition.key });
            }
            definitions.push(definition);
        }
        Ok(self.assemble(definitions))
    }

    /// Makes a set of checked limits.
    pub(crate) fn assemble(self, definitions: Vec<Definition>) -> LimitSet {
        let store = self.store.unwrap_or_else(|| Box::new(LocalStore::of(&definitions)));
        let accounts = definitions.iter().map(|limit| {
            let windowed = matches!(
                limit.kind.algorithm(),
                Some(RateAlgorithm::SlidingWindow | RateAlgorithm::FixedWindow)
            );
            Account::new(!windowed, limit.kind.is_resource())
        });
        let ledger = Ledger::new(store, accounts.collect());
        let shared = Arc::new_cyclic(|shared| Shared {
            original: OnceLock::new(),
            bell: Waker::from(Arc::new(Bell(shared.clone()))),
            credits: definitions.iter().map(|_| Credit::closed()).collect(),
            keys: Arc::new(Keys::new(definitions)),
            config: self.config,
            origin: self.clock.now(),
            clock: self.clock,
            ledger: OnItsOwnLine(Mutex::new(ledger)),
        });
        LimitSet { shared }
    }
}
