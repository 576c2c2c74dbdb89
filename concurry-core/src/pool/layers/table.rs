//! Each method's layers, put together once by `init`.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::time::Duration;

use concurry_limits::{Acquire, Limits};
use concurry_retry::{Hedge, Hedger, RetryBudget, RetryPolicy};

use super::batching::{self, Places};
use super::check::{check, check_pool};
use super::dedup::Dedups;
use super::first::FirstAttempt;
use super::timer_queue::TimerQueue;
use super::{AllBreakers, Breakers, Fallback};
use crate::TaskFuture;
use crate::call::EnvironmentRef;
use crate::error::{CallSite, OptionsError};
use crate::future::{Call, RelayRef};
use crate::pool::batching::{AnyBatcher, BatchStats, Batches, Batching};
use crate::pool::{Options, Pool};
use crate::shared::StockedArc;
use crate::worker::{Method, MethodVisitor, Worker};

/// Whether an error is worth another attempt.
pub(crate) type RetryIf<E> = dyn Fn(&E) -> bool + Send + Sync;
/// Whether a result counts as success.
pub(crate) type Until<T> = dyn Fn(&T) -> bool + Send + Sync;
/// What to take before a call is sent.
pub(crate) type Reserve<A> = dyn Fn(&Limits, &A) -> Acquire + Send + Sync;

/// The layers of one method.
pub(crate) struct MethodLayers<M: Method> {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) retry_if: Option<Arc<RetryIf<M::Error>>>,
    pub(crate) until: Vec<Arc<Until<M::Output>>>,
    pub(crate) budget: Option<RetryBudget>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) reserve: Option<Arc<Reserve<M::Args>>>,
    pub(crate) fallbacks: Vec<Fallback<M>>,
    pub(crate) breaker: Option<Breakers<M::Args>>,
    /// As it was asked for; `init` makes the `hedger` of it.
    pub(crate) hedge: Option<Hedge>,
    pub(crate) hedger: Option<Hedger>,
    /// A copy of the arguments is kept to the end of the call.
    pub(crate) keeps_arguments: bool,
    /// How calls are batched, where the options say it.
    pub(crate) batching: Option<Batching>,
    /// Takes the calls that have passed the layers, if they are batched.
    pub(crate) batcher: Option<Arc<dyn Batches<M>>>,
    /// Lets calls with the same key be one call.
    pub(crate) dedup: Option<Arc<dyn Dedups<M>>>,
    /// The pool counts calls, so each one takes its share before dispatch.
    pub(crate) counts_calls: bool,
    /// Events are wanted of every call.
    pub(crate) observed: bool,
    /// Looks at calls that take long.
    pub(crate) timers: Option<Arc<TimerQueue<RelayRef<FirstAttempt<M>>>>>,
}

impl<M: Method> Default for MethodLayers<M> {
    fn default() -> Self {
        Self {
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
            observed: false,
            timers: None,
        }
    }
}

