//! Each method's layers, put together once by `init`.

use std::any::{Any, TypeId};
use std::sync::Arc;
use std::time::Duration;

use concurry_limits::{Acquire, Limits};
use concurry_retry::RetryPolicy;

use crate::CallError;
use crate::error::OptionsError;
use crate::pool::Options;
use crate::worker::{Method, MethodVisitor, Worker};

/// Whether an error is worth another attempt.
pub(crate) type RetryIf<E> = dyn Fn(&E) -> bool + Send + Sync;
/// Whether a result counts as success.
pub(crate) type Until<T> = dyn Fn(&T) -> bool + Send + Sync;
/// What to take before a call is sent.
pub(crate) type Reserve<A> = dyn Fn(&Limits, &A) -> Acquire + Send + Sync;
/// What stands in for an error.
pub(crate) type Fallback<T, E> = dyn Fn(&CallError<E>) -> T + Send + Sync;

/// The layers of one method.
pub(crate) struct MethodLayers<M: Method> {
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) retry_if: Option<Arc<RetryIf<M::Error>>>,
    pub(crate) until: Vec<Arc<Until<M::Output>>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) reserve: Option<Arc<Reserve<M::Args>>>,
    pub(crate) fallback: Option<Arc<Fallback<M::Output, M::Error>>>,
    /// The pool counts calls, so each one takes its share before dispatch.
    pub(crate) counts_calls: bool,
    /// Events are wanted of every call.
    pub(crate) observed: bool,
}

impl<M: Method> Default for MethodLayers<M> {
    fn default() -> Self {
        Self {
            retry: None,
            retry_if: None,
            until: Vec::new(),
            timeout: None,
            deadline: None,
            reserve: None,
            fallback: None,
            counts_calls: false,
            observed: false,
        }
    }
}

impl<M: Method> MethodLayers<M> {
    /// Whether calls of the method go straight to the queue.
    fn is_plain(&self) -> bool {
        let Self {
            retry,
            retry_if: _,
            until,
            timeout,
            deadline,
            reserve,
            fallback,
            counts_calls,
            observed,
        } = self;
        !*counts_calls
            && !*observed
            && until.is_empty()
            && timeout.is_none()
            && deadline.is_none()
            && reserve.is_none()
            && fallback.is_none()
            && retry.as_ref().is_none_or(|policy| policy.retry_limit() == 0)
    }

    pub(crate) fn max_retries(&self) -> u32 {
        self.retry.as_ref().map_or(0, RetryPolicy::retry_limit)
    }
}

/// The layers of all methods of a pool, by the methods' index.
pub(crate) struct LayerTable {
    methods: Box<[Entry]>,
    /// What holds also for methods that were not visited: the closures of a task pool.
    common: Common,
}

#[derive(Clone, Copy)]
struct Common {
    timeout: Option<Duration>,
    deadline: Option<Duration>,
    counts_calls: bool,
    observed: bool,
}

struct Entry {
    plain: bool,
    /// An `Arc<MethodLayers<M>>`.
    layers: Box<dyn Any + Send + Sync>,
}

impl LayerTable {
    #[inline]
    pub(crate) fn is_plain(&self, method: usize) -> bool {
        self.methods[method].plain
    }

    pub(crate) fn get<M: Method>(&self) -> Arc<MethodLayers<M>> {
        let layers = self.methods[M::SPEC.index].layers.downcast_ref::<Arc<MethodLayers<M>>>();
        match layers {
            Some(layers) => Arc::clone(layers),
            None => Arc::new(MethodLayers {
                timeout: self.common.timeout,
                deadline: self.common.deadline,
                counts_calls: self.common.counts_calls,
                observed: self.common.observed,
                ..MethodLayers::default()
            }),
        }
    }
}

/// Puts the layers together, and finds what does not fit the methods.
pub(crate) fn assemble<W: Worker>(options: &mut Options<W>) -> Result<LayerTable, OptionsError> {
    let mut assembler =
        Assembler { options, methods: Vec::new(), matched: Vec::new(), error: None };
    W::visit_methods(&mut assembler);
    let Assembler { methods, matched, error, options } = assembler;
    if let Some(error) = error {
        return Err(error);
    }
    for retry_if in &options.retry_if {
        if !matched.contains(&retry_if.error) {
            return Err(OptionsError::Contradiction {
                worker: W::NAME,
                problem: format!(
                    "no method fails with {}, which `retry_if` is for",
                    retry_if.type_name
                ),
                remedy: "give the predicate the error type of a method, or leave it out".into(),
            });
        }
    }
    let common = Common {
        timeout: options.timeout,
        deadline: options.deadline,
        counts_calls: options.limits.has_call_limit(),
        observed: options.observe_calls,
    };
    Ok(LayerTable { methods: methods.into(), common })
}

struct Assembler<'o, W: Worker> {
    options: &'o mut Options<W>,
    methods: Vec<Entry>,
    matched: Vec<TypeId>,
    error: Option<OptionsError>,
}

impl<W: Worker> MethodVisitor<W> for Assembler<'_, W> {
    fn visit<M: Method<Worker = W>>(&mut self) {
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
        layers.counts_calls = options.limits.has_call_limit();
        layers.observed = options.observe_calls;
        for pool_wide in &options.retry_if {
            if pool_wide.error == TypeId::of::<M::Error>() {
                self.matched.push(pool_wide.error);
                if layers.retry_if.is_none() {
                    layers.retry_if =
                        pool_wide.predicate.downcast_ref::<Arc<RetryIf<M::Error>>>().cloned();
                }
            }
        }
        let refusal = check::<M>(&layers, &options.limits);
        self.error = self.error.take().or(refusal);
        let plain = layers.is_plain();
        self.methods.push(Entry { plain, layers: Box::new(Arc::new(layers)) });
    }
}

fn check<M: Method>(layers: &MethodLayers<M>, limits: &Limits) -> Option<OptionsError> {
    let refuse = |option, problem: String, remedy: &str| {
        Some(OptionsError::Method {
            worker: M::SPEC.worker,
            method: M::SPEC.name,
            option,
            problem,
            remedy: remedy.to_owned(),
        })
    };
    if let Some(Err(error)) = layers.retry.as_ref().map(RetryPolicy::validate) {
        return refuse("retry", error.to_string(), "change the policy");
    }
    if layers.max_retries() > 0 && M::abilities().clone_args.is_none() {
        let args = std::any::type_name::<M::Args>();
        return refuse(
            "retry",
            format!("an attempt needs a copy of the arguments, and {args} is not `Clone`"),
            "make the arguments `Clone`, or give this method `RetryPolicy::none()`",
        );
    }
    if layers.reserve.is_some() && limits.sets().all(|set| set.stats().limits.is_empty()) {
        return refuse(
            "reserve",
            "the pool has no limits to reserve from".into(),
            "give the pool its limits by `.limits(…)`",
        );
    }
    for (option, value) in [("timeout", layers.timeout), ("deadline", layers.deadline)] {
        if value.is_some_and(|value| value.is_zero()) {
            return refuse(option, "it is zero".into(), "give it some time, or leave it out");
        }
    }
    None
}
