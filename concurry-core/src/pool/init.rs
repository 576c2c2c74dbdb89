//! From options to a running pool.

use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use concurry_retry::RetryPolicy;
use concurry_time::block_on;

use super::backends::{Backends, Queued};
use super::balance::Balancer;
use super::handle::{Handle, Pool};
use super::options::{MethodKinds, Options};
use crate::backend::asynchronous::{self, AsyncWorker, Executors};
use crate::backend::sync::SyncWorker;
use crate::backend::thread::{self, OnDemand, ThreadWorker};
use crate::backend::{ConstructFailure, Startup, construct_here, drop_caught};
use crate::balance::Balance;
use crate::config::{self, Resolved};
use crate::error::{InitError, OptionsError};
use crate::observe::Events;
use crate::padded::Padded;
use crate::pool::layers::{self, LayerTable, Places};
use crate::queue::CallQueue;
use crate::shared::{
    Bound, LayerCounters, Layered, PoolId, PoolRuntime, PoolShared, Pools, Seat, Shutdown, Stage,
    Tallies, blocking::PoolThreads,
};
use crate::worker::{Construct, Constructor, Queueing, Worker};
use crate::{Mode, panics};

/// The first wait of retries that only the configuration asks for.
const DEFAULT_RETRY_WAIT: Duration = Duration::from_secs(1);

/// More workers than this are a mistake, and would only fail later and less clearly.
const MAX_WORKERS: usize = 100_000;

/// Options whose values are known to be legal.
pub(super) struct Plan {
    pub(super) mode: Mode,
    pub(super) workers: usize,
    pub(super) on_demand: bool,
    pub(super) balance: Balance,
    pub(super) concurrency: usize,
    pub(super) init_timeout: Duration,
    pub(super) stop_timeout: Duration,
    pub(super) layers: LayerTable,
}

