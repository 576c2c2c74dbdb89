//! A pool that runs any closure or future, in the modes of this process.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use crate::call::CallContext;
use crate::future::{Outcome, TaskFuture};
use crate::gather::Map;
use crate::pool::{Handle, Options, WorkerOptions};
use crate::worker::{
    Abilities, AsyncRef, Constructor, ConstructorWires, Method, MethodSpec, MethodVisitor,
    MethodWires, RunRef, StartRef, StateTraits, SyncRef, TypeDefaults, Worker, WorkerType,
};
use crate::worker_handle::WorkerHandle;
use crate::{CallError, InitError, Mode};

/// A pool that runs closures and futures.
///
/// ```
/// use concurry_core::{Mode, TaskPool};
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// let text = "41".to_owned();
/// let future = pool.submit(move || text.parse::<u32>()).flatten();
/// assert_eq!(future.result()?, 41);
/// assert_eq!(pool.spawn(async { 1 + 1 }).result()?, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TaskPool {
    handle: Handle<Tasks>,
}

/// The worker of a [`TaskPool`]. It has no state.
#[derive(Clone, Copy, Debug)]
pub struct Tasks;

impl TaskPool {
    /// Starts a pool.
    ///
    /// # Errors
    ///
    /// No workers, too many, or a mode that closures can't run in: they never leave the process.
    pub fn new(mode: Mode, max_workers: usize) -> Result<Self, InitError<Infallible>> {
        Self::options(mode, max_workers).init()
    }

    /// The options of a pool, to be finished by `init`.
    #[must_use]
    pub fn options(mode: Mode, max_workers: usize) -> TaskPoolOptions {
        TaskPoolOptions { options: Options::new(mode, max_workers) }
    }

    /// Runs a closure.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// let text = "concurry".to_owned();
    /// assert_eq!(pool.submit(move || text.len()).result()?, 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit<F, T>(&self, closure: F) -> TaskFuture<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.call::<RunClosure<F, T>>(closure)
    }

    /// Runs a future. In async mode, futures of one worker overlap.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    /// use std::time::Duration;
    ///
    /// let pool = TaskPool::new(Mode::Async, 1)?;
    /// let future = pool.spawn(async {
    ///     tokio::time::sleep(Duration::from_millis(1)).await; // timers come with the pool
    ///     5
    /// });
    /// assert_eq!(future.result()?, 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spawn<F>(&self, future: F) -> TaskFuture<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.call::<RunFuture<F>>(future)
    }

    /// Runs a function on each item, a bounded number of calls at a time.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// assert_eq!(pool.map(["a", "bb"], str::len).results()?, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map<I, F, T>(&self, items: I, function: F) -> Map<T, Infallible, I::Item>
    where
        I: IntoIterator,
        I::IntoIter: Send + 'static,
        I::Item: Send + 'static,
        F: Fn(I::Item) -> T + Send + Sync + 'static,
        T: Send + 'static,
    {
        let function = std::sync::Arc::new(function);
        let pool = self.clone();
        Map::new("TaskPool", items.into_iter(), move |item| {
            let function = std::sync::Arc::clone(&function);
            pool.submit(move || function(item))
        })
    }
}

impl<T: Send + 'static, E: Send + 'static> TaskFuture<Result<T, E>, Infallible> {
    /// Makes the closure's own `Result` that of the future.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    ///
    /// let pool = TaskPool::new(Mode::Thread, 1)?;
    /// let error = pool.submit(|| "x".parse::<u32>()).flatten().result().unwrap_err();
    /// assert!(error.failure().is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flatten(self) -> TaskFuture<T, E> {
        self.then_outcome(|outcome: Outcome<Result<T, E>, Infallible>| match outcome {
            Ok(result) => result.map_err(CallError::Failed),
            Err(error) => Err(error.widen()),
        })
    }
}

impl WorkerHandle for TaskPool {
    type Worker = Tasks;

    fn __from_handle(handle: Handle<Tasks>) -> Self {
        Self { handle }
    }

    fn __handle(&self) -> &Handle<Tasks> {
        &self.handle
    }
}

impl fmt::Debug for TaskPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskPool").field(&self.handle).finish()
    }
}

