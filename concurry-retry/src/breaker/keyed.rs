//! One breaker per key: per host, per model, per tenant.

use std::any::Any;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::breaker::watchers::Watchers;
use crate::breaker::{
    BreakerConfigError, BreakerState, CircuitBreaker, CircuitBreakerBuilder, StateChange,
};

/// Breakers by key, made from the same options when a key is first seen. Cloning shares them.
///
/// At most [`max_keys`](CircuitBreakerBuilder::max_keys) are remembered. Beyond that a closed one
/// makes room: all it loses is what its window held. If none is closed, it is one that is not isolated,
/// as long as there is one.
///
/// ```
/// use concurry_retry::CircuitBreaker;
///
/// let breakers = CircuitBreaker::builder("openai").keyed::<String>()?;
/// breakers.get(&"gpt-4o".to_owned()).isolate();
/// assert!(breakers.get(&"gpt-4o".to_owned()).try_acquire().is_err());
/// assert!(breakers.get(&"gpt-4o-mini".to_owned()).try_acquire().is_ok());
/// # Ok::<(), concurry_retry::BreakerConfigError>(())
/// ```
pub struct KeyedBreakers<K> {
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    template: CircuitBreakerBuilder,
    watchers: Arc<Watchers>,
    /// Held while a breaker is looked up or made, never over user code but the key's own `Hash`
    /// and `Display`.
    breakers: Mutex<HashMap<K, Known>>,
}

struct Known {
    breaker: CircuitBreaker,
    /// It was not made from the common options, so it makes room for nobody.
    stays: bool,
}

impl CircuitBreakerBuilder {
    /// Makes a breaker per key instead of one for all.
    ///
    /// # Errors
    ///
    /// As [`build`](CircuitBreakerBuilder::build), and when `max_keys` is zero.
    pub fn keyed<K: Eq + Hash + Clone + fmt::Display>(
        self,
    ) -> Result<KeyedBreakers<K>, BreakerConfigError> {
        self.rules.check()?;
        if self.max_keys == 0 {
            return Err(BreakerConfigError::Zero { option: "max_keys" });
        }
        Ok(KeyedBreakers::from_checked(self))
    }
}

impl<K: Eq + Hash + Clone + fmt::Display> KeyedBreakers<K> {
    /// The options are legal.
    pub(crate) fn from_checked(template: CircuitBreakerBuilder) -> Self {
        let breakers = Mutex::new(HashMap::new());
        let shared = Shared { template, watchers: Arc::default(), breakers };
        Self { shared: Arc::new(shared) }
    }

    /// The breaker of this key, named after the builder and the key (`openai/gpt-4o`).
    #[must_use]
    pub fn get(&self, key: &K) -> CircuitBreaker {
        self.get_by(key, K::clone)
    }

    /// The same, for a key that is owned only when it is new.
    pub(crate) fn get_by<Q>(&self, key: &Q, to_owned: impl FnOnce(&Q) -> K) -> CircuitBreaker
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let Shared { template, watchers, breakers } = &*self.shared;
        let mut breakers = breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = breakers.get(key) {
            return known.breaker.clone();
        }
        let key = to_owned(key);
        let mut builder = template.clone();
        builder.name = match &*template.name {
            "" => key.to_string().into(),
            name => format!("{name}/{key}").into(),
        };
        let breaker = CircuitBreaker::watched(builder, Arc::clone(watchers));
        make_room(&mut breakers, template.max_keys);
        breakers.insert(key, Known { breaker: breaker.clone(), stays: false });
        breaker
    }

    /// Puts a breaker of its own in the place of a key, to stay.
    pub(crate) fn put(&self, key: K, breaker: CircuitBreaker) {
        let mut breakers = self.shared.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if !breakers.contains_key(&key) {
            make_room(&mut breakers, self.shared.template.max_keys);
        }
        breakers.insert(key, Known { breaker, stays: true });
    }

    /// Tells every change of state of any of them from now on, until the watcher returns `false`.
    pub fn watch(&self, watcher: impl Fn(&StateChange) -> bool + Send + Sync + 'static) {
        self.shared.watchers.add(Arc::new(watcher));
    }

    /// As [`watch`](Self::watch), and no longer than somebody has the owner.
    #[doc(hidden)] // as there
    pub fn watch_for(
        &self,
        owner: Weak<dyn Any + Send + Sync>,
        watcher: impl Fn(&StateChange) -> bool + Send + Sync + 'static,
    ) {
        self.shared.watchers.add_for(owner, Arc::new(watcher));
    }

    /// The keys seen, with the state of their breakers.
    #[must_use]
    pub fn states(&self) -> Vec<(K, BreakerState)> {
        let breakers = self.shared.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        breakers.iter().map(|(key, known)| (key.clone(), known.breaker.state())).collect()
    }
}

/// Forgets one breaker if there are as many as allowed, a closed one if there is one.
fn make_room<K: Eq + Hash + Clone>(breakers: &mut HashMap<K, Known>, most: usize) {
    if breakers.len() < most {
        return;
    }
    let find = |fits: fn(BreakerState) -> bool| {
        let fits = |known: &Known| !known.stays && fits(known.breaker.state());
        breakers.iter().find(|(_, known)| fits(known)).map(|(key, _)| key.clone())
    };
    let room = find(|state| state == BreakerState::Closed)
        .or_else(|| find(|state| state != BreakerState::Isolated))
        .or_else(|| find(|_| true));
    if let Some(key) = room {
        breakers.remove(&key);
    }
}

impl<K> Clone for KeyedBreakers<K> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K> fmt::Debug for KeyedBreakers<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedBreakers")
            .field("template", &self.shared.template)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::Outcome;

    #[test]
    fn what_was_set_by_hand_goes_last() {
        let breakers = CircuitBreaker::builder("model").max_keys(4).keyed::<u32>().unwrap();
        breakers.put(0, CircuitBreaker::builder("own").build().unwrap());
        breakers.get(&1).isolate();
        for key in 2..100 {
            // Open, so that none of them is closed.
            let breaker = breakers.get(&key);
            (0..20).for_each(|_| breaker.try_acquire().unwrap().record(Outcome::Failure));
            assert_eq!(breakers.states().len() as u32, 4.min(key + 1));
        }
        assert_eq!(breakers.get(&0).name(), "own");
        assert_eq!(breakers.get(&1).state(), BreakerState::Isolated);
    }
}