impl<W: Worker> Options<W> {
    /// Starts the pool, and waits until every constructor has finished.
    ///
    /// # Errors
    ///
    /// See [`InitError`]. Nothing of the pool is left then.
    pub fn init<E: Send + 'static>(
        self,
        constructor: Constructor<W, E>,
    ) -> Result<Handle<W>, InitError<E>> {
        let starting = self.start(constructor.into_construct())?;
        block_on(starting.finish())
    }

    /// The same, without blocking the thread.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the pool; constructors that still run finish first.
    pub fn init_async<E: Send + 'static>(
        self,
        constructor: Constructor<W, E>,
    ) -> impl Future<Output = Result<Handle<W>, InitError<E>>> + Send {
        // The workers start with the first poll, not with the call.
        let construct = constructor.into_construct();
        async move { self.start(construct)?.finish().await }
    }

    fn start<E: Send + 'static>(
        mut self,
        construct: Box<dyn Construct<W, E>>,
    ) -> Result<Starting<W, E>, InitError<E>> {
        panics::install_hook();
        let plan = self.plan()?;
        let id = PoolId::next();
        let shared = Arc::new(PoolShared {
            id,
            worker_name: W::NAME,
            limits: self.limits.clone(),
            clock: self.clock.clone(),
            shutdown: Arc::new(Shutdown::new()),
            restart: self.restart,
            runtime: Arc::new(PoolRuntime::new(self.runtime.clone())),
            events: Events::new(self.on_event.clone()),
            workers: (0..plan.workers).map(|_| Padded::default()).collect(),
            alive: AtomicUsize::new(if plan.on_demand { 0 } else { plan.workers }),
            serving: AtomicUsize::new(plan.workers),
            layered: Layered::default(),
            layer_counters: LayerCounters::default(),
            tallies: Tallies::default(),
            #[cfg(feature = "process")]
            elsewhere: std::sync::OnceLock::new(),
            serves_as: self.serves_as,
        });
        Pools::add(&shared);
        for breakers in &plan.layers.breakers {
            layers::tell_changes(&**breakers, &shared);
        }
        let startup = Arc::new(Startup::new(if plan.on_demand { 0 } else { plan.workers }));
        let bound = self
            .max_queued
            .filter(|_| plan.mode != Mode::Sync)
            .map(|max| Bound::new(max, self.overflow.unwrap_or_default(), id));
        let backends = match plan.mode {
            Mode::Sync => start_sync(&shared, construct, &startup)?,
            Mode::Thread if plan.on_demand => start_on_demand(&shared, &plan, construct),
            Mode::Thread => start_threads(&shared, &plan, construct, &startup),
            Mode::Async => start_async(&shared, &plan, construct, &startup),
            #[cfg(feature = "process")]
            Mode::Process | Mode::Ray => {
                let queued = queues(&shared, &plan, Queueing::Remote);
                super::elsewhere::start(&mut self, &shared, &plan, construct, &startup, queued)?
            }
            #[cfg(not(feature = "process"))]
            Mode::Process | Mode::Ray => return Err(unavailable::<W>(plan.mode).into()),
        };
        let pool = Pool {
            shared,
            mode: plan.mode,
            backends,
            bound,
            layers: plan.layers,
            stop_timeout: plan.stop_timeout,
            #[cfg(feature = "rayon")]
            parallel: std::sync::OnceLock::new(),
        };
        Ok(Starting { pool, startup, timeout: plan.init_timeout })
    }

    /// Fills in the defaults, and checks everything.
    fn plan(&mut self) -> Result<Plan, OptionsError> {
        let mode = match self.mode.or(W::DEFAULTS.mode) {
            Some(mode) => mode,
            None => config::default_mode()?.ok_or(OptionsError::NoMode { worker: W::NAME })?,
        };
        let defaults: Resolved = config::resolve(mode)?;
        let workers = self.max_workers.or(W::DEFAULTS.max_workers).unwrap_or(defaults.max_workers);
        let concurrency = self.concurrency.unwrap_or(defaults.concurrency);
        let on_demand = self.on_demand.unwrap_or(defaults.on_demand);
        let balance = self.balance.unwrap_or(defaults.balance);
        self.max_queued = self.max_queued.or(defaults.max_queued);
        self.overflow = self.overflow.or(Some(defaults.overflow));
        self.timeout = self.timeout.or(defaults.timeout);
        self.deadline = self.deadline.or(defaults.deadline);
        self.default_retry = (defaults.max_retries > 0).then(|| {
            RetryPolicy::exponential(DEFAULT_RETRY_WAIT).max_retries(defaults.max_retries)
        });
        let init_timeout = self.init_timeout.unwrap_or(defaults.init_timeout);
        let stop_timeout = self.stop_timeout.unwrap_or(defaults.stop_timeout);
        in_range::<W>("max_workers", workers, 1, MAX_WORKERS)?;
        in_range::<W>("concurrency", concurrency, 1, usize::MAX)?;
        if let Some(max) = self.max_queued {
            in_range::<W>("max_queued", max, 1, usize::MAX)?;
        }
        for (option, timeout) in [("init_timeout", init_timeout), ("stop_timeout", stop_timeout)] {
            if timeout.is_zero() {
                return Err(out_of_range::<W>(option, "zero", "longer than zero"));
            }
        }
        let contradiction = |problem: String, remedy: &str| {
            Err(OptionsError::Contradiction { worker: W::NAME, problem, remedy: remedy.into() })
        };
        if mode == Mode::Sync && workers != 1 {
            return contradiction(
                format!(
                    "sync mode runs calls on the caller's thread, so {workers} workers make no sense"
                ),
                "use 1 worker, or another mode",
            );
        }
        if on_demand && mode != Mode::Thread {
            return contradiction(
                format!("on-demand workers don't exist in {mode} mode"),
                "use Mode::Thread, or leave `on_demand` out",
            );
        }
        if on_demand && balance != Balance::AnyIdle {
            return contradiction(
                "on-demand workers live for one call, so there is nothing to balance".into(),
                "leave `load_balance` out",
            );
        }
        let layers = layers::assemble(self, Places { mode, workers, concurrency })?;
        // Copies of a call are to run on different workers. Async ones, and those in processes, take as
        // many calls from a common queue as they like.
        let takes_many = matches!(mode, Mode::Async | Mode::Process | Mode::Ray);
        let spread = layers.hedged && takes_many && workers > 1;
        let balance = match self.balance {
            None if spread && balance == Balance::AnyIdle => Balance::LeastActive,
            _ => balance,
        };
        Ok(Plan {
            mode,
            workers,
            on_demand,
            balance,
            concurrency,
            init_timeout,
            stop_timeout,
            layers,
        })
    }
}

fn in_range<W: Worker>(
    option: &'static str,
    got: usize,
    least: usize,
    most: usize,
) -> Result<(), OptionsError> {
    if (least..=most).contains(&got) {
        return Ok(());
    }
    let legal = if most == usize::MAX {
        format!("at least {least}")
    } else {
        format!("from {least} to {most}")
    };
    Err(out_of_range::<W>(option, got, legal))
}

fn out_of_range<W: Worker>(
    option: &'static str,
    got: impl Display,
    legal: impl Into<String>,
) -> OptionsError {
    OptionsError::OutOfRange { worker: W::NAME, option, got: got.to_string(), legal: legal.into() }
}

#[cfg(not(feature = "process"))]
fn unavailable<W: Worker>(mode: Mode) -> OptionsError {
    let remedy = "this build has no backend for it: enable the feature `process`".to_owned();
    OptionsError::ModeUnavailable { worker: W::NAME, mode, remedy }
}

fn seats(shared: &Arc<PoolShared>, workers: usize) -> impl Iterator<Item = Arc<Seat>> {
    (0..workers).map(|index| Arc::new(Seat { pool: Arc::clone(shared), index }))
}

