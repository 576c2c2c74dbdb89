//! What comes back from workers.

use std::io;
use std::time::Instant;

use concurry_core::remote::Received;
use concurry_core::wire::Kind;

use super::Pump;
use super::end::End;
use super::watching::STUCK;
use super::worker::{Stage, Worker};
use crate::protocol::{Brought, brought, garbage};

impl Pump {
    /// An exchange of a worker has ended.
    pub(super) fn returned(&mut self, index: usize, room: u16, body: Vec<u8>) {
        let Some(gateway) = self.gateway.clone() else { return };
        let Worker { exchanges, returns, .. } = &mut self.workers[index];
        let whole = exchanges.end(room, body);
        let received = whole.and_then(|body| returns.add(body)).and_then(|()| {
            while let Some(body) = self.workers[index].returns.next() {
                match brought(&body)? {
                    Some((_, Brought::Output(bytes))) => self.output(index, bytes)?,
                    Some((_, Brought::Log(text))) => self.printed(index, text),
                    Some((_, Brought::Ended(ended, notes))) => {
                        self.died(index, End::of_process(&ended, notes));
                        return Ok(());
                    }
                    Some((_, Brought::InRoom(_))) => return Err(garbage("a room in a room")),
                    None => {}
                }
            }
            Ok(())
        });
        match received {
            // Last, so that what is sent now can go along.
            Ok(()) if self.workers[index].is_alive() => self.workers[index].exchange(&gateway),
            Ok(()) => {}
            Err(error) => self.died(index, End::of_garbage(&error)),
        }
    }

    fn printed(&mut self, index: usize, text: &[u8]) {
        let worker = &mut self.workers[index];
        worker.heard = Instant::now();
        let lines = worker.log.add(text);
        crate::log_lines::print(&lines);
    }

    /// Bytes that a worker wrote: messages, the last of which may be cut.
    pub(super) fn output(&mut self, index: usize, mut bytes: &[u8]) -> io::Result<()> {
        let now = Instant::now();
        self.workers[index].heard = now;
        let (mut done, mut asked) = (0, false);
        let (mut back, mut answers) = (Vec::new(), Vec::new());
        loop {
            // Each message that is there is handled before the next bytes are taken in.
            let Worker { reader, table, restarts, desk, .. } = &mut self.workers[index];
            let received = match reader.take().map_err(garbage)? {
                Some(frame) if frame.header.kind == Kind::LimitRequest => {
                    desk.handle(&frame, table, |kind, number, body| {
                        answers.push((kind, number, body))
                    });
                    continue;
                }
                Some(frame) => {
                    asked |= frame.header.kind == Kind::Pong;
                    self.pool.receive(index, frame, table)
                }
                None if bytes.is_empty() => break,
                None => {
                    reader.read_from(&mut bytes)?;
                    continue;
                }
            };
            match received {
                Received::Done => {
                    done += 1;
                    restarts.succeeded();
                }
                Received::TakenBack(call) => back.extend(call),
                Received::Built(result) => self.built(index, result),
                Received::Unbuilt(message) => {
                    self.died(index, End::of_constructor(message));
                    break;
                }
                _ => {}
            }
        }
        // They were asked for from the newest on.
        back.reverse();
        self.pool.queue().give_back(back);
        self.answer(index, answers);
        let worker = &mut self.workers[index];
        if done > 0 {
            worker.window.returned(done, now);
            worker.ask = now + STUCK;
        } else if asked {
            self.is_slow(index);
        }
        let worker = &mut self.workers[index];
        worker.alone.runs &= !worker.table.is_empty();
        Ok(())
    }

    /// Lets requests about limits go on that had to wait.
    pub(super) fn poll_limits(&mut self) {
        for index in 0..self.workers.len() {
            let mut answers = Vec::new();
            let add = |kind, number, body| answers.push((kind, number, body));
            self.workers[index].desk.poll(add);
            self.answer(index, answers);
        }
    }

    fn answer(&mut self, index: usize, answers: Vec<(Kind, u64, Vec<u8>)>) {
        // Together: a thousand requests that came at once are answered by one exchange.
        if let Some(gateway) = &self.gateway {
            self.workers[index].tell_all(gateway, answers);
        }
    }

    fn built(&mut self, index: usize, result: Result<(), concurry_core::remote::BuiltFailure>) {
        let failure = match result {
            Ok(()) => {
                let worker = &mut self.workers[index];
                worker.stage = Stage::Ready;
                let in_a_row = worker.restarts.started();
                if std::mem::replace(&mut worker.was_built, true) {
                    self.pool.tell_restarted(index, in_a_row);
                } else {
                    (self.report)(index, Ok(()));
                }
                if let Some(gateway) = self.gateway.clone().filter(|_| self.aborted) {
                    self.workers[index].tell(&gateway, Kind::Abort, 0);
                }
                return;
            }
            Err(failure) => failure,
        };
        if self.workers[index].was_built {
            let text = failure.describe();
            self.died(index, End::of_constructor(text));
        } else {
            (self.report)(index, Err(failure));
            self.ended(index);
        }
    }
}