/// The options of a [`TaskPool`], to be finished by [`init`](Self::init).
#[derive(Debug)]
pub struct TaskPoolOptions {
    options: Options<Tasks>,
}

impl TaskPoolOptions {
    fn constructor() -> Constructor<Tasks, Infallible> {
        Constructor::blocking((), ConstructorWires::none(), |()| Ok(Tasks))
    }

    /// Starts the pool.
    ///
    /// # Errors
    ///
    /// Options that are illegal or contradict each other, and what the system refuses.
    pub fn init(self) -> Result<TaskPool, InitError<Infallible>> {
        self.options.init(Self::constructor()).map(|handle| TaskPool { handle })
    }

    /// Starts the pool without blocking the thread.
    ///
    /// # Errors
    ///
    /// Those of [`init`](Self::init).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the pool.
    pub async fn init_async(self) -> Result<TaskPool, InitError<Infallible>> {
        let handle = self.options.init_async(Self::constructor()).await?;
        Ok(TaskPool { handle })
    }
}

impl WorkerOptions for TaskPoolOptions {
    type Worker = Tasks;

    fn __options(&mut self) -> &mut Options<Tasks> {
        &mut self.options
    }

    fn __from_options(options: Options<Tasks>) -> Self {
        Self { options }
    }

    fn __into_options(self) -> Options<Tasks> {
        self.options
    }
}

impl WorkerType for Tasks {
    const NAME: &'static str = "TaskPool";
    const DEFAULTS: TypeDefaults = TypeDefaults { mode: None, max_workers: None, process: false };
}

impl Worker for Tasks {
    type Handle = TaskPool;

    fn visit_methods<V: MethodVisitor<Self>>(visitor: &mut V) {
        // Stand-ins: the real types are those of each closure.
        visitor.visit::<RunClosure<StandIn, ()>>();
        visitor.visit::<RunFuture<std::future::Pending<()>>>();
    }

    const STATE: StateTraits = StateTraits { send: true, sync: true };
    const METHODS: usize = 2;
}

/// A closure type that can't be called. It is not `Clone`, so that options that would need copies of
/// closures are refused.
struct StandIn;

trait Closure<T>: Send + 'static {
    fn call(self) -> T;
}

impl<F: FnOnce() -> T + Send + 'static, T> Closure<T> for F {
    fn call(self) -> T {
        self()
    }
}

impl Closure<()> for StandIn {
    fn call(self) {}
}

struct RunClosure<F, T>(PhantomData<fn() -> (F, T)>);

const fn spec(name: &'static str, index: usize, asynchronous: bool) -> MethodSpec {
    MethodSpec { index, asynchronous, ..MethodSpec::of_our_own("TaskPool", name) }
}

impl<F: Closure<T>, T: Send + 'static> Method for RunClosure<F, T> {
    type Worker = Tasks;
    type Args = F;
    type Output = T;
    type Error = Infallible;
    type Shape = SyncRef;
    const SPEC: MethodSpec = spec("submit", 0, false);

    fn abilities() -> Abilities<Self> {
        Abilities { clone_args: None, verdict: None, describe: None, wires: MethodWires::none() }
    }
}

impl<F: Closure<T>, T: Send + 'static> RunRef for RunClosure<F, T> {
    #[inline]
    fn run(_: &Tasks, _: &CallContext, closure: F) -> Result<T, Infallible> {
        Ok(closure.call())
    }
}

struct RunFuture<F>(PhantomData<fn() -> F>);

impl<F> Method for RunFuture<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    type Worker = Tasks;
    type Args = F;
    type Output = F::Output;
    type Error = Infallible;
    type Shape = AsyncRef;
    const SPEC: MethodSpec = spec("spawn", 1, true);

    fn abilities() -> Abilities<Self> {
        Abilities { clone_args: None, verdict: None, describe: None, wires: MethodWires::none() }
    }
}

impl<F> StartRef for RunFuture<F>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    type Raw = F::Output;

    fn start(_: &Tasks, _: CallContext, future: F) -> impl Future<Output = F::Output> {
        future
    }

    fn finish(output: F::Output) -> Result<F::Output, Infallible> {
        Ok(output)
    }
}
