//! The backends of a pool behind one face.

use std::sync::Arc;

use super::balance::Balancer;
use crate::backend::sync::SyncWorker;
use crate::backend::thread::OnDemand;
use crate::call::Copies;
use crate::future::Call;
use crate::queue::{CallQueue, Closed};
use crate::shared::PoolShared;
use crate::worker::Queueing;
use crate::worker::Worker;

/// Where the calls of a pool go.
pub(crate) enum Backends<W: Worker> {
    /// Run at once.
    Sync(SyncWorker<W>),
    /// Queued for workers that are there.
    Queued(Box<Queued<W>>),
    /// Queued for whatever else runs them: on-demand threads; processes and clusters the same way.
    Other(Arc<dyn Backend<W>>),
}

/// A place where queued calls are run: what a mode has to bring besides its workers.
///
/// Dropping a call fails it as stopped, so a backend can lose none.
pub(crate) trait Backend<W>: Send + Sync {
    /// How calls for this backend are made.
    fn queueing(&self) -> Queueing;
    /// Takes a call, or hands it back when it is closed. Copies of one attempt go to different
    /// workers.
    fn submit(&self, call: Call<W>, copies: Option<&Arc<Copies>>) -> Result<(), Closed<W>>;
    /// Takes no more calls. Those it has are still run. At the end the pool's shutdown is advanced
    /// to its last stage.
    fn close(&self);
    /// Fails the calls that wait as stopped.
    fn refuse(&self);
    /// Whether it takes calls that a map makes together.
    #[cfg(feature = "process")]
    fn gathers(&self) -> bool {
        false
    }
    /// Takes what stands for such calls, to be handled by a worker as soon as one has room.
    #[cfg(feature = "process")]
    fn announce(&self, call: Call<crate::remote::Anywhere>) {
        drop(call);
    }
    /// How many calls wait.
    fn queued(&self) -> usize;
    /// How many calls the balancer gave each worker, where there is one.
    fn given(&self) -> Option<Vec<u64>> {
        None
    }
}

/// The queues of workers that are there: one for all, or one for each.
pub(crate) struct Queued<W> {
    pub(crate) shared: Arc<PoolShared>,
    pub(crate) queues: Arc<[CallQueue<W>]>,
    pub(crate) balancer: Balancer,
    pub(crate) queueing: Queueing,
}

impl<W> Queued<W> {
    #[inline]
    pub(crate) fn submit(&self, call: Call<W>, copies: Option<&Copies>) -> Result<(), Closed<W>> {
        if self.queues.len() == 1 {
            return self.queues[0].push(call);
        }
        self.submit_balanced(call, copies)
    }

    fn submit_balanced(&self, call: Call<W>, copies: Option<&Copies>) -> Result<(), Closed<W>> {
        let workers = self.queues.len();
        let chosen = self.balancer.choose(|worker| self.unfinished(worker));
        let chosen = match copies {
            Some(copies) => self.balancer.instead(chosen, copies.place(chosen, workers)),
            None => chosen,
        };
        // A worker that was given up has its queue closed; its neighbours take its calls.
        let mut call = call;
        for step in 0..workers {
            match self.queues[(chosen + step) % workers].push(call) {
                Ok(()) => return Ok(()),
                Err(closed) => call = closed.0,
            }
        }
        Err(Closed(call))
    }

    fn unfinished(&self, worker: usize) -> usize {
        // Not what waits plus what runs: a call may be on its way from the one to the other.
        let ended = self.shared.workers[worker].ended();
        usize::try_from(self.balancer.given_to(worker).saturating_sub(ended)).unwrap_or(usize::MAX)
    }

    pub(crate) fn close(&self) {
        self.queues.iter().for_each(CallQueue::close);
    }

    /// Fails what waits as stopped.
    pub(crate) fn refuse(&self) {
        for queue in &*self.queues {
            while let Some(call) = queue.take_or_steal() {
                drop(call);
            }
        }
    }

    pub(crate) fn queued(&self) -> usize {
        self.queues.iter().map(CallQueue::len).sum()
    }

    /// How many calls the balancer gave each worker. With one queue for all there is nothing to give.
    pub(crate) fn given(&self) -> Option<Vec<u64>> {
        (self.queues.len() > 1).then(|| self.balancer.given().collect())
    }
}

impl<W: Worker, E: Send + 'static> Backend<W> for Arc<OnDemand<W, E>> {
    fn queueing(&self) -> Queueing {
        Queueing::Blocking
    }

    fn submit(&self, call: Call<W>, _: Option<&Arc<Copies>>) -> Result<(), Closed<W>> {
        self.push(call)
    }

    fn close(&self) {
        OnDemand::close(self);
    }

    fn refuse(&self) {
        OnDemand::refuse(self);
    }

    fn queued(&self) -> usize {
        self.queue.len()
    }
}
