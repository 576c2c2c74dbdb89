//! A worker as its calls see it: how they get to its process, and their results back.

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::connection::Came;
use super::feed::Feed;
use super::handover::Handover;
use super::notes::{Mailbox, place_of};
use super::options::ProcessOptions;
use crate::remote::{Launch, Received, RemotePool, TakenCall};
use crate::wire::Kind;

/// So many bytes may wait to be written before more calls are encoded.
const WAITING: usize = 256 * 1024;
/// So often in a row it is read before calls are sent again.
const READS: usize = 8;

/// What the thread of a worker shares with callers. Whoever has the [`Feed`] may use it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(super) worker: usize,
    pub(super) pool: RemotePool,
    pub(super) options: ProcessOptions,
    pub(crate) mailbox: Mailbox,
    /// Of the worker's thread.
    pub(super) waker: Waker,
    pub(super) handover: Handover,
    pub(super) one_at_a_time: bool,
    /// Calls may ask for limits.
    pub(super) limited: bool,
}

impl Line {
    pub(crate) fn new(
        worker: usize,
        launch: &Launch,
        options: ProcessOptions,
    ) -> std::io::Result<Arc<Self>> {
        let mailbox = Mailbox::new()?;
        Ok(Arc::new(Self {
            worker,
            pool: launch.pool.clone(),
            options,
            waker: Waker::from(Arc::clone(&mailbox.waker)),
            mailbox,
            handover: Handover::new()?,
            one_at_a_time: launch.one_at_a_time,
            limited: launch.pool.is_limited(),
        }))
    }

    /// Whether the process may have one more call.
    pub(super) fn has_room(&self, feed: &Feed) -> bool {
        !feed.told_to_stop
            && !feed.finishing
            && !feed.recycling.is_ready()
            && !feed.runs_alone
            // Until it has ended, the process begins nothing else.
            && feed.runs_sync.is_none_or(|number| feed.table.get(number).is_none())
            && feed.writing.is_none()
            && feed.table.open() < feed.window.refill_below(feed.of_map)
            && feed.connection.writer.len() < WAITING
    }

    /// Sends as many calls as there are and may be.
    pub(super) fn send_calls(&self, feed: &mut Feed) {
        feed.runs_alone &= !feed.table.is_empty();
        let mut sent = false;
        let mut now = None;
        while self.has_room(feed) {
            let Some(call) = self.next_call(feed) else { break };
            sent = true;
            if call.is_cancelled() {
                let site = call.site();
                call.fail(crate::CallError::Cancelled(site));
                continue;
            }
            if !self.one_at_a_time && call.is_exclusive() {
                if !feed.table.is_empty() {
                    feed.waits_alone = Some(call);
                    break;
                }
                feed.runs_alone = true;
            }
            feed.of_map = call.is_chunk();
            if feed.of_map {
                self.send_chunk(feed, call);
                continue;
            }
            let now = *now.get_or_insert_with(|| self.pool.clock().now());
            self.send(feed, call, now);
        }
        // There was less room than it seemed.
        self.pool.queue().give_back(feed.taken.drain(..));
        if sent && feed.searching {
            feed.searching = false;
            self.pool.queue().end_search(self.worker);
        }
    }

    fn next_call(&self, feed: &mut Feed) -> Option<TakenCall> {
        if let Some(waiting) = feed.waits_alone.take() {
            return Some(waiting);
        }
        if feed.taken.is_empty() {
            // Calls that overlap are looked at one by one: each decides what may follow it.
            let room = feed.window.size() - feed.table.open();
            let most = if self.one_at_a_time { room } else { 1 };
            self.pool.queue().take_many(self.worker, most, &mut feed.taken);
        }
        feed.taken.pop_front()
    }

