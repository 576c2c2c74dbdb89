//! The calls that wait for workers elsewhere, and who sleeps until there are some.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::task::Waker;

use super::call::Anywhere;
use super::{RemoteCall, TakenCall};
use crate::future::Call;
use crate::pool::Queued;
use crate::queue::CallQueue;
use crate::sync::lock;

/// The calls of a pool that wait for its workers, and before them those that came back from workers
/// that did not begin them.
///
/// The threads that feed the workers *search* it, or are *parked* in it; `park` says how no wake is
/// lost.
pub struct RemoteQueue {
    queued: Queued<Anywhere>,
    /// Oldest first. Never held over foreign code.
    returned: Mutex<VecDeque<TakenCall>>,
    /// How many, as of the last change.
    returned_count: AtomicUsize,
}

impl RemoteQueue {
    pub(crate) fn new(queued: Queued<Anywhere>) -> Arc<Self> {
        Arc::new(Self { queued, returned: Mutex::default(), returned_count: AtomicUsize::new(0) })
    }

    fn of_worker(&self, worker: usize) -> &CallQueue<Anywhere> {
        &self.queued.queues[worker % self.queued.queues.len()]
    }

    fn lock_returned(&self) -> MutexGuard<'_, VecDeque<TakenCall>> {
        lock(&self.returned)
    }

    /// Adds a call, and wakes a thread if one is needed.
    ///
    /// # Errors
    ///
    /// Gives the call back if the queue is closed.
    pub fn submit(&self, call: RemoteCall) -> Result<(), RemoteCall> {
        let copies = call.copies.clone();
        let refused = self.queued.submit(call.into_call(), copies.as_deref());
        refused.map_err(|closed| RemoteCall::new(closed.0, copies))
    }

    /// Adds what a worker has left of the calls of a map: behind those that came before.
    pub(crate) fn put_behind(&self, call: Call<Anywhere>) {
        // Also where no new calls are taken: these are older than that.
        if let Err(closed) = self.queued.submit(call, None) {
            self.give_back(RemoteCall::new(closed.0, None).take());
        }
    }

    /// Takes the oldest call for a worker. Those that were cancelled meanwhile are left out.
    #[inline]
    pub fn take(&self, worker: usize) -> Option<TakenCall> {
        // Relaxed: a hint; `park` looks again before a thread sleeps.
        if self.returned_count.load(Ordering::Relaxed) > 0
            && let Some(call) = self.take_returned()
        {
            return Some(call);
        }
        let queue = self.of_worker(worker);
        loop {
            // A call that can't be taken was cancelled: it is over.
            if let Some(call) = RemoteCall::new(queue.take()?, None).take() {
                return Some(call);
            }
        }
    }

    /// Takes the oldest calls for a worker, at most so many.
    pub(crate) fn take_many(&self, worker: usize, most: usize, taken: &mut VecDeque<TakenCall>) {
        let most = most + taken.len();
        // Relaxed: as in `take`.
        while taken.len() < most
            && self.returned_count.load(Ordering::Relaxed) > 0
            && let Some(call) = self.take_returned()
        {
            taken.push_back(call);
        }
        self.of_worker(worker).take_many(most - taken.len(), |call| {
            taken.extend(RemoteCall::new(call, None).take());
        });
    }

    fn take_returned(&self) -> Option<TakenCall> {
        let mut returned = self.lock_returned();
        let call = returned.pop_front();
        self.returned_count.store(returned.len(), Ordering::SeqCst);
        call
    }

    /// Puts calls back that no worker has begun, oldest first. They go before all others.
    pub fn give_back(&self, calls: impl IntoIterator<Item = TakenCall>) {
        let calls: Vec<_> = calls.into_iter().collect();
        if calls.is_empty() {
            return;
        }
        {
            let mut returned = self.lock_returned();
            for call in calls.into_iter().rev() {
                call.put_at(0);
                returned.push_front(call);
            }
            // SeqCst: a thread that parks enters the list of sleepers and then looks at this, all in
            // one order; so either it sees the calls, or it is woken here.
            self.returned_count.store(returned.len(), Ordering::SeqCst);
        }
        for queue in &*self.queued.queues {
            queue.idle().wake_all();
        }
    }

    /// A thread begins to look for calls.
    pub fn start_search(&self, worker: usize) {
        self.of_worker(worker).idle().start_search();
    }

    /// It has found one, or gives the search up.
    pub fn end_search(&self, worker: usize) {
        self.of_worker(worker).end_search();
    }

    /// A searching thread wants to sleep. False: there is something to do. True: the waker will be
    /// called when there is, and the thread then calls [`unpark`](Self::unpark).
    pub fn park(&self, worker: usize, waker: Waker) -> bool {
        let queue = self.of_worker(worker);
        if !queue.park(worker, waker) {
            return false;
        }
        // SeqCst: see `give_back`.
        if self.returned_count.load(Ordering::SeqCst) > 0 {
            queue.idle().unpark(worker);
            return false;
        }
        true
    }

    /// A parked thread searches again, whoever woke it.
    pub fn unpark(&self, worker: usize) {
        self.of_worker(worker).idle().unpark(worker);
    }

    /// Whether a call came since somebody looked. One load: for spinning.
    #[inline]
    #[must_use]
    pub fn has_pushed(&self, worker: usize) -> bool {
        self.of_worker(worker).has_pushed()
    }

    /// Takes no more calls. Those that are in it stay.
    pub fn close(&self) {
        self.queued.close();
    }

    /// Whether it takes calls.
    #[must_use]
    pub fn is_closed(&self, worker: usize) -> bool {
        self.of_worker(worker).is_closed()
    }

    /// Whether nothing waits for this worker.
    #[must_use]
    pub fn is_empty(&self, worker: usize) -> bool {
        // SeqCst: see `give_back`.
        self.returned_count.load(Ordering::SeqCst) == 0 && !self.of_worker(worker).has_calls()
    }

    /// Fails what waits as stopped.
    pub fn refuse(&self) {
        self.queued.refuse();
        let returned = std::mem::take(&mut *self.lock_returned());
        self.returned_count.store(0, Ordering::SeqCst);
        drop(returned);
    }

    /// How many calls wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queued.queued() + self.lock_returned().len()
    }

    /// How many calls the balancer gave each worker, where there is one.
    pub(crate) fn given(&self) -> Option<Vec<u64>> {
        self.queued.given()
    }

    /// A worker is given up: what waits for it alone goes to the others. True if it was the last.
    pub(crate) fn abandon(&self, worker: usize) -> Vec<TakenCall> {
        let queue = self.of_worker(worker);
        queue.close();
        let mut left = Vec::new();
        while let Some(call) = queue.take() {
            left.extend(RemoteCall::new(call, None).take());
        }
        left
    }

    /// Whether each worker has a queue of its own.
    pub(crate) fn is_divided(&self) -> bool {
        self.queued.queues.len() > 1
    }
}

impl std::fmt::Debug for RemoteQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteQueue").field("waiting", &self.waiting()).finish()
    }
}
