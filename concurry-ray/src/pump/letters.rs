//! What the thread of a pool is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use concurry_core::wire::Kind;

use super::end::End;
use super::worker::Stage;
use super::{Pump, starting};
use crate::cluster::{Gateway, Letter};
use crate::place;
use crate::protocol::{Answer, Refusal, Started};

/// How long a sync method may go on after its call's deadline before its process is ended.
const OVERDUE_GRACE: Duration = Duration::from_millis(500);

impl Pump {
    pub(super) fn open(&mut self, letter: Letter) {
        match letter {
            Letter::Gateway(Ok(gateway)) => self.joined(gateway),
            Letter::Gateway(Err(error)) => {
                self.connecting = false;
                self.none_can_start(&error.to_string());
            }
            Letter::Answer { link, answer } if link == self.desk => self.about_program(answer),
            Letter::Answer { link, answer } => {
                if let Some(index) = self.links.get(&link).copied() {
                    self.about_worker(index, answer);
                }
            }
            Letter::GatewayEnded { link, text } => self.gateway_ended(link, &text),
            Letter::Cancelled { place } => self.cancelled(place),
            Letter::ValueGone { number } => self.value_gone(number),
        }
    }

    fn joined(&mut self, gateway: Arc<Gateway>) {
        self.connecting = false;
        self.desk = gateway.next_link();
        if let Err(text) = gateway.attach(self.desk, 0, &self.mailbox) {
            return self.none_can_start(&text);
        }
        self.program = gateway.program(&self.files, self.desk);
        self.gateway = Some(gateway);
        if self.program.is_some() {
            self.start_absent();
        }
    }

    fn about_program(&mut self, answer: Answer) {
        match answer {
            Answer::Stored(stored) => {
                if let Some(gateway) = &self.gateway {
                    gateway.stored(self.files.clone(), stored.program.clone());
                }
                self.program = Some(stored.program);
                self.start_absent();
            }
            Answer::Refused(Refusal { text, .. }) => self.none_can_start(&text),
            _ => {}
        }
    }

    fn about_worker(&mut self, index: usize, answer: Answer) {
        match answer {
            Answer::Started(started) => self.process_started(index, started),
            Answer::Returned { room, body } => self.returned(index, room, body),
            Answer::Lost(refusal) | Answer::Refused(refusal) => {
                self.died(index, End::of_actor(refusal));
            }
            Answer::Resources(resources) => self.no_room(index, &resources),
            Answer::Connected(_) | Answer::Stored(_) => {}
        }
    }

    fn process_started(&mut self, index: usize, started: Started) {
        let Some(gateway) = self.gateway.clone() else { return };
        let hello = self.launch.hello(index, concurry_core::wire::MAX_FRAME, starting::SLOTS);
        let prefix = starting::log_prefix(self.pool.worker_name(), index, &started);
        let shared = std::mem::take(&mut self.launch.shared);
        let values = self.values_to_bring(index, &shared);
        self.launch.shared = shared;
        let worker = &mut self.workers[index];
        worker.log = crate::log_lines::LogLines::new(prefix);
        worker.stage = Stage::Building;
        worker.exchanges.opened(started.shares_memory);
        worker.started = Some(started);
        worker.heard = Instant::now();
        worker.send_with(&gateway, hello, values);
    }

    fn cancelled(&mut self, place: u64) {
        let Some(gateway) = self.gateway.clone() else { return };
        let Some((index, number)) = place::parts(place) else { return };
        let Some(worker) = self.workers.get_mut(index) else { return };
        let Some(call) = worker.table.get(number) else { return };
        if call.is_overdue(self.pool.clock().now()) {
            // It sees that itself; a sync method that does not look at it is ended.
            worker.overdue = Some((number, Instant::now() + OVERDUE_GRACE));
        }
        worker.tell(&gateway, Kind::Cancel, number);
    }

    fn gateway_ended(&mut self, link: u64, text: &str) {
        if self.gateway.take().is_some() {
            self.program = None;
            self.values.clear();
        }
        if let Some(index) = self.links.get(&link).copied() {
            self.died(index, End::of_gateway(text));
        } else if link == self.desk {
            let absent = |stage: &Stage| matches!(stage, Stage::Absent);
            if self.workers.iter().any(|worker| absent(&worker.stage)) {
                self.none_can_start(text);
            }
        }
    }
}
