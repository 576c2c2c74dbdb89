//! One worker on its thread: build, serve, rebuild after a panic.

use std::sync::Arc;
use std::task::Waker;

use super::parker::Parker;
use crate::backend::{ConstructFailure, Startup, construct_caught, drop_caught, restart, runtime};
use crate::future::Call;
use crate::future::Ran;
use crate::queue::{Ahead, CallQueue};
use crate::shared::{Seat, Stage, blocking::PoolThreads, spawn_detached};
use crate::spin::{Awake, WorkerSpin};
use crate::worker::{Construct, Worker};

/// A worker with a thread of its own.
pub(crate) struct ThreadWorker<W, E> {
    pub(crate) seat: Arc<Seat>,
    pub(crate) queues: Arc<[CallQueue<W>]>,
    pub(crate) construct: Box<dyn Construct<W, E>>,
    pub(crate) threads: Arc<PoolThreads>,
}

/// Starts the worker's thread. The outcome of its constructor goes to `startup`.
pub(crate) fn spawn<W: Worker, E: Send + 'static>(
    worker: ThreadWorker<W, E>,
    startup: &Arc<Startup<E>>,
) {
    let index = worker.seat.index;
    let pool = Arc::clone(&worker.seat.pool);
    let report = Arc::clone(startup);
    let name = format!("{}-{index}", pool.worker_name);
    let spawned = spawn_detached(name, move || worker.run(report));
    if let Err(error) = spawned {
        startup.report(index, Err(ConstructFailure::Thread(error)));
        pool.worker_ended();
    }
}

/// Why a worker stopped serving.
enum End {
    /// The queue is closed and empty.
    Closed,
    /// A call panicked.
    Panicked,
}

impl<W: Worker, E: Send + 'static> ThreadWorker<W, E> {
    fn run(self, startup: Arc<Startup<E>>) {
        let pool = Arc::clone(&self.seat.pool);
        self.threads.mark_current_thread();
        let scope = runtime::Scope::enter(&pool);
        let built = self.build();
        let (worker, report) = match built {
            Ok(worker) => (Some(worker), Ok(())),
            Err(failure) => (None, Err(failure)),
        };
        startup.report(self.seat.index, report);
        drop(startup);
        if let Some(worker) = worker {
            self.serve_and_rebuild(worker);
        }
        // What the constructor's parameters hold goes before the pool counts as ended.
        drop_caught(self);
        drop(scope);
        pool.worker_ended();
    }

    fn build(&self) -> Result<W, ConstructFailure<E>> {
        runtime::block_on(construct_caught(&*self.construct))
    }

    fn queue(&self) -> &CallQueue<W> {
        &self.queues[self.seat.index % self.queues.len()]
    }

    /// Which of the queue's pockets is this worker's.
    fn place(&self) -> usize {
        if self.queues.len() == 1 { self.seat.index } else { 0 }
    }

    fn serve_and_rebuild(&self, mut worker: W) {
        let (parker, waker) = Parker::new();
        let mut serving = Serving {
            parker: &parker,
            waker,
            spin: WorkerSpin::new(),
            awake: Some(Awake::new()),
            panics_in_a_row: 0,
            ahead: Ahead::default(),
        };
        loop {
            let end = self.serve(&mut worker, &mut serving);
            drop_caught(worker);
            match end {
                End::Closed => return,
                End::Panicked => {
                    let rebuilding = restart::rebuild(
                        &self.seat,
                        &self.queues,
                        &*self.construct,
                        &mut serving.panics_in_a_row,
                    );
                    match runtime::block_on(rebuilding) {
                        Some(rebuilt) => worker = rebuilt,
                        None => return,
                    }
                }
            }
        }
    }

    fn serve(&self, worker: &mut W, serving: &mut Serving<'_>) -> End {
        let pool = &self.seat.pool;
        let counters = &pool.workers[self.seat.index];
        let worker: *mut W = worker;
        while let Some(call) = self.next_call(serving) {
            if pool.shutdown.stage() >= Stage::Stopping {
                drop(call); // which fails it as stopped
                continue;
            }
            let Some(call) = call.claim() else {
                counters.lose();
                continue;
            };
            counters.begin();
            // SAFETY: this thread alone has the worker.
            let (ran, outcome) = unsafe { call.run(worker, &self.seat) };
            // Before the outcome is out, so that who has it finds it counted.
            counters.end(ran != Ran::Done);
            outcome.publish();
            if ran == Ran::Panicked {
                return End::Panicked;
            }
            serving.panics_in_a_row = 0;
        }
        End::Closed
    }

    /// The next call; waits for it. `None`: the queue is closed and empty.
    #[inline]
    fn next_call(&self, serving: &mut Serving<'_>) -> Option<Call<W>> {
        let (queue, place) = (self.queue(), self.place());
        if let Some(call) = queue.next(place, &mut serving.ahead) {
            return Some(call);
        }
        self.search(queue, serving)
    }

    #[cold]
    fn search(&self, queue: &CallQueue<W>, serving: &mut Serving<'_>) -> Option<Call<W>> {
        let place = self.place();
        queue.idle().start_search();
        loop {
            serving.spin.wait_until(|| queue.has_pushed());
            // In this order: once the queue is closed, what it holds is all there will be.
            let closed = queue.is_closed();
            if let Some(call) = queue.next(place, &mut serving.ahead).or_else(|| queue.steal()) {
                queue.end_search();
                return Some(call);
            }
            if closed {
                queue.end_search();
                return None;
            }
            serving.awake = None;
            if queue.park(self.seat.index, serving.waker.clone()) {
                serving.parker.sleep();
                // The wake may be an old one, meant for a call that we found without it: then we
                // are still on the list.
                queue.idle().unpark(self.seat.index);
            }
            serving.awake = Some(Awake::new());
        }
    }
}

/// What a worker carries from one wait to the next.
struct Serving<'p> {
    parker: &'p Parker,
    waker: Waker,
    spin: WorkerSpin,
    awake: Option<Awake>,
    panics_in_a_row: u32,
    ahead: Ahead,
}
