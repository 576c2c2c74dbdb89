//! The pool behind every generated handle.

use std::fmt;
use std::sync::Arc;

use super::backends::Backends;
use super::{PoolStats, StopReport};
#[cfg(feature = "process")]
use crate::backend::remote_node::remote_node;
use crate::call::{CallEnvironment, CallOptions, Copies, EnvironmentRef};
use crate::error::CallSite;
use crate::future::{Call, Outcome, TaskFuture};
use crate::pool::layers::{self, Given, LayerTable};
#[cfg(feature = "process")]
use crate::remote::gathered;
use crate::shared::{Bound, PoolShared, QueuePlace, Stage, StockedArc, running};
use crate::spin;
use crate::worker::{CallParts, Method, QueuedCall, Queueing, Shape, Worker};
use crate::{CallError, Mode};

/// A running pool. The last handle to it closes it: what is queued is still run.
pub struct Pool<W: Worker> {
    pub(crate) shared: Arc<PoolShared>,
    pub(crate) mode: Mode,
    pub(crate) backends: Backends<W>,
    pub(crate) bound: Option<Arc<Bound>>,
    pub(crate) layers: LayerTable,
    pub(crate) stop_timeout: std::time::Duration,
    /// Threads for data-parallel maps, started by the first one.
    #[cfg(feature = "rayon")]
    pub(crate) parallel: std::sync::OnceLock<Arc<rayon::ThreadPool>>,
}

/// What a generated handle is made of.
#[doc(hidden)]
pub struct Handle<W: Worker> {
    pub(crate) pool: StockedArc<Pool<W>>,
    pub(crate) options: Option<Arc<CallOptions>>,
}

impl<W: Worker> Handle<W> {
    pub(crate) fn new(pool: Pool<W>) -> Self {
        Self { pool: StockedArc::new(pool), options: None }
    }

    /// Makes a call.
    #[inline]
    pub fn call<M: Method<Worker = W>>(&self, args: M::Args) -> TaskFuture<M::Output, M::Error> {
        // Most calls: no options, no limits, no retries. Then nothing stands between the call and
        // the queue.
        // Inside a call with a deadline, that holds for this one, too.
        let plain = self.options.is_none() && self.pool.layers.is_plain(M::SPEC.index);
        if plain && running::deadline().is_none() {
            #[cfg(feature = "process")]
            let args = match self.pool.gather::<M>(args) {
                Ok(future) => return future,
                Err(args) => args,
            };
            return self.pool.submit::<M>(args, None);
        }
        layers::call::<M>(self, args)
    }

    /// The same pool, with options for single calls.
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self { pool: self.pool.clone(), options: Some(Arc::new(options)) }
    }

    /// How the pool stands.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        self.pool.stats()
    }

    /// Stops the pool after what it has is done.
    pub fn stop(&self) -> TaskFuture<StopReport> {
        super::stop::stop(&self.pool)
    }

    /// Stops the pool without beginning anything more.
    pub fn stop_now(&self) -> TaskFuture<StopReport> {
        super::stop::stop_now(&self.pool)
    }
}

/// The other copies of the attempt, if there are several.
fn copies_of(environment: Option<&CallEnvironment>) -> Option<Arc<Copies>> {
    let copy = environment.and_then(|environment| environment.copy.get());
    copy.map(|copy| Arc::clone(&copy.copies))
}

impl<W: Worker> Pool<W> {
    /// Whether it says which worker a call goes to: then copies of a call have to know of each other.
    pub(crate) fn has_places(&self) -> bool {
        match &self.backends {
            Backends::Sync(_) => false,
            Backends::Queued(queued) => queued.queues.len() > 1,
            Backends::Other(_) => true,
        }
    }

    /// Sends a call to a worker, past the layers.
    #[inline]
    pub(crate) fn submit<M: Method<Worker = W>>(
        &self,
        args: M::Args,
        environment: Option<EnvironmentRef>,
    ) -> TaskFuture<M::Output, M::Error> {
        // A call that went through the layers got its place when it was made.
        if environment.is_none() && self.bound.is_some() {
            return self.submit_bounded::<M>(args);
        }
        self.send::<M>(args, environment)
    }

    /// Gets a call its place in the bounded queue, and sends it.
    #[inline(never)] // so that what every call takes stays short
    fn submit_bounded<M: Method<Worker = W>>(
        &self,
        args: M::Args,
    ) -> TaskFuture<M::Output, M::Error> {
        match self.place::<M>(args) {
            Ok((place, args)) => {
                self.send::<M>(args, Some(EnvironmentRef::new(CallEnvironment::first(place))))
            }
            Err(error) => TaskFuture::from_outcome(Err(error)),
        }
    }

    /// Sends a call that has its place in the queue.
    #[inline]
    fn send<M: Method<Worker = W>>(
        &self,
        args: M::Args,
        environment: Option<EnvironmentRef>,
    ) -> TaskFuture<M::Output, M::Error> {
        let copies = copies_of(environment.as_deref());
        let (call, future) = self.make::<M>(args, environment);
        if let Some(call) = call {
            self.dispatch(call, copies.as_ref());
        }
        future
    }

