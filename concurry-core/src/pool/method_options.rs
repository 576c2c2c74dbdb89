//! The options of one method, with its own types.

use std::any::Any;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use concurry_limits::{Amount, LimitKey, UsageEstimates};
use concurry_retry::{CircuitBreaker, Hedge, KeyedBreakers, RetryBudget, RetryPolicy};

use super::batching::Batching;
use super::layers::{Breakers, Dedup, Dedups, Fallback, MethodLayers, either, seen};
use crate::worker::{Batchable, Idempotent, Method};
use crate::{CallError, TaskFuture};

/// The options of one method, with its own types.
pub struct MethodOptions<M: Method> {
    pub(super) layers: MethodLayers,
    method: PhantomData<fn() -> M>,
}

impl<M: Method> MethodOptions<M> {
    pub(super) fn new(layers: MethodLayers) -> Self {
        Self { layers, method: PhantomData }
    }

    /// Tries failed calls of this method again, by this policy instead of the pool's.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.layers.retry = Some(policy);
        self
    }

    /// Which errors are tried again, whatever the pool's own options say of their type. Several: those
    /// that one of them accepts.
    #[must_use]
    pub fn retry_if(
        mut self,
        predicate: impl Fn(&M::Error) -> bool + Send + Sync + 'static,
    ) -> Self {
        let predicate = Arc::new(move |error: &dyn Any| predicate(seen::<M::Error>(error)));
        self.layers.retry_if = Some(either(self.layers.retry_if.take(), predicate));
        self
    }

    /// Pays for the retries and hedges of this method from this budget instead of the pool's.
    #[must_use]
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.layers.budget = Some(budget);
        self
    }

    /// Which results count as success. Another one is tried again, like an error; without a retry
    /// left the call fails with [`CallError::InvalidResult`]. Several conditions all have to hold.
    #[must_use]
    pub fn until(mut self, accept: impl Fn(&M::Output) -> bool + Send + Sync + 'static) -> Self {
        self.layers.until.push(Arc::new(move |output| accept(seen::<M::Output>(output))));
        self
    }

    /// Bounds each attempt, from the moment at which a worker begins it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.layers.timeout = Some(timeout);
        self
    }

    /// Bounds the whole call.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.layers.deadline = Some(deadline);
        self
    }

    /// Takes these amounts of the pool's limits before the call is sent to a worker, so that waiting
    /// for them holds none. The method settles what it really used by `ctx.permit()`; otherwise all
    /// that was reserved counts as used.
    #[must_use]
    pub fn reserve<I, K, A>(
        mut self,
        estimate: impl Fn(&M::Args) -> I + Send + Sync + 'static,
    ) -> Self
    where
        I: IntoIterator<Item = (K, A)>,
        K: LimitKey,
        A: Amount,
    {
        self.layers.reserve = Some(Arc::new(move |limits, args| {
            limits.reserve_request(estimate(seen::<M::Args>(args)))
        }));
        self
    }

    /// Like [`reserve`](Self::reserve), but learns the amounts: the 95th percentile of what the
    /// method's last 256 calls really used, as they told it by `ctx.permit().update(…)`. Until then
    /// it is the guess that is given here.
    ///
    /// ```text
    /// .on_chat(|chat| chat.reserve_learned([("tokens", 2_000)]))
    /// ```
    ///
    /// To look at what was learned, or to keep it over several pools, give it a reference to
    /// [`UsageEstimates`].
    #[must_use]
    pub fn reserve_learned(mut self, estimates: impl Into<UsageEstimates>) -> Self {
        let estimates = estimates.into();
        self.layers.reserve = Some(Arc::new(move |limits, _| limits.learned_request(&estimates)));
        self
    }

    /// Asks this breaker before each attempt, instead of the pool's.
    #[must_use]
    pub fn breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.layers.breaker = Some(Breakers::One(breaker));
        self
    }

    /// Asks a breaker chosen by the arguments: one for each model, host or tenant, so that one that is
    /// down does not stop the others. The key is worked out for each attempt.
    ///
    /// ```text
    /// .on_chat(|chat| chat.breaker_by(&breakers, |(model, _prompt)| model.clone()))
    /// ```
    #[must_use]
    pub fn breaker_by<K>(
        mut self,
        breakers: &KeyedBreakers<K>,
        key: impl Fn(&M::Args) -> K + Send + Sync + 'static,
    ) -> Self
    where
        K: Eq + Hash + Clone + fmt::Display + Send + 'static,
    {
        let (of, all) = (breakers.clone(), Arc::new(breakers.clone()));
        let of = Box::new(move |args: &dyn Any| of.get(&key(seen::<M::Args>(args))));
        self.layers.breaker = Some(Breakers::Keyed { of, all });
        self
    }

    /// Starts further copies of slow calls, or several at once, instead of what the pool does. The
    /// first that succeeds wins, the others are cancelled. Only for `#[idempotent]` methods.
    #[must_use]
    pub fn hedge(mut self, hedge: Hedge) -> Self
    where
        M: Idempotent,
    {
        self.layers.hedge = Some(hedge);
        self
    }

    /// How calls of this method are batched, where it is to differ from `#[batch(…)]`;
    /// [`Batching::off`] lets every call run by itself.
    #[must_use]
    pub fn batch(mut self, batching: Batching) -> Self
    where
        M: Batchable,
    {
        self.layers.batching = Some(batching);
        self
    }

    /// Lets calls with the same key that are on their way at the same time be one call, whose result
    /// all callers get. Not unless set, since two answers of a language model, say, may be wanted.
    ///
    /// A caller who cancels leaves the others their call; the last one takes it along. If it fails,
    /// all callers have the one error ([`CallError::Shared`]). Calls with options of their own
    /// ([`with`](crate::WorkerHandle::with)) run by themselves, as do those that are made inside of a call
    /// with a deadline, which bounds them, and all in sync mode, where a call is done when it returns.
    #[must_use]
    pub fn dedup_by<K>(mut self, key: impl Fn(&M::Args) -> K + Send + Sync + 'static) -> Self
    where
        M::Output: Clone,
        M::Error: Sync,
        K: Eq + Hash + Send + Sync + 'static,
    {
        let dedup: Arc<dyn Dedups<M>> = Arc::new(Dedup::<M, K, _>::new(key));
        self.layers.dedup = Some(Box::new(dedup));
        self
    }

    /// What the caller gets instead of an error, after all attempts. Not after a cancel, nor once the
    /// deadline has passed, which bounds the fallbacks, too.
    ///
    /// Several fallbacks are asked in their order, each with the error before it; one like this always
    /// answers, so it comes last.
    #[must_use]
    pub fn fallback(
        mut self,
        fallback: impl Fn(&CallError<M::Error>) -> M::Output + Send + Sync + 'static,
    ) -> Self {
        self.layers.fallbacks.push(Fallback::value::<M>(fallback));
        self
    }

    /// As [`fallback`](Self::fallback), for an answer that depends on the arguments, which have to be
    /// `Clone`.
    #[must_use]
    pub fn fallback_with(
        mut self,
        fallback: impl Fn(&CallError<M::Error>, M::Args) -> M::Output + Send + Sync + 'static,
    ) -> Self {
        self.layers.fallbacks.push(Fallback::with_arguments::<M>(fallback));
        self
    }

    /// Asks another worker, or whoever else gives a future, which may fail as well. Its call inherits
    /// the deadline, and is cancelled with this one.
    ///
    /// ```text
    /// .on_chat(|chat| chat
    ///     .fallback_to(move |_error, (prompt,)| cheaper.chat(prompt))   // first another model
    ///     .fallback(|_error| "try again later".into()))                // then this
    /// ```
    #[must_use]
    pub fn fallback_to<E>(
        mut self,
        fallback: impl Fn(&CallError<M::Error>, M::Args) -> TaskFuture<M::Output, E>
        + Send
        + Sync
        + 'static,
    ) -> Self
    where
        E: Into<M::Error> + Send + 'static,
    {
        let fallback = move |error: &CallError<M::Error>, arguments| {
            let answer = fallback(error, arguments);
            answer.then_outcome(|outcome| outcome.map_err(|error| error.map_failure(Into::into)))
        };
        self.layers.fallbacks.push(Fallback::call::<M>(fallback));
        self
    }
}

impl<M: Method> fmt::Debug for MethodOptions<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MethodOptions").field("method", &M::SPEC.name).finish_non_exhaustive()
    }
}
