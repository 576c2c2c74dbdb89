//! Calls on their way to the workers: packed by what is there, spread by who has least.

use std::time::Instant;

use super::Pump;
use super::watching::STUCK;
use super::worker::Worker;
use crate::place;
use crate::protocol::INLINE;

/// No more calls go to one worker before the others get some.
const QUANTUM: usize = 256;

/// Calls that leave for a worker together.
#[derive(Default)]
struct Pack {
    messages: Vec<u8>,
    /// The shared values that the worker gets before them.
    values: Vec<u64>,
}

impl Pump {
    /// Gives each worker calls while it has room and there are some. What one gets leaves in one pack.
    ///
    /// Calls are dealt in rounds: one for each worker, then two, then four, so that few calls are
    /// spread evenly and many are not handed out one by one.
    pub(super) fn dispatch(&mut self) {
        let Some(gateway) = self.gateway.clone() else { return };
        let now = Instant::now();
        let mut packs: Vec<Pack> = Vec::new();
        let mut quantum = 1;
        loop {
            let mut dealt = false;
            // Dealing moves `next` on.
            let first = self.next;
            for turn in 0..self.workers.len() {
                let index = (first + turn) % self.workers.len();
                let room = self.workers[index].room().min(quantum);
                if room == 0 {
                    continue;
                }
                packs.resize_with(self.workers.len(), Pack::default);
                dealt |= self.fill(index, room, &mut packs[index], now);
            }
            if !dealt {
                break;
            }
            quantum = (quantum * 2).min(QUANTUM);
        }
        for (worker, pack) in self.workers.iter_mut().zip(packs) {
            if !pack.messages.is_empty() {
                worker.send_with(&gateway, pack.messages, pack.values);
            }
        }
    }

    /// Puts calls into a pack. False: there were none, or it is full.
    fn fill(&mut self, index: usize, calls: usize, pack: &mut Pack, now: Instant) -> bool {
        let mut filled = false;
        for _ in 0..calls {
            let Worker { table, window, scratch, alone, ask, heard, .. } = &mut self.workers[index];
            if pack.messages.len() >= INLINE * 3 / 4 {
                break;
            }
            let Some(call) = alone.waiting.take().or_else(|| self.pool.queue().take(index)) else {
                break;
            };
            filled = true;
            if !self.launch.one_at_a_time && call.is_exclusive() {
                if !table.is_empty() {
                    alone.waiting = Some(call);
                    break;
                }
                alone.runs = true;
            }
            if table.is_empty() {
                window.busy(now);
                *heard = now;
                *ask = now + STUCK;
            }
            // A cancel from here on finds it.
            call.put_at(place::of(index, table.next_number()));
            // A call that can't be encoded is over, and took no room.
            let values = self.pool.send_copied(index, call, table, scratch, &mut pack.messages);
            if !values.is_empty() {
                pack.values.extend(self.values_to_bring(index, &values));
            }
        }
        if filled {
            self.next = (index + 1) % self.workers.len();
        }
        filled
    }
}
