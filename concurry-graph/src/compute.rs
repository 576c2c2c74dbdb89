//! Running a graph: at once, in the background, or awaited.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use concurry_core::__private::{background, block_on_pools};
use concurry_core::progress::{Progress, Tally};
use concurry_core::{CallError, TaskFuture};
use concurry_time::{Clock, Sleep};

use crate::error::{Cause, ComputeError};
use crate::journal::{JournalOptions, Ledger};
use crate::journaled::JournaledCompute;
use crate::lazy::Lazy;
use crate::node::{AnyNode, Dependency};
use crate::nodes::Nodes;
use crate::plan::{Passes, plan};
use crate::run::{self, Driver, Limits};

/// Calls to one pool that are under way at a time, unless told otherwise.
pub(crate) const IN_FLIGHT: usize = 1_000;

/// Computes nodes: optimises the graph of what they depend on, runs it in parallel on its pools, and
/// waits for the values.
///
/// ```
/// use concurry_graph::{Lazy, compute};
///
/// let (one, text) = compute((Lazy::value(1), Lazy::value("two")))?;
/// assert_eq!((one, text), (1, "two"));
/// # Ok::<(), concurry_graph::ComputeError>(())
/// ```
///
/// # Errors
///
/// The node that failed first, in the order of what was asked for, and its error. What does not
/// depend on it runs all the same.
pub fn compute<N: Nodes>(nodes: N) -> Result<N::Values, ComputeError> {
    Compute::of(nodes).run()
}

/// As [`compute`], awaited.
///
/// # Errors
///
/// Those of [`compute`].
///
/// # Cancel safety
///
/// Dropping the future cancels what runs, and leaves what has not begun as it was.
pub async fn compute_async<N: Nodes>(nodes: N) -> Result<N::Values, ComputeError> {
    Compute::of(nodes).await
}

/// A computation with options. Finish with [`run`](Self::run) or [`submit`](Self::submit), or await it.
///
/// ```
/// use concurry_core::{Mode, TaskPool};
/// use concurry_graph::{Compute, LazyHandle};
/// use std::time::Duration;
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// let squares: Vec<_> = (0..10_u64).map(|n| pool.lazy().submit((), move |()| n * n)).collect();
/// let squares = Compute::of(squares).deadline(Duration::from_secs(30)).in_flight(4).run()?;
/// assert_eq!(squares[9], 81);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing runs before `run`, `submit` or `await`"]
pub struct Compute<T: Send + 'static> {
    root: Lazy<T>,
    options: Options,
}

struct Options {
    passes: Passes,
    deadline: Option<Duration>,
    progress: Option<Progress>,
    limits: Limits,
    journal: Option<JournalOptions>,
}

