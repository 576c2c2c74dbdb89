//! What a pool can be told before it starts.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use concurry_limits::Limits;
use concurry_retry::{CircuitBreaker, Hedge, RetryBudget, RetryPolicy};
use concurry_time::Clock;

use crate::Mode;
use crate::balance::Balance;
use crate::event::{Event, EventHook};
use crate::overflow::Overflow;
use crate::pool::MethodOptions;
use crate::pool::layers::{MethodLayers, RetryIf, seen, types};
use crate::shared::RestartPolicy;
use crate::worker::{Method, MethodVisitor, Worker};

/// The options of a pool, before `init`. Generated types wrap it; their users see
/// [`WorkerOptions`].
#[doc(hidden)]
pub struct Options<W: Worker> {
    pub(crate) mode: Option<Mode>,
    pub(crate) max_workers: Option<usize>,
    pub(crate) on_demand: Option<bool>,
    pub(crate) balance: Option<Balance>,
    pub(crate) max_queued: Option<usize>,
    pub(crate) overflow: Option<Overflow>,
    pub(crate) concurrency: Option<usize>,
    pub(crate) limits: Limits,
    pub(crate) retry: Option<RetryPolicy>,
    /// What the configuration asks for where nothing else does.
    pub(crate) default_retry: Option<RetryPolicy>,
    pub(crate) retry_if: Vec<PoolWideRetryIf>,
    pub(crate) budget: Option<RetryBudget>,
    pub(crate) breaker: Option<CircuitBreaker>,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) init_timeout: Option<Duration>,
    pub(crate) stop_timeout: Option<Duration>,
    pub(crate) restart: RestartPolicy,
    pub(crate) runtime: Option<tokio::runtime::Handle>,
    pub(crate) clock: Clock,
    pub(crate) on_event: Option<Arc<EventHook>>,
    pub(crate) observe_calls: bool,
    /// What is said of single methods, by their index.
    pub(crate) methods: HashMap<usize, MethodLayers>,
    /// What extension traits have left for backends of theirs.
    #[cfg_attr(not(feature = "process"), allow(dead_code))]
    pub(crate) extensions: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    /// What the worker is called elsewhere: see [`PoolShared`](crate::shared::PoolShared).
    pub(crate) serves_as: Option<usize>,
    worker: std::marker::PhantomData<fn() -> W>,
}

/// A predicate for all methods that fail with one type.
pub(crate) struct PoolWideRetryIf {
    pub(crate) error: TypeId,
    pub(crate) type_name: &'static str,
    pub(crate) predicate: Arc<RetryIf>,
}

impl<W: Worker> Options<W> {
    /// With the mode and the number of workers given.
    #[must_use]
    pub fn new(mode: Mode, max_workers: usize) -> Self {
        Self { mode: Some(mode), max_workers: Some(max_workers), ..Self::from_defaults() }
    }

    /// With what the type declares and the configuration says.
    #[must_use]
    pub fn from_defaults() -> Self {
        Self {
            mode: None,
            max_workers: None,
            on_demand: None,
            balance: None,
            max_queued: None,
            overflow: None,
            concurrency: None,
            limits: Limits::unlimited(),
            retry: None,
            default_retry: None,
            retry_if: Vec::new(),
            budget: None,
            breaker: None,
            hedge: None,
            timeout: None,
            deadline: None,
            init_timeout: None,
            stop_timeout: None,
            restart: RestartPolicy::new(),
            runtime: None,
            clock: Clock::system(),
            on_event: None,
            observe_calls: false,
            methods: HashMap::new(),
            extensions: HashMap::new(),
            serves_as: None,
            worker: std::marker::PhantomData,
        }
    }

    /// Sets options of one method.
    pub fn configure<M: Method<Worker = W>>(
        &mut self,
        configure: impl FnOnce(MethodOptions<M>) -> MethodOptions<M>,
    ) {
        let known = self.methods.remove(&M::SPEC.index);
        let layers = known.unwrap_or_else(|| MethodLayers::none(types::<M>()));
        let MethodOptions { layers, .. } = configure(MethodOptions::new(layers));
        self.methods.insert(M::SPEC.index, layers);
    }
}

impl<W: Worker> fmt::Debug for Options<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("worker", &W::NAME)
            .field("mode", &self.mode)
            .field("max_workers", &self.max_workers)
            .finish_non_exhaustive()
    }
}