fn queues<W>(shared: &Arc<PoolShared>, plan: &Plan, queueing: Queueing) -> Queued<W> {
    let queues = if plan.balance == Balance::AnyIdle { 1 } else { plan.workers };
    Queued {
        shared: Arc::clone(shared),
        queues: (0..queues).map(|_| CallQueue::new(plan.workers / queues)).collect(),
        balancer: Balancer::new(plan.balance, queues),
        queueing,
    }
}

fn start_sync<W: Worker, E: Send + 'static>(
    shared: &Arc<PoolShared>,
    construct: Box<dyn Construct<W, E>>,
    startup: &Startup<E>,
) -> Result<Backends<W>, InitError<E>> {
    let seat = Arc::new(Seat { pool: Arc::clone(shared), index: 0 });
    match construct_here(&*construct, shared) {
        Ok(worker) => {
            startup.report(0, Ok(()));
            Ok(Backends::Sync(SyncWorker::new(seat, worker, construct)))
        }
        Err(failure) => Err(init_error::<W, E>(0, failure)),
    }
}

fn start_threads<W: Worker, E: Send + 'static>(
    shared: &Arc<PoolShared>,
    plan: &Plan,
    construct: Box<dyn Construct<W, E>>,
    startup: &Arc<Startup<E>>,
) -> Backends<W> {
    let queued = queues(shared, plan, Queueing::Blocking);
    let threads = PoolThreads::new(shared.id, plan.workers);
    for seat in seats(shared, plan.workers) {
        let worker = ThreadWorker {
            seat,
            queues: Arc::clone(&queued.queues),
            construct: construct.duplicate(),
            threads: Arc::clone(&threads),
        };
        thread::spawn(worker, startup);
    }
    drop_caught(construct);
    Backends::Queued(Box::new(queued))
}

fn start_on_demand<W: Worker, E: Send + 'static>(
    shared: &Arc<PoolShared>,
    plan: &Plan,
    construct: Box<dyn Construct<W, E>>,
) -> Backends<W> {
    let threads = PoolThreads::new(shared.id, plan.workers);
    let pool = OnDemand::new(construct, seats(shared, plan.workers).collect(), threads);
    Backends::Other(Arc::new(Arc::new(pool)))
}

fn start_async<W: Worker, E: Send + 'static>(
    shared: &Arc<PoolShared>,
    plan: &Plan,
    construct: Box<dyn Construct<W, E>>,
    startup: &Arc<Startup<E>>,
) -> Backends<W> {
    let mut kinds = MethodKinds::default();
    W::visit_methods(&mut kinds);
    let executors = Executors::plan::<W>(plan.workers, kinds.sync);
    let queued = queues(shared, plan, Queueing::Polled);
    let workers = seats(shared, plan.workers).map(|seat| AsyncWorker {
        seat,
        queues: Arc::clone(&queued.queues),
        construct: construct.duplicate(),
        concurrency: plan.concurrency,
        lends: executors.lends,
    });
    let workers: Vec<_> = workers.collect();
    drop_caught(construct);
    let threads = PoolThreads::new(shared.id, executors.threads);
    asynchronous::start(executors, workers, &threads, startup);
    Backends::Queued(Box::new(queued))
}

/// A pool whose constructors may still run. Dropping it ends the pool.
struct Starting<W: Worker, E> {
    pool: Pool<W>,
    startup: Arc<Startup<E>>,
    timeout: Duration,
}

impl<W: Worker, E: Send + 'static> Starting<W, E> {
    async fn finish(self) -> Result<Handle<W>, InitError<E>> {
        let Self { pool, startup, timeout } = self;
        let clock = pool.shared.clock.clone();
        let decided = clock.timeout_at(clock.after(timeout), startup.decided()).await;
        let error = match decided {
            Ok(Ok(())) => return Ok(Handle::new(pool)),
            Ok(Err((worker, failure))) => init_error::<W, E>(worker, failure),
            Err(_) => InitError::TimedOut {
                worker_name: W::NAME,
                waiting: startup.waiting(),
                max_workers: pool.shared.workers.len(),
                after: timeout,
            },
        };
        // Workers that were built end at once; a constructor that still runs finishes first, in a process
        // of its own within the grace of a stop.
        pool.shared.shutdown.advance(Stage::Stopping);
        drop(pool);
        Err(error)
    }
}

fn init_error<W: Worker, E>(worker: usize, failure: ConstructFailure<E>) -> InitError<E> {
    let worker_name = W::NAME;
    match failure {
        ConstructFailure::Failed(error) => InitError::Constructor { worker_name, worker, error },
        ConstructFailure::Panicked(panic) => InitError::Panicked { worker_name, worker, panic },
        ConstructFailure::Thread(source) => InitError::Thread { worker_name, worker, source },
        #[cfg(feature = "process")]
        ConstructFailure::Elsewhere(problem) => {
            InitError::Elsewhere { worker_name, worker, problem }
        }
    }
}