impl<T: Send + 'static> Compute<T> {
    /// Computes these nodes.
    pub fn of(nodes: impl Nodes<Values = T>) -> Self {
        let options = Options {
            passes: Passes::all(),
            deadline: None,
            progress: None,
            limits: Limits { in_flight: IN_FLIGHT, batch: true },
            journal: None,
        };
        Self { root: nodes.into_lazy(), options }
    }

    /// Chooses the passes of the optimiser.
    pub fn passes(mut self, passes: Passes) -> Self {
        self.options.limits.batch = passes.batch;
        self.options.passes = passes;
        self
    }

    /// Bounds the whole computation, from the moment it begins. Calls that were sent to their pools by
    /// then are cancelled, unless another computation waits for them; all else stays as it was, and can
    /// be computed again.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = Some(deadline);
        self
    }

    /// How many calls to one pool may be under way at a time: 1,000 unless set. At least 1. Calls that
    /// are run by workers which come to the graph are not counted.
    pub fn in_flight(mut self, calls: usize) -> Self {
        self.options.limits.in_flight = calls.max(1);
        self
    }

    /// Shows a bar that counts calls: a description, a configured bar, or a function of (done, total,
    /// elapsed).
    pub fn progress(mut self, progress: impl Into<Progress>) -> Self {
        self.options.progress = Some(progress.into());
        self
    }

    /// Records the results of calls in a file, and makes no call whose result an earlier run has
    /// recorded there: killed at half-way and run again, the graph makes only the calls that are left.
    ///
    /// A call is known again by its method, the arguments that it is made with, and the
    /// [`tag`](JournaledCompute::tag); equal calls by the order in which they are written down, and
    /// calls to several pools of one worker by the order of the pools. So a graph may grow between two
    /// runs. The file is made if there is none; a crash loses at most the calls that were on their way:
    /// see [`journal`](concurry_core::journal) for what is written when. A call that failed is recorded
    /// as well, and not tried again unless [`retry_failed`](JournaledCompute::retry_failed) says so;
    /// what was cancelled or stopped is called by the next run.
    ///
    /// What can't be kept is made in each run: closures, and calls whose arguments are not `Serialize`
    /// or whose result is not `Serialize + DeserializeOwned`. Nor is a call that another computation
    /// of this program is making already, unless that leaves it to this one. Other options are given
    /// before.
    ///
    /// ```
    /// use concurry_core::Mode;
    /// # use concurry_derive::{Worker, worker};
    /// use concurry_graph::{Compute, LazyHandle};
    /// # use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// # static CALLS: AtomicU32 = AtomicU32::new(0);
    /// # #[derive(Worker)]
    /// # #[worker(crate = concurry_graph)]
    /// # struct Llm;
    /// # #[worker(crate = concurry_graph)]
    /// # impl Llm {
    /// #     pub fn new() -> Self { Self }
    /// #     pub fn ask(&self, prompt: String) -> String {
    /// #         CALLS.fetch_add(1, Ordering::Relaxed);
    /// #         prompt.to_uppercase()
    /// #     }
    /// # }
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("run.jsonl");
    /// let llm = Llm::options(Mode::Thread, 2).init()?;
    /// for _run in 0..2 {
    ///     let answer = llm.lazy().ask(llm.lazy().ask("why?"));
    ///     assert_eq!(Compute::of(answer).journal(&path).tag("july").run()?, "WHY?");
    /// }
    /// assert_eq!(CALLS.load(Ordering::Relaxed), 2); // the second run made no call
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn journal(mut self, path: impl Into<PathBuf>) -> JournaledCompute<T> {
        let (path, tag) = (path.into(), String::new());
        self.options.journal = Some(JournalOptions { path, tag, retry_failed: false, sync: false });
        JournaledCompute::new(self)
    }

    /// What was said of the journal.
    pub(crate) fn journal_options(&mut self) -> Option<&mut JournalOptions> {
        self.options.journal.as_mut()
    }

    /// Runs the graph and waits for the values.
    ///
    /// # Errors
    ///
    /// Those of [`compute`]; a timeout if the deadline passes; a deadlock if this thread is the last
    /// free one of a pool that the graph needs.
    pub fn run(self) -> Result<T, ComputeError> {
        let mut computing = self.into_future();
        computing.start()?;
        let pools = std::mem::take(&mut computing.pools);
        let name = computing.name();
        match block_on_pools(|pool| pools.contains(&pool), computing) {
            Some(outcome) => outcome,
            None => Err(ComputeError::new(name, Cause::Deadlock)),
        }
    }

    /// Runs the graph in the background.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future detaches the run; cancelling it cancels what runs. The run has let go of its
    /// journal when the future is done.
    pub fn submit(self) -> TaskFuture<T, ComputeError> {
        let computing = self.into_future();
        background(async move { computing.await.map_err(CallError::Failed) })
    }
}

impl<T: Send + 'static> IntoFuture for Compute<T> {
    type Output = Result<T, ComputeError>;
    type IntoFuture = Computing<T>;

    fn into_future(self) -> Computing<T> {
        let Self { root, options } = self;
        let stage = Stage::Ready(Box::new(options));
        Computing { root: Some(root), stage, pools: Vec::new() }
    }
}