impl<M: Method> MethodLayers<M> {
    /// Whether calls of the method go straight to the queue, or at least to the batcher.
    pub(super) fn is_plain(&self) -> bool {
        let Self {
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

    /// Makes a call that has passed the layers, to be sent to a worker; a batched one is on its way.
    #[inline]
    pub(crate) fn make(
        &self,
        pool: &StockedArc<Pool<M::Worker>>,
        args: M::Args,
        environment: EnvironmentRef,
    ) -> (Option<Call<M::Worker>>, TaskFuture<M::Output, M::Error>) {
        match &self.batcher {
            None => pool.make::<M>(args, Some(environment)),
            Some(batcher) => (None, Arc::clone(batcher).submit(pool, args, Some(environment))),
        }
    }

    /// Sends a call that has passed the layers to a worker, perhaps with others.
    pub(crate) fn submit(
        &self,
        pool: &StockedArc<Pool<M::Worker>>,
        args: M::Args,
        environment: Option<EnvironmentRef>,
    ) -> TaskFuture<M::Output, M::Error> {
        match &self.batcher {
            None => pool.submit::<M>(args, environment),
            Some(batcher) => Arc::clone(batcher).submit(pool, args, environment),
        }
    }

    pub(crate) fn max_retries(&self) -> u32 {
        self.retry.as_ref().map_or(0, RetryPolicy::retry_limit)
    }

    /// Whether a call keeps a copy of its arguments from the start.
    pub(super) fn wants_spare(&self) -> bool {
        self.max_retries() > 0 || self.keeps_arguments
    }

    /// Whether anything needs a copy of the arguments.
    pub(super) fn copies_arguments(&self) -> bool {
        self.max_retries() > 0 || self.hedge.is_some() || self.fallbacks_take_arguments()
    }

    fn fallbacks_take_arguments(&self) -> bool {
        self.fallbacks.iter().any(Fallback::takes_arguments)
    }
}

/// The layers of all methods of a pool, by the methods' index.
pub(crate) struct LayerTable {
    methods: Box<[Entry]>,
    /// What holds also for methods that were not visited: the closures of a task pool.
    common: Common,
    /// The breakers that calls of the pool ask.
    pub(crate) breakers: Box<[Arc<dyn AllBreakers>]>,
    /// Some method is hedged.
    pub(crate) hedged: bool,
    batchers: Box<[Arc<dyn AnyBatcher>]>,
}

struct Common {
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    breaker: Option<concurry_retry::CircuitBreaker>,
    counts_calls: bool,
    observed: bool,
}

struct Entry {
    plain: bool,
    passes: bool,
    dedups: bool,
    batcher: Option<Arc<dyn AnyBatcher>>,
    /// A `MethodLayers<M>`.
    layers: Box<dyn Any + Send + Sync>,
}

impl LayerTable {
    #[inline]
    pub(crate) fn is_plain(&self, method: usize) -> bool {
        self.methods[method].plain
    }

    /// The layers of a method that was visited.
    #[inline]
    pub(crate) fn find<M: Method>(&self) -> Option<&MethodLayers<M>> {
        self.methods[M::SPEC.index].layers.downcast_ref()
    }

    /// The layers of a method that was not.
    pub(crate) fn own<M: Method>(&self) -> MethodLayers<M> {
        MethodLayers {
            timeout: self.common.timeout,
            deadline: self.common.deadline,
            breaker: self.common.breaker.clone().map(Breakers::One),
            counts_calls: self.common.counts_calls,
            observed: self.common.observed,
            ..MethodLayers::default()
        }
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
        let batcher = self.methods.get(method).and_then(|entry| entry.batcher.clone());
        if let Some(batcher) = &batcher {
            batcher.hold();
        }
        Held(batcher)
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

/// Keeps batches back that are not full, until it is dropped.
pub(crate) struct Held(Option<Arc<dyn AnyBatcher>>);

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(batcher) = &self.0 {
            batcher.release();
        }
    }
}

/// Puts the layers together, and finds what does not fit the methods.
pub(crate) fn assemble<W: Worker>(
    options: &mut Options<W>,
    places: Places,
) -> Result<LayerTable, OptionsError> {
    let mut assembler = Assembler {
        options,
        places,
        methods: Vec::new(),
        matched: Vec::new(),
        breakers: Vec::new(),
        uses: Uses::default(),
        error: None,
    };
    W::visit_methods(&mut assembler);
    let Assembler { methods, matched, mut breakers, uses, error, options, .. } = assembler;
    if let Some(error) = error {
        return Err(error);
    }
    check_pool(options, &matched, uses)?;
    if let Some(breaker) = &options.breaker {
        breakers.push(Arc::new(breaker.clone()));
    }
    let common = Common {
        timeout: options.timeout,
        deadline: options.deadline,
        breaker: options.breaker.clone(),
        counts_calls: options.limits.has_call_limit(),
        observed: options.observe_calls,
    };
    let batchers = methods.iter().filter_map(|entry| entry.batcher.clone()).collect();
    Ok(LayerTable {
        methods: methods.into(),
        common,
        breakers: breakers.into(),
        hedged: uses.hedged,
        batchers,
    })
}

/// What the methods make use of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    /// Some method may be retried.
    pub(super) retried: bool,
    /// Some method is hedged.
    pub(super) hedged: bool,
}

struct Assembler<'o, W: Worker> {
    options: &'o mut Options<W>,
    places: Places,
    methods: Vec<Entry>,
    matched: Vec<TypeId>,
    breakers: Vec<Arc<dyn AllBreakers>>,
    uses: Uses,
    error: Option<OptionsError>,
}

