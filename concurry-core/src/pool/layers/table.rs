//! Each method's layers, put together once by `init`.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use concurry_limits::{Acquire, Limits};
use concurry_retry::{CircuitBreaker, Hedge, Hedger, RetryBudget, RetryPolicy};

use super::first::FirstAttempt;
use super::held::Held;
use super::timer_queue::TimerQueue;
use super::types::MethodTypes;
use super::{AllBreakers, Breakers, Fallback};
use crate::future::RelayRef;
use crate::pool::batching::{AnyBatcher, BatchStats, Batching};

/// Whether an error of the method is worth another attempt.
pub(crate) type RetryIf = dyn Fn(&dyn Any) -> bool + Send + Sync;
/// Whether a result counts as success.
pub(crate) type Until = dyn Fn(&dyn Any) -> bool + Send + Sync;
/// What to take before a call is sent.
pub(crate) type Reserve = dyn Fn(&Limits, &dyn Any) -> Acquire + Send + Sync;

/// Whether the error is worth one by either of two.
pub(crate) fn either(one: Option<Arc<RetryIf>>, other: Arc<RetryIf>) -> Arc<RetryIf> {
    match one {
        Some(one) => Arc::new(move |error| one(error) || other(error)),
        None => other,
    }
}

/// The layers of one method.
pub(crate) struct MethodLayers {
    pub(crate) types: &'static MethodTypes,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) retry_if: Option<Arc<RetryIf>>,
    pub(crate) until: Vec<Arc<Until>>,
    pub(crate) budget: Option<RetryBudget>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) reserve: Option<Arc<Reserve>>,
    pub(crate) fallbacks: Vec<Fallback>,
    pub(crate) breaker: Option<Breakers>,
    /// As it was asked for; `init` makes the `hedger` of it.
    pub(crate) hedge: Option<Hedge>,
    pub(crate) hedger: Option<Hedger>,
    /// A copy of the arguments is kept to the end of the call.
    pub(crate) keeps_arguments: bool,
    /// How calls are batched, where the options say it.
    pub(crate) batching: Option<Batching>,
    /// Takes the calls that have passed the layers, if they are batched.
    pub(crate) batcher: Option<Arc<dyn AnyBatcher>>,
    /// Lets calls with the same key be one call: an `Arc<dyn Dedups<M>>`.
    pub(crate) dedup: Option<Box<dyn Any + Send + Sync>>,
    /// The pool counts calls, so each one takes its share before dispatch.
    pub(crate) counts_calls: bool,
    /// A call that was only counted is run in this process and alone, where its permit can be made when
    /// somebody looks at it.
    pub(crate) counts_here: bool,
    /// Something in them wants to know when a call was made.
    pub(crate) timed: bool,
    /// Events are wanted of every call.
    pub(crate) observed: bool,
    /// Looks at calls that take long.
    pub(crate) timers: Option<Arc<TimerQueue<RelayRef<FirstAttempt>>>>,
}

impl MethodLayers {
    /// None at all.
    pub(crate) fn none(types: &'static MethodTypes) -> Self {
        Self {
            types,
            retry: None,
            retry_if: None,
            until: Vec::new(),
            budget: None,
            timeout: None,
            deadline: None,
            reserve: None,
            fallbacks: Vec::new(),
            breaker: None,
            hedge: None,
            hedger: None,
            keeps_arguments: false,
            batching: None,
            batcher: None,
            dedup: None,
            counts_calls: false,
            counts_here: false,
            timed: false,
            observed: false,
            timers: None,
        }
    }

    /// Whether calls of the method go straight to the queue, or at least to the batcher.
    pub(super) fn is_plain(&self) -> bool {
        let Self {
            types: _,
            retry: _,
            retry_if: _,
            until,
            budget: _,
            timeout,
            deadline,
            reserve,
            fallbacks,
            breaker,
            hedge,
            hedger: _,
            keeps_arguments: _,
            batching: _,
            batcher: _,
            dedup: _,
            counts_calls,
            counts_here: _,
            timed: _,
            observed,
            timers: _,
        } = self;
        !*counts_calls
            && !*observed
            && until.is_empty()
            && timeout.is_none()
            && deadline.is_none()
            && reserve.is_none()
            && fallbacks.is_empty()
            && breaker.is_none()
            && hedge.is_none()
            && self.max_retries() == 0
    }