/// A computation that is awaited.
#[must_use = "nothing runs before it is awaited"]
pub struct Computing<T: Send + 'static> {
    /// `None` once its value is given.
    root: Option<Lazy<T>>,
    stage: Stage,
    /// The pools that work on it.
    pools: Vec<u32>,
}

enum Stage {
    Ready(Box<Options>),
    Running(Box<Running>),
    Over,
}

struct Running {
    driver: Driver,
    deadline: Option<Pin<Box<Sleep>>>,
    tally: Option<Tally>,
}

impl<T: Send + 'static> Computing<T> {
    fn name(&self) -> crate::NodeName {
        match &self.root {
            Some(root) => (&**root.produces() as &dyn AnyNode).name(),
            None => panic!("a computation was polled after its end"),
        }
    }

    /// Plans the run.
    fn start(&mut self) -> Result<(), ComputeError> {
        let Some(root) = self.root.as_ref() else { return Ok(()) };
        let options = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Ready(options) => *options,
            begun => {
                self.stage = begun;
                return Ok(());
            }
        };
        let Options { passes, deadline, progress, limits, journal } = options;
        if root.header().is_over() {
            return Ok(());
        }
        let ledger = journal.map(|journal| Ledger::open(journal, limits.in_flight)).transpose();
        let mut ledger = ledger
            .map_err(|error| ComputeError::new(self.name(), Cause::Journal(Arc::new(error))))?;
        let (is_sole, node) = (root.is_sole(), root.node());
        let plan = plan(node, is_sole, run::next_number(), &passes, ledger.as_mut());
        self.pools = plan.ranked.lanes.iter().filter_map(|lane| lane.place.pool()).collect();
        let tally = progress
            .filter(|progress| !progress.is_silent())
            .map(|progress| progress.tally(Some(plan.calls)));
        let clock = Clock::system();
        let deadline = deadline.map(|deadline| Box::pin(clock.sleep(deadline)));
        let driver = Driver::new(plan, limits, tally.clone(), ledger);
        self.stage = Stage::Running(Box::new(Running { driver, deadline, tally }));
        Ok(())
    }
}

impl<T: Send + 'static> Future for Computing<T> {
    type Output = Result<T, ComputeError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Err(error) = this.start() {
            this.root = None;
            return Poll::Ready(Err(error));
        }
        if let Stage::Running(running) = &mut this.stage {
            let late = match &mut running.deadline {
                Some(deadline) => deadline.as_mut().poll(context).is_ready(),
                None => false,
            };
            if late {
                running.driver.leave();
                if let Some(tally) = &running.tally {
                    tally.bar().stop("out of time");
                }
                this.stage = Stage::Over;
                return Poll::Ready(Err(ComputeError::new(this.name(), Cause::Deadline)));
            }
            if running.driver.poll(context).is_pending() {
                return Poll::Pending;
            }
            if let Some(tally) = running.tally.take() {
                match tally.failed() {
                    0 => tally.bar().success(""),
                    failed => tally.bar().failure(format!("{failed} failed")),
                }
            }
            let recorded = running.driver.finish_journal();
            this.stage = Stage::Over;
            if let Err(error) = recorded {
                let error = ComputeError::new(this.name(), Cause::Journal(error));
                this.root = None;
                return Poll::Ready(Err(error));
            }
        }
        match this.root.take() {
            Some(root) => Poll::Ready(root.spend().0),
            None => panic!("a computation was polled after its end"),
        }
    }
}

// Nothing in it is pinned in place: what is pinned is boxed.
impl<T: Send + 'static> Unpin for Computing<T> {}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(tally) = &self.tally {
            tally.bar().stop("cancelled");
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Compute<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compute").field("root", &self.root).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> fmt::Debug for Computing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Computing").field("root", &self.root).finish_non_exhaustive()
    }
}
