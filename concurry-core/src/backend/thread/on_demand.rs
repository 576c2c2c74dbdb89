//! On-demand pools: every call gets a worker of its own, built for it and dropped after it.
//!
//! Threads start when a call finds none free, up to the pool's bound, and end when the queue is
//! empty. Nothing waits at the caller.

use std::sync::{Arc, Mutex};

use crate::CallError;
use crate::backend::{construct_caught, drop_caught, runtime};
use crate::error::{WorkerDeath, WorkerDied};
use crate::future::Call;
use crate::future::Ran;
use crate::panics;
use crate::queue::{CallQueue, Closed};
use crate::shared::{Seat, Stage, blocking::PoolThreads, spawn_detached};
use crate::sync::lock;
use crate::worker::{Construct, Worker};

/// Starts and ends the threads of an on-demand pool.
pub(crate) struct OnDemand<W, E> {
    pub(crate) queue: CallQueue<W>,
    /// One for each seat, taken out by the thread that has the seat. Never held over foreign code.
    constructors: Box<[Mutex<Option<Box<dyn Construct<W, E>>>>]>,
    pub(crate) threads: Arc<PoolThreads>,
    pub(crate) seats: Box<[Arc<Seat>]>,
    /// Which seats are taken. Never held over foreign code.
    free_seats: Mutex<Vec<usize>>,
}

impl<W: Worker, E: Send + 'static> OnDemand<W, E> {
    pub(crate) fn new(
        construct: Box<dyn Construct<W, E>>,
        seats: Box<[Arc<Seat>]>,
        threads: Arc<PoolThreads>,
    ) -> Self {
        Self {
            queue: CallQueue::new(0),
            constructors: seats.iter().map(|_| Mutex::new(Some(construct.duplicate()))).collect(),
            threads,
            free_seats: Mutex::new((0..seats.len()).rev().collect()),
            seats,
        }
    }

    /// Queues a call, and starts a thread for it if the bound allows.
    pub(crate) fn push(self: &Arc<Self>, call: Call<W>) -> Result<(), Closed<W>> {
        self.queue.push(call)?;
        let seat = lock(&self.free_seats).pop();
        if let Some(seat) = seat {
            self.start(seat);
        }
        Ok(())
    }

    /// Takes no more calls. Without a thread at work, this is the end of the pool.
    pub(crate) fn close(&self) {
        self.queue.close();
        self.end_if_idle();
    }

    /// Fails what waits as stopped.
    pub(crate) fn refuse(&self) {
        while let Some(call) = self.queue.take() {
            drop(call);
        }
        self.end_if_idle();
    }

    fn end_if_idle(&self) {
        let idle = lock(&self.free_seats).len() == self.seats.len();
        if idle && self.queue.is_closed() && !self.queue.has_calls() {
            self.seats[0].pool.shutdown.advance(Stage::Ended);
        }
    }

    fn start(self: &Arc<Self>, index: usize) {
        let this = Arc::clone(self);
        let name = format!("{}-{index}", this.seats[index].pool.worker_name);
        let spawned = spawn_detached(name, move || this.run(index));
        if let Err(error) = spawned {
            let idle = {
                let mut free = lock(&self.free_seats);
                free.push(index);
                free.len() == self.seats.len()
            };
            // Threads that are at work take the call later. Without any, nobody would.
            if idle {
                let message = error.to_string();
                while let Some(call) = self.queue.take() {
                    abandon(call, index, &message);
                }
                self.end_if_idle();
            }
        }
    }

    fn run(self: Arc<Self>, index: usize) {
        let seat = &self.seats[index];
        self.threads.mark_current_thread();
        let _scope = runtime::Scope::enter(&seat.pool);
        loop {
            let construct = lock(&self.constructors[index]).take();
            while let Some(construct) = &construct
                && let Some(call) = self.queue.take()
            {
                // Whatever happens to one call, the seat is given back.
                panics::contain(|| self.run_one(seat, call, &**construct));
            }
            *lock(&self.constructors[index]) = construct;
            lock(&self.free_seats).push(index);
            // A call that came after the last look may have found no free seat.
            let again = self.queue.has_calls() && {
                let mut free = lock(&self.free_seats);
                let own = free.iter().position(|&free| free == index);
                own.map(|place| free.swap_remove(place)).is_some()
            };
            if !again {
                self.end_if_idle();
                return;
            }
        }
    }

    fn run_one(&self, seat: &Arc<Seat>, call: Call<W>, construct: &dyn Construct<W, E>) {
        if seat.pool.shutdown.stage() >= Stage::Stopping {
            return; // dropping the call fails it as stopped
        }
        let mut worker = match runtime::block_on(construct_caught(construct)) {
            Ok(worker) => worker,
            Err(failure) => return abandon(call, seat.index, &failure.describe()),
        };
        if let Some(call) = call.claim() {
            let counters = &seat.pool.workers[seat.index];
            counters.begin();
            // SAFETY: the worker was built for this call alone.
            let (ran, outcome) = unsafe { call.run(&raw mut worker, seat) };
            counters.end(ran != Ran::Done);
            drop_caught(worker);
            outcome.publish();
        }
    }
}

fn abandon<W>(call: Call<W>, worker: usize, message: &str) {
    if let Some(claimed) = call.claim() {
        let site = claimed.claimed.site();
        let cause = WorkerDeath::Constructor { failures: 1, message: message.to_owned() };
        let died = WorkerDied { site, worker, cause, attempt: 1 };
        claimed.claimed.abandon(CallError::WorkerDied(Box::new(died)));
    }
}
