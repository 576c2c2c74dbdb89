//! One async worker: a task that owns its state and polls its calls itself.

use std::sync::Arc;

use super::serving::{End, Serving, Taken};
use super::state::SharedState;
use crate::backend::{Startup, construct_caught, drop_caught, restart};
use crate::queue::CallQueue;
use crate::shared::Seat;
use crate::worker::{Construct, Worker};

/// What an async worker is made of.
pub(crate) struct AsyncWorker<W, E> {
    pub(crate) seat: Arc<Seat>,
    pub(crate) queues: Arc<[CallQueue<W>]>,
    pub(crate) construct: Box<dyn Construct<W, E>>,
    /// How many `&self` calls may overlap.
    pub(crate) concurrency: usize,
    /// Sync methods go to blocking threads, because the state is `Send + Sync`. Otherwise they run
    /// right here, on a thread that no other worker has.
    pub(crate) lends: bool,
}

impl<W: Worker, E: Send + 'static> AsyncWorker<W, E> {
    /// The worker's whole life.
    pub(crate) async fn run(self, startup: Arc<Startup<E>>) {
        let pool = Arc::clone(&self.seat.pool);
        match construct_caught(&*self.construct).await {
            Ok(state) => {
                startup.report(self.seat.index, Ok(()));
                drop(startup);
                self.serve_and_rebuild(state).await;
            }
            Err(failure) => startup.report(self.seat.index, Err(failure)),
        }
        drop_caught(self);
        pool.worker_ended();
    }

    async fn serve_and_rebuild(&self, state: W) {
        let mut state = SharedState::new(state);
        let mut panics_in_a_row = 0;
        let mut taken = Taken::default();
        loop {
            let mut serving = Serving::new(self, state, taken);
            // A worker polls thousands of calls; the budget of one tokio task is not meant for it.
            let end = tokio::task::unconstrained(&mut serving).await;
            if serving.succeeded {
                panics_in_a_row = 0;
            }
            taken = std::mem::take(&mut serving.taken);
            // With it goes the state, whose destructor is the user's code.
            drop_caught(serving);
            if end == End::Closed {
                return;
            }
            let (seat, queues) = (&self.seat, &self.queues);
            match restart::rebuild(seat, queues, &*self.construct, &mut panics_in_a_row).await {
                Some(rebuilt) => state = SharedState::new(rebuilt),
                None => return,
            }
        }
    }
}
