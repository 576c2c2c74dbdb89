//! The circuit breakers that a method's attempts ask.

use std::any::Any;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use concurry_retry::{BreakerOpen, BreakerState, CircuitBreaker, KeyedBreakers, StateChange};

use super::arguments::{Arguments, Spare};
use super::drive::{Drive, Ended};
use crate::CallError;
use crate::error::Rejected;
use crate::event::Event;
use crate::pool::BreakerStats;
use crate::shared::{PoolShared, Stage};

/// The breaker of an attempt: one for all, or one by the arguments.
pub(crate) enum Breakers {
    /// One for all.
    One(CircuitBreaker),
    /// One for each key.
    Keyed {
        /// Finds the breaker of a call by its arguments.
        of: Box<dyn Fn(&dyn Any) -> CircuitBreaker + Send + Sync>,
        /// All that there are.
        all: Arc<dyn AllBreakers>,
    },
}

type Watcher = Box<dyn Fn(&StateChange) -> bool + Send + Sync>;

/// The breakers of a pool, to look at and to watch.
pub(crate) trait AllBreakers: Send + Sync {
    fn states(&self) -> Vec<BreakerStats>;
    fn watch_for(&self, pool: Weak<PoolShared>, watcher: Watcher);
}

impl AllBreakers for CircuitBreaker {
    fn states(&self) -> Vec<BreakerStats> {
        vec![BreakerStats { name: self.name().into(), state: self.state() }]
    }

    fn watch_for(&self, pool: Weak<PoolShared>, watcher: Watcher) {
        Self::watch_for(self, pool, watcher);
    }
}

impl<K> AllBreakers for KeyedBreakers<K>
where
    K: Eq + std::hash::Hash + Clone + std::fmt::Display + Send,
{
    fn states(&self) -> Vec<BreakerStats> {
        let named = |(key, state): (K, BreakerState)| BreakerStats {
            name: self.get(&key).name().into(),
            state,
        };
        Self::states(self).into_iter().map(named).collect()
    }

    fn watch_for(&self, pool: Weak<PoolShared>, watcher: Watcher) {
        Self::watch_for(self, pool, watcher);
    }
}

impl Breakers {
    pub(crate) fn all(&self) -> Arc<dyn AllBreakers> {
        match self {
            Self::One(breaker) => Arc::new(breaker.clone()),
            Self::Keyed { all, .. } => Arc::clone(all),
        }
    }
}

/// Tells those who watch the pool of every change, until the pool has ended.
pub(crate) fn tell_changes(breakers: &dyn AllBreakers, pool: &Arc<PoolShared>) {
    let pool = Arc::downgrade(pool);
    let owner = Weak::clone(&pool);
    let watcher = move |change: &StateChange| {
        let running = pool.upgrade().filter(|pool| pool.shutdown.stage() < Stage::Ended);
        let Some(pool) = running else { return false };
        pool.events.emit(|| Event::BreakerChanged {
            worker_name: pool.worker_name,
            breaker: Arc::clone(&change.breaker),
            from: change.from,
            to: change.to,
        });
        true
    };
    breakers.watch_for(owner, Box::new(watcher));
}

impl Drive {
    /// Asks the breaker, and says how the attempt went.
    pub(super) async fn guarded(&self, args: &mut dyn Arguments, spare: Option<&Spare>) -> Ended {
        let keyed;
        let breaker = match &self.layers().breaker {
            None => None,
            Some(Breakers::One(breaker)) => Some(breaker),
            Some(Breakers::Keyed { of, .. }) => {
                keyed = of(args.get());
                Some(&keyed)
            }
        };
        let permit = match breaker.map(CircuitBreaker::try_acquire).transpose() {
            Ok(permit) => permit,
            Err(open) => return self.refused(open, args),
        };
        let ended = self.hedged(args, spare, breaker).await;
        if let Some(permit) = permit {
            permit.record(self.health(&ended.outcome));
        }
        ended
    }

    #[cold]
    fn refused(&self, open: BreakerOpen, args: &mut dyn Arguments) -> Ended {
        self.shared().layer_counters.refused.fetch_add(1, Ordering::Relaxed);
        let rejected = Rejected::by_breaker(self.site(), open, Some(args.take_boxed()));
        Ended::of(Err(CallError::Rejected(Box::new(rejected)).into()))
    }
}
