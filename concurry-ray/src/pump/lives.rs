//! Deaths of workers, and the end of the pool.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use concurry_core::remote::{BuiltFailure, Death, Remains};
use concurry_core::wire::Kind;

use super::Pump;
use super::end::End;
use super::starting::SLOTS;
use super::worker::Stage;
use crate::protocol::Order;

/// How many workers one call may end. Then it is not tried again.
const QUARANTINE_AFTER: u32 = 3;

impl Pump {
    /// A worker is no more. Its calls end or go to others, and it is started again.
    pub(super) fn died(&mut self, index: usize, end: End) {
        self.bury(index, &end);
        let worker = &mut self.workers[index];
        if matches!(worker.stage, Stage::Finishing) || self.pool.is_stopping() {
            return self.ended(index);
        }
        if !worker.was_built {
            (self.report)(index, Err(BuiltFailure::Gone(end.text)));
            return self.ended(index);
        }
        if !matches!(worker.stage, Stage::Ready) {
            return self.start_failed(index, &end.text);
        }
        worker.deaths += 1;
        if self.options.max_restarts.is_some_and(|most| worker.deaths > most) {
            let deaths = worker.deaths;
            let text = format!("it died {deaths} times, at last because {}", end.text);
            self.pool.give_up(index, deaths, &text);
            return self.ended(index);
        }
        let wait = worker.restarts.after_death();
        self.wait_to_start(index, wait);
    }

    /// A worker that died could not be started again.
    pub(super) fn start_failed(&mut self, index: usize, text: &str) {
        let restarts = &mut self.workers[index].restarts;
        match restarts.after_failed_start() {
            Some(wait) => self.wait_to_start(index, wait),
            None => {
                let failures = restarts.failed_starts();
                self.pool.give_up(index, failures, text);
                self.ended(index);
            }
        }
    }

    /// On the pool's clock, as in every mode.
    fn wait_to_start(&mut self, index: usize, wait: Duration) {
        let timer = Box::pin(self.pool.clock().sleep(wait));
        self.workers[index].stage = Stage::Waiting(timer);
        self.mailbox.ring();
    }

    /// Ends the calls of a worker that had begun, and takes the others back.
    fn bury(&mut self, index: usize, end: &End) {
        let worker = &mut self.workers[index];
        let lines = worker.log.end();
        crate::log_lines::print(&lines);
        let link = std::mem::take(&mut worker.link);
        self.links.remove(&link);
        if let Some(gateway) = &self.gateway {
            if end.process_lives {
                gateway.tell(Order::Kill, link, &());
            }
            if end.actor_lives {
                worker.actor_of = link;
            } else {
                gateway.release(link);
            }
        }
        // What it had finished and not sent is done; what it had not begun is for others.
        let remains = Remains::read(&end.notes, SLOTS);
        self.pool.receive_remains(index, &remains, &mut worker.table);
        self.pool.queue().give_back(worker.alone.waiting.take());
        // What it had acquired comes back.
        worker.desk = self.pool.limit_desk(Waker::from(Arc::clone(&self.mailbox)));
        let death = Death { cause: end.cause.clone(), quarantine_after: QUARANTINE_AFTER };
        self.pool.bury(index, &mut worker.table, &death, |number| remains.begun(number));
        // What went back to the queue is for whoever has room.
        self.mailbox.ring();
    }

    /// Starts workers whose wait is over.
    pub(super) fn start_again(&mut self, context: &mut Context<'_>) {
        for index in 0..self.workers.len() {
            if let Stage::Waiting(timer) = &mut self.workers[index].stage
                && timer.as_mut().poll(context).is_ready()
            {
                self.start(index);
            }
        }
    }

    /// A worker is no more, and is not started again.
    pub(super) fn ended(&mut self, index: usize) {
        let worker = &mut self.workers[index];
        worker.stage = Stage::Ended;
        let links = [std::mem::take(&mut worker.link), std::mem::take(&mut worker.actor_of)];
        for link in links.into_iter().filter(|link| *link != 0) {
            self.links.remove(&link);
            if let Some(gateway) = &self.gateway {
                gateway.release(link);
            }
        }
    }

    /// Passes a stop on that does not wait for calls.
    pub(super) fn stop_if_told(&mut self, context: &mut Context<'_>) {
        if !self.pool.is_stopping() {
            return;
        }
        let gateway = self.gateway.clone();
        if !std::mem::replace(&mut self.aborted, true) {
            for index in 0..self.workers.len() {
                match (&self.workers[index].stage, &gateway) {
                    (Stage::Ready | Stage::Finishing, Some(gateway)) => {
                        self.workers[index].tell(gateway, Kind::Abort, 0);
                    }
                    // What is being built is told when it is, unless that takes too long.
                    (Stage::Ended | Stage::Building, _) => {}
                    // Nothing of it has to end.
                    _ => self.ended(index),
                }
            }
            self.grace = Some(Box::pin(self.clock.sleep(self.pool.grace())));
        }
        let over = self.grace.as_mut().is_some_and(|grace| grace.as_mut().poll(context).is_ready());
        if over {
            self.grace = None;
            for index in 0..self.workers.len() {
                if !matches!(self.workers[index].stage, Stage::Ended) {
                    self.end_by_force(index);
                }
            }
        }
    }

    /// Ends a worker that does not end by itself, and its calls as stopped.
    fn end_by_force(&mut self, index: usize) {
        let worker = &mut self.workers[index];
        if let Some(gateway) = &self.gateway {
            gateway.tell(Order::Kill, worker.link, &());
        }
        worker.alone.waiting = None;
        for number in worker.table.numbers() {
            // Dropped, it fails as stopped.
            drop(worker.table.remove(number));
        }
        self.ended(index);
    }

    /// Tells workers to end when there is nothing left for them.
    pub(super) fn finish_if_drained(&mut self) {
        let Some(gateway) = self.gateway.clone() else {
            if self.pool.is_draining() && self.pool.queue().waiting() == 0 {
                self.end_absent();
            }
            return;
        };
        if !self.pool.is_draining() {
            return;
        }
        for index in 0..self.workers.len() {
            let queue = self.pool.queue();
            let worker = &mut self.workers[index];
            if !worker.table.is_empty() || !queue.is_closed(index) || !queue.is_empty(index) {
                continue;
            }
            match worker.stage {
                Stage::Ready => {
                    worker.tell(&gateway, Kind::Finish, 0);
                    worker.stage = Stage::Finishing;
                }
                // With nothing to do, it is not needed any more.
                Stage::Waiting(_) | Stage::Absent => self.ended(index),
                Stage::Starting { .. } | Stage::Building if worker.was_built => self.ended(index),
                _ => {}
            }
        }
    }

    fn end_absent(&mut self) {
        for index in 0..self.workers.len() {
            if matches!(self.workers[index].stage, Stage::Waiting(_) | Stage::Absent) {
                self.ended(index);
            }
        }
    }
}
