//! What the pool does with calls of a map that are with a worker together.

use std::collections::VecDeque;

use super::{CallTable, Death, Received, RemotePool, Rest, TakenCall};
use crate::wire::{Frame, FrameWriter};

impl RemotePool {
    /// Adds calls that a map made, at most so many, to the messages for a worker and to its table. Gives
    /// their number and how many they are. `None`: there are none, or none can be encoded. Those that
    /// were to go first and do not are put in front of `left`.
    ///
    /// # Safety
    ///
    /// As [`send`](Self::send).
    pub(crate) unsafe fn send_chunk(
        &self,
        worker: usize,
        mut call: TakenCall,
        most: usize,
        table: &mut CallTable,
        writer: &mut FrameWriter<'static>,
        left: &mut VecDeque<TakenCall>,
    ) -> Option<(u64, usize)> {
        let number = table.next_number();
        let chunk = call.chunk()?;
        match chunk.load(most) {
            None => {}
            Some(Rest::Older(rest)) => left.push_front(rest),
            Some(Rest::Waiting(rest)) => self.queue.put_behind(rest),
        }
        if chunk.open() == 0 {
            return None;
        }
        // SAFETY: by contract, since the calls are in the table then.
        let (sent, failed) = unsafe { chunk.encode(writer, number) };
        // Not all of them go in one message.
        if let Some(rest) = chunk.split_off(sent) {
            left.push_front(rest);
        }
        let counters = &self.shared.workers[worker];
        counters.begin_several(sent + failed);
        counters.end_several(0, failed);
        if sent == 0 {
            return None;
        }
        table.insert(call);
        Some((number, sent))
    }

    /// Takes calls back that were sent under one number, from that one on.
    pub(crate) fn take_back_rest(
        &self,
        worker: usize,
        table: &mut CallTable,
        number: u64,
        from: usize,
    ) -> Option<TakenCall> {
        let rest = table.change(number, |chunk| chunk.split_off(from)).flatten()?;
        self.shared.workers[worker].lose_begun(rest.open());
        Some(rest)
    }

    /// Handles the outcomes of some of the calls under a number.
    pub(super) fn receive_several(
        &self,
        worker: usize,
        frame: Frame<'_>,
        table: &mut CallTable,
    ) -> Received {
        let number = frame.header.call;
        let read = table.change(number, |chunk| {
            let counts = chunk.read(frame, worker)?;
            // Before the outcomes are out, so that who has them finds them counted.
            self.shared.workers[worker].end_several(counts.done, counts.failed);
            chunk.publish();
            Ok(counts.done + counts.failed)
        });
        match read {
            None => Received::Unknown,
            Some(Ok(calls)) => Received::Several(calls),
            Some(Err(message)) => Received::Unbuilt(message),
        }
    }

    /// As [`bury`](Self::bury), for the calls of maps: `begun` says how many of those under a number had
    /// begun.
    pub(crate) fn bury_chunks(
        &self,
        worker: usize,
        table: &mut CallTable,
        death: &Death,
        begun: impl Fn(u64) -> usize,
    ) {
        let mut back = Vec::new();
        for number in table.numbers() {
            if !table.get(number).is_some_and(TakenCall::is_chunk) {
                continue;
            }
            back.extend(self.take_back_rest(worker, table, number, begun(number)));
            table.change(number, |chunk| {
                self.shared.workers[worker].end_several(0, chunk.open());
                chunk.bury(worker, death);
            });
        }
        self.queue.give_back(back);
    }
}
