//! What no message tells: workers that are silent, that do not start, or that sit on calls which
//! others could run.

use std::task::Context;
use std::time::{Duration, Instant};

use concurry_core::wire::Kind;

use super::Pump;
use super::end::End;
use super::worker::{Stage, Worker};
use crate::protocol::Order;

/// A worker that has given nothing back for so long is at a slow call. It is asked to send what it has
/// done before, and what waits behind the call goes to others if they have nothing to do.
pub(super) const STUCK: Duration = Duration::from_millis(5);

impl Pump {
    pub(super) fn watch(&mut self, context: &mut Context<'_>) {
        loop {
            let Some(due) = self.workers.iter().filter_map(|worker| self.due(worker)).min() else {
                self.watch = None;
                return;
            };
            // A timer that comes too early is left: one look more does no harm.
            if self.watch.as_ref().is_none_or(|(at, _)| *at > due) {
                self.watch = Some((due, Box::pin(self.clock.sleep_until(due))));
            }
            let timer = self.watch.as_mut().map(|(_, timer)| timer.as_mut());
            if timer.is_none_or(|timer| timer.poll(context).is_pending()) {
                return;
            }
            self.watch = None;
            for index in 0..self.workers.len() {
                self.look_at(index);
            }
        }
    }

    /// When to look at a worker, if nothing happens before.
    fn due(&self, worker: &Worker) -> Option<Instant> {
        match worker.stage {
            Stage::Starting { since, asked: false } if !worker.was_built => {
                Some(since + self.options.start_timeout)
            }
            Stage::Ready | Stage::Finishing if !worker.table.is_empty() => {
                let silent = worker.heard + self.options.silence_timeout;
                let overdue = worker.overdue.map_or(silent, |(_, by)| by);
                Some(worker.ask.min(silent).min(overdue))
            }
            _ => None,
        }
    }

    fn look_at(&mut self, index: usize) {
        let Some(gateway) = self.gateway.clone() else { return };
        let now = Instant::now();
        if self.due(&self.workers[index]).is_none_or(|due| due > now) {
            return;
        }
        let silence = self.options.silence_timeout;
        let worker = &mut self.workers[index];
        if let Stage::Starting { asked, .. } = &mut worker.stage {
            *asked = true;
            return gateway.tell(Order::Resources, worker.link, &());
        }
        if now >= worker.heard + silence {
            return self.died(index, End::of_silence(silence));
        }
        if let Some((number, by)) = worker.overdue
            && now >= by
        {
            worker.overdue = None;
            if worker.table.get(number).is_some() {
                return self.died(index, End::overdue());
            }
        }
        if now >= worker.ask {
            worker.ask = now + silence / 3;
            // What it has done comes along with the answer.
            worker.tell(&gateway, Kind::Ping, 0);
        }
    }

    /// A worker has answered and has done nothing since it was asked: so it is at a slow call, and it is
    /// not only the way that is slow. What it has not begun goes to somebody else who has nothing to do.
    pub(super) fn is_slow(&mut self, index: usize) {
        let Some(gateway) = self.gateway.clone() else { return };
        let idle = |worker: &Worker| worker.table.is_empty() && worker.room() > 0;
        let others = self.workers.iter().any(idle);
        let ahead = self.workers[index].table.len().saturating_sub(self.overlapping);
        if ahead == 0 {
            return;
        }
        let many = self.workers.len() > 1;
        let worker = &mut self.workers[index];
        if self.launch.one_at_a_time {
            worker.window.collapse();
        }
        if others {
            let numbers = worker.table.numbers().into_iter().rev().take(ahead);
            let back = numbers.map(|number| (Kind::TakeBack, number, Vec::new()));
            worker.tell_all(&gateway, back);
        } else if many {
            // Somebody may have nothing to do soon.
            worker.ask = Instant::now() + 4 * STUCK;
        }
    }
}