    /// Makes a plain call one of a map that goes to a worker together with others, if this thread runs
    /// the function of a map.
    ///
    /// # Errors
    ///
    /// Gives the arguments back if it is not to be one.
    #[cfg(feature = "process")]
    #[inline]
    fn gather<M: Method<Worker = W>>(
        &self,
        args: M::Args,
    ) -> Result<TaskFuture<M::Output, M::Error>, M::Args> {
        let Backends::Other(backend) = &self.backends else { return Err(args) };
        // A call that is told of its cancel needs a number of its own.
        if M::SPEC.uses_context
            || self.bound.is_some()
            || !gathered::is_gathering()
            || !backend.gathers()
        {
            return Err(args);
        }
        let (future, announcement) = gathered::add::<M>(self.shared.id, args)?;
        if let Some(announcement) = announcement {
            backend.announce(announcement);
        }
        Ok(future)
    }

    /// Makes a call that has its place in the queue. In sync mode it has run then.
    #[inline]
    pub(crate) fn make<M: Method<Worker = W>>(
        &self,
        args: M::Args,
        environment: Option<EnvironmentRef>,
    ) -> (Option<Call<W>>, TaskFuture<M::Output, M::Error>) {
        let queueing = match &self.backends {
            Backends::Sync(worker) => {
                return (None, TaskFuture::from_outcome(worker.call::<M>(args, environment)));
            }
            Backends::Queued(queued) => queued.queueing,
            Backends::Other(backend) => backend.queueing(),
        };
        let parts = CallParts { args, environment, pool: self.shared.id, queueing };
        let (call, future) = queue_call::<M>(parts).split();
        (Some(call), future)
    }

    /// How calls are queued. `None`: they run here and now.
    pub(crate) fn queueing(&self) -> Option<Queueing> {
        match &self.backends {
            Backends::Sync(_) => None,
            Backends::Queued(queued) => Some(queued.queueing),
            Backends::Other(backend) => Some(backend.queueing()),
        }
    }

    /// Runs a call in sync mode.
    pub(crate) fn run_here<M: Method<Worker = W>>(
        &self,
        args: M::Args,
        environment: Option<EnvironmentRef>,
    ) -> Outcome<M::Output, M::Error> {
        match &self.backends {
            Backends::Sync(worker) => worker.call::<M>(args, environment),
            Backends::Queued(_) | Backends::Other(_) => unreachable!("it is not in sync mode"),
        }
    }

    /// Sends a call that was made. Copies of one attempt go to different workers.
    #[inline]
    pub(crate) fn dispatch(&self, call: Call<W>, copies: Option<&Arc<Copies>>) {
        // A refused call is dropped, which fails it as stopped.
        let _ = match &self.backends {
            Backends::Sync(_) => return,
            Backends::Queued(queued) => {
                spin::caller_submitted();
                queued.submit(call, copies.map(Arc::as_ref))
            }
            Backends::Other(backend) => backend.submit(call, copies),
        };
    }

    /// Gets a call a place in the bounded queue, if it is bounded. May wait, so this is for the
    /// caller's own thread.
    pub(crate) fn place<M: Method<Worker = W>>(
        &self,
        args: M::Args,
    ) -> Result<(Option<QueuePlace>, M::Args), CallError<M::Error>> {
        if self.bound.is_none() {
            return Ok((None, args));
        }
        let mut args = Given::<M>::new(args);
        match layers::place(self, CallSite::new(const { &M::SPEC }), &mut args) {
            Ok(place) => Ok((place, args.send())),
            Err(error) => Err(error.widen()),
        }
    }

    /// As many threads as the pool has workers, for data-parallel maps. They end with the pool.
    #[cfg(feature = "rayon")]
    pub(crate) fn parallel(&self) -> Option<Arc<rayon::ThreadPool>> {
        if let Some(threads) = self.parallel.get() {
            return Some(Arc::clone(threads));
        }
        let name = self.shared.worker_name;
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(self.shared.workers.len())
            .thread_name(move |index| format!("{name}-map-{index}"))
            .build()
            .ok()?;
        Some(Arc::clone(self.parallel.get_or_init(|| Arc::new(threads))))
    }

    /// Takes no more calls. What is queued is still run.
    pub(crate) fn close(&self) {
        self.shared.shutdown.advance(Stage::Draining);
        match &self.backends {
            Backends::Sync(worker) => worker.end(),
            Backends::Queued(queued) => queued.close(),
            Backends::Other(backend) => backend.close(),
        }
    }

    /// Fails what is queued as stopped. The pool takes no more calls.
    pub(crate) fn refuse_queued(&self) {
        self.layers.refuse_batches();
        match &self.backends {
            Backends::Sync(_) => {}
            Backends::Queued(queued) => queued.refuse(),
            Backends::Other(backend) => backend.refuse(),
        }
    }
}

/// Makes a call for a queue.
#[inline]
pub(crate) fn queue_call<M: Method>(parts: CallParts<M>) -> QueuedCall<M> {
    #[cfg(feature = "process")]
    if parts.queueing == Queueing::Remote {
        return remote_node::<M>(parts);
    }
    M::Shape::queue(parts)
}

impl<W: Worker> Drop for Pool<W> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<W: Worker> Clone for Handle<W> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), options: self.options.clone() }
    }
}

impl<W: Worker> fmt::Debug for Handle<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.pool, f)
    }
}

impl<W: Worker> fmt::Debug for Pool<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("worker", &self.shared.worker_name)
            .field("max_workers", &self.shared.workers.len())
            .field("stage", &self.shared.shutdown.stage())
            .finish_non_exhaustive()
    }
}