    /// Adds a call to what is written to the process. `now` is of the pool's clock.
    pub(super) fn send(&self, feed: &mut Feed, call: TakenCall, now: Instant) {
        let number = feed.table.next_number();
        if !self.one_at_a_time && !call.is_async() {
            feed.runs_sync = Some(number);
        }
        feed.connection.process.recorder.send(number);
        // A cancel from here on finds it.
        call.put_at(place_of(self.worker, number));
        let writer = &mut feed.connection.writer;
        // SAFETY: while large arguments wait to be written, `writing` keeps the call in the table;
        // when the process dies the writer is cleared before the table.
        let sent = unsafe { self.pool.send(self.worker, call, &mut feed.table, writer, now) };
        if sent.is_none() {
            feed.runs_alone = false;
            return;
        }
        self.sent(feed, number);
    }

    /// Adds as many calls of a map as the process may have ahead.
    fn send_chunk(&self, feed: &mut Feed, call: TakenCall) {
        let room = feed.window.size() - feed.table.open();
        let Feed { table, connection, taken, .. } = &mut *feed;
        let writer = &mut connection.writer;
        // SAFETY: as in `send`.
        let sent = unsafe { self.pool.send_chunk(self.worker, call, room, table, writer, taken) };
        let Some((number, calls)) = sent else { return };
        // It is written later, so the process does not look before this is noted.
        connection.process.recorder.send_several(number, calls);
        self.sent(feed, number);
    }

    fn sent(&self, feed: &mut Feed, number: u64) {
        if feed.connection.writer.has_blocks() {
            feed.writing = Some(number);
        }
        if !feed.is_busy {
            feed.is_busy = true;
            feed.watch.busy(Instant::now());
        }
    }

    /// Takes what has come. `Err`: it is nothing that a worker of ours sends.
    pub(super) fn receive(&self, feed: &mut Feed) -> Result<Came, String> {
        let (mut came, mut heard, mut answered) = (Came::Nothing, false, 0);
        for _ in 0..READS {
            came = feed.connection.read();
            if came == Came::Nothing {
                break;
            }
            heard = true;
            answered += self.handle(feed)?;
            if came != Came::More {
                break;
            }
        }
        if !heard {
            return Ok(came);
        }
        feed.watch.heard(Instant::now(), answered > 0);
        if answered > 0 {
            let pace = feed.connection.process.recorder.noted_pace();
            let time = Duration::from_nanos(pace.nanos.saturating_sub(feed.pace.nanos));
            let calls = pace.calls.saturating_sub(feed.pace.calls);
            feed.window.answered(calls, time);
            feed.pace = pace;
            feed.recycling.answered(answered, &feed.connection);
            feed.is_busy &= !feed.table.is_empty();
        }
        Ok(came)
    }

    /// Handles the messages that are there as a whole. How many were results.
    pub(super) fn handle(&self, feed: &mut Feed) -> Result<usize, String> {
        let mut results = 0;
        loop {
            let frame = match feed.connection.reader.take() {
                Ok(Some(frame)) => frame,
                Ok(None) => {
                    feed.outcomes.publish();
                    return Ok(results);
                }
                Err(error) => return Err(error.to_string()),
            };
            if matches!(frame.header.kind, Kind::Result | Kind::Results)
                && feed.writing == Some(frame.header.call)
            {
                return Err("it answered a call that was not sent yet".to_owned());
            }
            if frame.header.kind == Kind::LimitRequest {
                let process = &feed.connection.process;
                feed.desk.handle(&frame, &feed.table, |kind, number, body| {
                    process.answer(kind, number, &body);
                });
                continue;
            }
            let outcomes = &mut feed.outcomes;
            match self.pool.receive_into(self.worker, frame, &mut feed.table, outcomes) {
                Received::Done => {
                    results += 1;
                    feed.has_succeeded = true;
                }
                Received::Several(calls) => {
                    results += calls;
                    feed.has_succeeded |= calls > 0;
                }
                Received::Unbuilt(message) => return Err(message),
                _ => {}
            }
        }
    }
}
