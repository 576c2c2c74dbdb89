//! How `init` puts the layers of all methods together.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use concurry_limits::Limits;
use concurry_retry::{CircuitBreaker, Hedge, RetryBudget, RetryPolicy};
use concurry_time::Clock;

use super::batching::{self, Places};
use super::check::{check, check_pool};
use super::table::{Common, Entry, LayerTable, MethodLayers, either};
use super::timer_queue::TimerQueue;
use super::types::{MethodTypes, types};
use super::{AllBreakers, Breakers};
use crate::Mode;
use crate::error::OptionsError;
use crate::pool::Options;
use crate::pool::options::PoolWideRetryIf;
use crate::worker::{Method, MethodVisitor, Worker};

/// Puts the layers together, and finds what does not fit the methods.
pub(crate) fn assemble<W: Worker>(
    options: &mut Options<W>,
    places: Places,
) -> Result<LayerTable, OptionsError> {
    let mut assembler = Assembler {
        wishes: Wishes {
            limits: &options.limits,
            retry: &options.retry,
            default_retry: &options.default_retry,
            retry_if: &options.retry_if,
            budget: &options.budget,
            breaker: &options.breaker,
            hedge: &options.hedge,
            timeout: options.timeout,
            deadline: options.deadline,
            clock: &options.clock,
            observed: options.observe_calls,
        },
        own: &mut options.methods,
        places,
        methods: Vec::new(),
        matched: Vec::new(),
        breakers: Vec::new(),
        uses: Uses::default(),
        error: None,
    };
    W::visit_methods(&mut assembler);
    assembler.end(W::NAME)
}

/// What the pool's options say of all methods.
pub(super) struct Wishes<'o> {
    pub(super) limits: &'o Limits,
    retry: &'o Option<RetryPolicy>,
    default_retry: &'o Option<RetryPolicy>,
    pub(super) retry_if: &'o [PoolWideRetryIf],
    pub(super) budget: &'o Option<RetryBudget>,
    breaker: &'o Option<CircuitBreaker>,
    pub(super) hedge: &'o Option<Hedge>,
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    pub(super) clock: &'o Clock,
    observed: bool,
}

/// What the methods make use of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    /// Some method may be retried.
    pub(super) retried: bool,
    /// Some method is hedged.
    pub(super) hedged: bool,
}

/// Puts layers together. Only what it asks of a method's types is compiled for each method.
struct Assembler<'o> {
    wishes: Wishes<'o>,
    /// What the options say of single methods.
    own: &'o mut HashMap<usize, MethodLayers>,
    places: Places,
    methods: Vec<Entry>,
    matched: Vec<TypeId>,
    breakers: Vec<Arc<dyn AllBreakers>>,
    uses: Uses,
    error: Option<OptionsError>,
}

impl<W: Worker> MethodVisitor<W> for Assembler<'_> {
    fn visit<M: Method<Worker = W>>(&mut self) {
        if M::INTERNAL {
            return self.add_internal(types::<M>());
        }
        let mut layers = self.wished(types::<M>());
        let batched = batching::add::<M>(&mut layers, self.places, &self.wishes);
        self.add(layers, batched);
    }
}

impl Assembler<'_> {
    fn add_internal(&mut self, types: &'static MethodTypes) {
        // What it does passes the layers of the method that it does it for.
        let layers = Box::new(MethodLayers::none(types));
        let (plain, passes, dedups) = (true, true, false);
        self.methods.push(Entry { plain, passes, dedups, batcher: None, layers });
    }

    /// What the options want for a method.
    fn wished(&mut self, types: &'static MethodTypes) -> MethodLayers {
        let wishes = &self.wishes;
        let own = self.own.remove(&types.spec.index);
        let mut layers = own.unwrap_or_else(|| MethodLayers::none(types));
        layers.retry = layers.retry.or_else(|| wishes.retry.clone());
        if layers.retry.is_none() && (types.clones_arguments)() {
            // A default, not a wish: it leaves methods alone that it can't hold for.
            layers.retry = wishes.default_retry.clone();
        }
        layers.timeout = layers.timeout.or(wishes.timeout);
        layers.deadline = layers.deadline.or(wishes.deadline);
        layers.budget = layers.budget.or_else(|| wishes.budget.clone());
        layers.counts_calls = wishes.limits.has_call_limit();
        layers.observed = wishes.observed;
        match &layers.breaker {
            Some(own) => self.breakers.push(own.all()),
            None => layers.breaker = wishes.breaker.clone().map(Breakers::One),
        }
        if types.spec.idempotent {
            layers.hedge = layers.hedge.or_else(|| wishes.hedge.clone());
        }
        let has_own = layers.retry_if.is_some();
        for pool_wide in wishes.retry_if {
            if pool_wide.error == types.error {
                self.matched.push(pool_wide.error);
                if !has_own {
                    let predicate = Arc::clone(&pool_wide.predicate);
                    layers.retry_if = Some(either(layers.retry_if.take(), predicate));
                }
            }
        }
        layers
    }

    fn add(&mut self, layers: MethodLayers, batched: Result<(), OptionsError>) {
        let mut layers = layers;
        let wishes = &self.wishes;
        let refusal = check(&layers, wishes.limits).or(batched.err());
        self.error = self.error.take().or(refusal);
        // In sync mode there is nobody else to ask while a call runs. An illegal one was refused by the
        // check.
        let hedge = layers.hedge.as_ref().filter(|_| self.places.mode != Mode::Sync);
        layers.keeps_arguments = hedge.is_some() || layers.fallbacks_take_arguments();
        layers.hedger = hedge.and_then(|hedge| hedge.build().ok()).map(|hedger| {
            let hedger = hedger.clock(wishes.clock);
            match &layers.budget {
                Some(budget) => hedger.budget(budget),
                None => hedger,
            }
        });
        if layers.batcher.is_none() {
            layers.counts_here = layers.counts_calls && self.places.mode.is_local();
            layers.timers = Some(TimerQueue::new(wishes.clock, layers.types.site()));
        }
        layers.note_timed();
        self.uses.retried |= layers.max_retries() > 0;
        self.uses.hedged |= layers.hedge.is_some();
        let (passes, dedups) = (layers.is_plain(), layers.dedup.is_some());
        let batcher = layers.batcher.clone();
        let plain = passes && batcher.is_none() && !dedups;
        self.methods.push(Entry { plain, passes, dedups, batcher, layers: Box::new(layers) });
    }

    fn end(self, worker: &'static str) -> Result<LayerTable, OptionsError> {
        let Self { wishes, methods, matched, mut breakers, uses, error, .. } = self;
        if let Some(error) = error {
            return Err(error);
        }
        check_pool(worker, &wishes, &matched, uses)?;
        if let Some(breaker) = wishes.breaker {
            breakers.push(Arc::new(breaker.clone()));
        }
        let common = Common {
            timeout: wishes.timeout,
            deadline: wishes.deadline,
            breaker: wishes.breaker.clone(),
            counts_calls: wishes.limits.has_call_limit(),
            observed: wishes.observed,
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
}