    pub(crate) fn max_retries(&self) -> u32 {
        self.retry.as_ref().map_or(0, RetryPolicy::retry_limit)
    }

    /// Finds out whether they are [timed](Self::timed), once.
    pub(super) fn note_timed(&mut self) {
        self.timed = self.deadline.is_some()
            || self.timeout.is_some()
            || self.hedger.is_some()
            || self.max_retries() > 0;
    }

    /// Whether a call keeps a copy of its arguments from the start.
    pub(super) fn wants_spare(&self) -> bool {
        self.max_retries() > 0 || self.keeps_arguments
    }

    /// Whether anything needs a copy of the arguments.
    pub(super) fn copies_arguments(&self) -> bool {
        self.max_retries() > 0 || self.hedge.is_some() || self.fallbacks_take_arguments()
    }

    pub(super) fn fallbacks_take_arguments(&self) -> bool {
        self.fallbacks.iter().any(Fallback::takes_arguments)
    }
}

/// The layers of all methods of a pool, by the methods' index.
pub(crate) struct LayerTable {
    pub(super) methods: Box<[Entry]>,
    /// What holds also for methods that were not visited: the closures of a task pool.
    pub(super) common: Common,
    /// The breakers that calls of the pool ask.
    pub(crate) breakers: Box<[Arc<dyn AllBreakers>]>,
    /// Some method is hedged.
    pub(crate) hedged: bool,
    pub(super) batchers: Box<[Arc<dyn AnyBatcher>]>,
}

pub(super) struct Common {
    pub(super) timeout: Option<Duration>,
    pub(super) deadline: Option<Duration>,
    pub(super) breaker: Option<CircuitBreaker>,
    pub(super) counts_calls: bool,
    pub(super) observed: bool,
}

pub(super) struct Entry {
    pub(super) plain: bool,
    pub(super) passes: bool,
    pub(super) dedups: bool,
    pub(super) batcher: Option<Arc<dyn AnyBatcher>>,
    pub(super) layers: Box<MethodLayers>,
}

impl LayerTable {
    #[inline]
    pub(crate) fn is_plain(&self, method: usize) -> bool {
        self.methods[method].plain
    }

    /// The layers of a method that was visited.
    #[inline]
    pub(crate) fn find(&self, types: &MethodTypes) -> Option<&MethodLayers> {
        let layers = &self.methods[types.spec.index].layers;
        (layers.types.method == types.method).then_some(layers)
    }

    /// The layers of a method that was not.
    pub(crate) fn own(&self, types: &'static MethodTypes) -> MethodLayers {
        let mut layers = MethodLayers {
            timeout: self.common.timeout,
            deadline: self.common.deadline,
            breaker: self.common.breaker.clone().map(Breakers::One),
            counts_calls: self.common.counts_calls,
            observed: self.common.observed,
            ..MethodLayers::none(types)
        };
        layers.note_timed();
        layers
    }

    /// Whether calls of the method are at most batched or shared.
    pub(super) fn passes(&self, method: usize) -> bool {
        self.methods[method].passes
    }

    /// Whether calls of the method with the same key may be one call.
    pub(super) fn dedups(&self, method: usize) -> bool {
        self.methods[method].dedups
    }

    /// Several calls of the method are about to be made: only full batches are sent meanwhile.
    pub(crate) fn hold(&self, method: usize) -> Held {
        Held::new(self.methods.get(method).and_then(|entry| entry.batcher.clone()))
    }

    /// Sends what waits to be batched: no more calls are taken.
    pub(crate) fn flush_batches(&self) {
        self.batchers.iter().for_each(|batcher| batcher.flush());
    }

    /// Fails what waits to be batched as stopped.
    pub(crate) fn refuse_batches(&self) {
        self.batchers.iter().for_each(|batcher| batcher.refuse());
    }

    pub(crate) fn batch_stats(&self) -> Vec<BatchStats> {
        self.batchers.iter().map(|batcher| batcher.stats()).collect()
    }
}