/// The options that every worker's pool has. Generated option types implement it; it is in the
/// prelude.
///
/// Values are checked by `init`, which names the option, what it got and what is legal.
///
/// ```
/// use concurry_core::{Balance, Mode, Overflow, TaskPool, WorkerOptions};
/// use std::time::Duration;
///
/// let pool = TaskPool::options(Mode::Thread, 4)
///     .load_balance(Balance::LeastActive)
///     .max_queued(1_000)
///     .overflow(Overflow::Reject)
///     .timeout(Duration::from_secs(10))
///     .stop_timeout(Duration::from_secs(5))
///     .init()?;
/// assert_eq!(pool.submit(|| 1).result()?, 1);
///
/// let error = TaskPool::options(Mode::Thread, 4).max_queued(0).init().unwrap_err();
/// assert!(error.to_string().contains("max_queued"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait WorkerOptions: Sized {
    /// The worker.
    type Worker: Worker;

    #[doc(hidden)]
    fn __options(&mut self) -> &mut Options<Self::Worker>;
    #[doc(hidden)]
    fn __into_options(self) -> Options<Self::Worker>;
    #[doc(hidden)]
    fn __from_options(options: Options<Self::Worker>) -> Self;

    /// Limits that all workers of the pool share, in every mode: a
    /// [`LimitSet`](concurry_limits::LimitSet) or a [`LimitPool`](concurry_limits::LimitPool). Given
    /// to several pools, it is one budget for all of them.
    ///
    /// Its call limit is taken for each call by itself, before a worker is asked.
    #[must_use]
    fn limits(mut self, limits: impl Into<Limits>) -> Self {
        self.__options().limits = limits.into();
        self
    }

    /// Tries failed calls again. Which errors: those that [`retry_if`](Self::retry_if) accepts, or
    /// those whose type says so ([`Retryable`](concurry_retry::Retryable)), or else every error. A
    /// panic counts as an error only for `#[idempotent]` methods. The wait holds no worker.
    ///
    /// The arguments have to be `Clone`; `init` names the method where they are not.
    #[must_use]
    fn retry(mut self, policy: RetryPolicy) -> Self {
        self.__options().retry = Some(policy);
        self
    }

    /// Which errors are tried again, for each method that fails with this type. Several for one type:
    /// those that one of them accepts. If there is no such method, `init` says so.
    #[must_use]
    fn retry_if<E: 'static>(
        mut self,
        predicate: impl Fn(&E) -> bool + Send + Sync + 'static,
    ) -> Self {
        let predicate: Arc<RetryIf> = Arc::new(move |error| predicate(seen::<E>(error)));
        self.__options().retry_if.push(PoolWideRetryIf {
            error: TypeId::of::<E>(),
            type_name: std::any::type_name::<E>(),
            predicate,
        });
        self
    }

    /// Pays for retries and hedges from a budget that is shared: by all methods of the pool, and by
    /// whoever else has a clone. Spent means that no *further* attempt is made; what runs goes on.
    ///
    /// Without retries or hedges `init` refuses it.
    #[must_use]
    fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.__options().budget = Some(budget);
        self
    }

    /// Asks a circuit breaker before each attempt. While it is open, calls fail at once with
    /// [`Rejection::BreakerOpen`](crate::Rejection::BreakerOpen), which is not tried again, and gives
    /// the arguments back; a fallback answers.
    ///
    /// What trips it are errors worth a retry, results that `until` refuses, attempts that took longer
    /// than their timeout, panics and deaths of workers. Cancels, deadlines, throttling, and errors that
    /// are the caller's fault say nothing. One by arguments is
    /// [`breaker_by`](crate::MethodOptions::breaker_by).
    #[must_use]
    fn breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.__options().breaker = Some(breaker);
        self
    }

    /// Starts a further copy of a call that is slow, or several at once
    /// ([`Hedge::redundant`]), for each `#[idempotent]` method; `init` refuses it if there is none. The
    /// first that succeeds wins, the others are cancelled.
    ///
    /// Copies run on different workers: with one queue for all because a thread runs one call at a
    /// time, with a queue for each because the pool chooses so. A pool of several workers that is hedged
    /// gives each its own queue ([`Balance::LeastActive`]) unless told otherwise, where a worker takes
    /// several calls at a time: in every mode but thread mode. No copy is started while calls wait for a
    /// limit or the breaker is not closed. In sync mode nothing is hedged: the call is over before it
    /// could be slow.
    #[must_use]
    fn hedge(mut self, hedge: Hedge) -> Self {
        self.__options().hedge = Some(hedge);
        self
    }

    /// Bounds each attempt, from the moment at which a worker begins it. Waiting for a limit or in the
    /// queue does not count.
    ///
    /// An attempt that takes longer is cancelled and fails with
    /// [`Timeout::Attempt`](crate::Timeout::Attempt). Unbounded unless set.
    #[must_use]
    fn timeout(mut self, timeout: Duration) -> Self {
        self.__options().timeout = Some(timeout);
        self
    }

    /// Bounds the whole call, with all its attempts, waits and fallbacks, and the calls that the method
    /// makes from inside it.
    ///
    /// A call that takes longer is cancelled and fails with
    /// [`Timeout::Deadline`](crate::Timeout::Deadline), or where attempts had failed before, with
    /// [`RetriesExhausted`](crate::CallError::RetriesExhausted), which holds them. One that is late
    /// before it begins is not begun. Unbounded unless set.
    #[must_use]
    fn deadline(mut self, deadline: Duration) -> Self {
        self.__options().deadline = Some(deadline);
        self
    }

    /// How many `&self` calls of one async worker may overlap. 1,000 unless set.
    #[must_use]
    fn concurrency(mut self, calls: usize) -> Self {
        self.__options().concurrency = Some(calls);
        self
    }

    /// Bounds the calls that have not begun: those that wait for a worker, and those that wait for
    /// a limit before. Unbounded unless set. [`overflow`](Self::overflow) says what happens when the
    /// queue is full.
    #[must_use]
    fn max_queued(mut self, calls: usize) -> Self {
        self.__options().max_queued = Some(calls);
        self
    }

    /// What a submit does when the queue is full: wait (unless set) or reject.
    #[must_use]
    fn overflow(mut self, overflow: Overflow) -> Self {
        self.__options().overflow = Some(overflow);
        self
    }

    /// Which worker gets a call.
    #[must_use]
    fn load_balance(mut self, balance: Balance) -> Self {
        self.__options().balance = Some(balance);
        self
    }

    /// Builds a worker for each call, at most `max_workers` at a time, and drops it afterwards.
    #[must_use]
    fn on_demand(mut self, on_demand: bool) -> Self {
        self.__options().on_demand = Some(on_demand);
        self
    }

    /// How long `init` waits for the constructors: 30 seconds unless set.
    #[must_use]
    fn init_timeout(mut self, timeout: Duration) -> Self {
        self.__options().init_timeout = Some(timeout);
        self
    }

    /// How long `stop` lets the pool drain before it cancels the rest: 30 seconds unless set.
    #[must_use]
    fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.__options().stop_timeout = Some(timeout);
        self
    }

    /// When a worker that panicked is built again.
    #[must_use]
    fn restart(mut self, policy: RestartPolicy) -> Self {
        self.__options().restart = policy;
        self
    }

    /// The tokio runtime whose timers and I/O async methods use, instead of one of ours.
    ///
    /// It has to run as long as calls need it. Don't block on calls on the only thread of a runtime
    /// that serves them: await them there. When it is gone, what needs it panics, which is the error
    /// of the call.
    #[must_use]
    fn runtime(mut self, handle: tokio::runtime::Handle) -> Self {
        self.__options().runtime = Some(handle);
        self
    }

    /// The clock of the pool's deadlines, backoffs and restarts; tests give a fake one.
    #[must_use]
    fn clock(mut self, clock: Clock) -> Self {
        self.__options().clock = clock;
        self
    }

    /// A function that is told of [events](Event): restarts, throttling, retries, starts and ends
    /// of calls. It runs where the event happens, so it has to be quick.
    #[must_use]
    fn on_event(mut self, hook: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.__options().on_event = Some(Arc::new(hook));
        self
    }

    /// Makes events of every call, not just of those that go through the layers anyway: for hooks,
    /// spans and metrics. Costs each call the way through the layers, one to two microseconds.
    #[must_use]
    fn observe_calls(mut self, observe: bool) -> Self {
        self.__options().observe_calls = observe;
        self
    }
}

/// Counts what kinds of methods a worker has.
#[derive(Debug, Default)]
pub(crate) struct MethodKinds {
    pub(crate) sync: bool,
    pub(crate) asynchronous: bool,
}

impl<W: Worker> MethodVisitor<W> for MethodKinds {
    fn visit<M: Method<Worker = W>>(&mut self) {
        self.asynchronous |= M::SPEC.asynchronous;
        self.sync |= !M::SPEC.asynchronous;
    }
}
