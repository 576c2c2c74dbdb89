//! One breaker per key: per host, per model, per tenant.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use crate::breaker::{BreakerConfigError, BreakerState, CircuitBreaker, CircuitBreakerBuilder};

/// Breakers by key, made from the same options when a key is first seen. Cloning shares them.
///
/// At most [`max_keys`](CircuitBreakerBuilder::max_keys) are remembered. Beyond that a closed one
/// makes room: all it loses is what its window held.
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
    /// Held while a breaker is looked up or made, never over user code but the key's own `Hash`
    /// and `Display`.
    breakers: Mutex<HashMap<K, CircuitBreaker>>,
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
        let shared = Shared { template: self, breakers: Mutex::new(HashMap::new()) };
        Ok(KeyedBreakers { shared: Arc::new(shared) })
    }
}

impl<K: Eq + Hash + Clone + fmt::Display> KeyedBreakers<K> {
    /// The breaker of this key, named after the builder and the key (`openai/gpt-4o`).
    #[must_use]
    pub fn get(&self, key: &K) -> CircuitBreaker {
        let Shared { template, breakers } = &*self.shared;
        let mut breakers = breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = breakers.get(key) {
            return breaker.clone();
        }
        if breakers.len() >= template.max_keys {
            let closed = |breaker: &CircuitBreaker| breaker.state() == BreakerState::Closed;
            let room = breakers.iter().find(|(_, breaker)| closed(breaker));
            let room = room.or_else(|| breakers.iter().next()).map(|(key, _)| key.clone());
            room.and_then(|key| breakers.remove(&key));
        }
        let mut builder = template.clone();
        builder.name = format!("{}/{key}", template.name).into();
        let breaker = CircuitBreaker::from_checked(builder);
        breakers.insert(key.clone(), breaker.clone());
        breaker
    }

    /// The keys seen, with the state of their breakers.
    #[must_use]
    pub fn states(&self) -> Vec<(K, BreakerState)> {
        let breakers = self.shared.breakers.lock().unwrap_or_else(PoisonError::into_inner);
        breakers.iter().map(|(key, breaker)| (key.clone(), breaker.state())).collect()
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