impl<W: Worker> MethodVisitor<W> for Assembler<'_, W> {
    fn visit<M: Method<Worker = W>>(&mut self) {
        if M::INTERNAL {
            // What it does passes the layers of the method that it does it for.
            let layers = Box::new(MethodLayers::<M>::default());
            let (plain, passes, dedups) = (true, true, false);
            return self.methods.push(Entry { plain, passes, dedups, batcher: None, layers });
        }
        let options = &mut *self.options;
        let own = options.methods.remove(&M::SPEC.index);
        let mut layers: MethodLayers<M> = own
            .and_then(|layers| layers.downcast().ok())
            .map_or_else(MethodLayers::default, |layers| *layers);
        layers.retry = layers.retry.or_else(|| options.retry.clone());
        if layers.retry.is_none() && M::abilities().clone_args.is_some() {
            // A default, not a wish: it leaves methods alone that it can't hold for.
            layers.retry = options.default_retry.clone();
        }
        layers.timeout = layers.timeout.or(options.timeout);
        layers.deadline = layers.deadline.or(options.deadline);
        layers.budget = layers.budget.or_else(|| options.budget.clone());
        layers.counts_calls = options.limits.has_call_limit();
        layers.observed = options.observe_calls;
        match &layers.breaker {
            Some(own) => self.breakers.push(own.all()),
            None => layers.breaker = options.breaker.clone().map(Breakers::One),
        }
        if M::SPEC.idempotent {
            layers.hedge = layers.hedge.or_else(|| options.hedge.clone());
        }
        for pool_wide in &options.retry_if {
            if pool_wide.error == TypeId::of::<M::Error>() {
                self.matched.push(pool_wide.error);
                if layers.retry_if.is_none() {
                    layers.retry_if =
                        pool_wide.predicate.downcast_ref::<Arc<RetryIf<M::Error>>>().cloned();
                }
            }
        }
        let batched = batching::add(&mut layers, self.places, &options.clock, &options.limits);
        let refusal = check::<M>(&layers, &options.limits);
        self.error = self.error.take().or(refusal);
        let batcher = batched.unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            None
        });
        layers.keeps_arguments = layers.hedge.is_some() || layers.fallbacks_take_arguments();
        // An illegal one was refused by the check.
        layers.hedger = layers.hedge.as_ref().and_then(|hedge| hedge.build().ok()).map(|hedger| {
            let hedger = hedger.clock(&options.clock);
            match &layers.budget {
                Some(budget) => hedger.budget(budget),
                None => hedger,
            }
        });
        if layers.batcher.is_none() {
            let site = CallSite::new(const { &M::SPEC });
            layers.timers = Some(TimerQueue::new(&options.clock, site));
        }
        self.uses.retried |= layers.max_retries() > 0;
        self.uses.hedged |= layers.hedge.is_some();
        let (passes, dedups) = (layers.is_plain(), layers.dedup.is_some());
        let plain = passes && batcher.is_none() && !dedups;
        self.methods.push(Entry { plain, passes, dedups, batcher, layers: Box::new(layers) });
    }
}
