//! Feeding a process with calls, and taking its results, until it ends.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::time::{Duration, Instant};

use super::connection::{Came, Connection};
use super::link::{End, Link};
use super::notes::{Note, place_of};
use super::recycle::Recycling;
use super::watch::{Trouble, Watch};
use super::window::Window;
use crate::error::WorkerDeath;
use crate::remote::{LimitDesk, Outcomes, Received, TakenCall};
use crate::wire::{Kind, Pace};

/// So many bytes may wait to be written before more calls are encoded.
const WAITING: usize = 256 * 1024;
/// So often in a row it is read before calls are sent again.
const READS: usize = 8;

/// A process that is being fed.
pub(super) struct Feed {
    pub(super) connection: Connection,
    pub(super) window: Window,
    pub(super) watch: Watch,
    pub(super) recycling: Recycling,
    pub(super) desk: LimitDesk,
    /// The call whose large arguments are not written yet.
    pub(super) writing: Option<u64>,
    /// Taken back while they were being written.
    pub(super) taken_back: Option<u64>,
    /// Memory for outcomes on their way to their users.
    pub(super) outcomes: Outcomes,
    /// Memory for calls between the queue and the process.
    pub(super) taken: VecDeque<TakenCall>,
    /// How long the process had worked when it was looked at last.
    pub(super) pace: Pace,
    /// An async `&mut self` call that waits until it can run alone.
    pub(super) waits_alone: Option<TakenCall>,
    /// The only call in the table runs alone.
    pub(super) runs_alone: bool,
    /// A sync call of a worker whose other calls overlap.
    pub(super) runs_sync: Option<u64>,
    /// Whether it has calls that were sent.
    pub(super) is_busy: bool,
    pub(super) searching: bool,
    pub(super) finishing: bool,
    pub(super) told_to_stop: bool,
}

impl Link {
    /// Feeds a process until it ends.
    pub(super) fn serve(&mut self, connection: Connection) -> End {
        let window = match self.one_at_a_time {
            true => Window::adaptive(),
            false => Window::fixed(self.overlapping()),
        };
        self.mailbox.use_recorder(Some(Arc::clone(&connection.process.recorder)));
        let mut feed = Feed {
            connection,
            window,
            watch: Watch::new(&self.options),
            recycling: Recycling::new(&self.options),
            desk: self.pool.limit_desk(self.waker.clone()),
            writing: None,
            taken_back: None,
            waits_alone: None,
            runs_alone: false,
            runs_sync: None,
            outcomes: Outcomes::default(),
            taken: VecDeque::new(),
            pace: Pace::default(),
            is_busy: false,
            searching: false,
            finishing: false,
            told_to_stop: false,
        };
        let cause = self.feed(&mut feed);
        if feed.searching {
            self.pool.queue().end_search(self.worker);
        }
        self.mailbox.use_recorder(None);
        let over = cause.is_none() || feed.told_to_stop;
        self.bury(feed, cause.unwrap_or(WorkerDeath::Overdue));
        if over { End::Finished } else { End::Died }
    }

    /// `None`: it has ended as it was told.
    fn feed(&mut self, feed: &mut Feed) -> Option<WorkerDeath> {
        let mut stopping = self.pool.stopping();
        let waker = self.waker.clone();
        loop {
            self.mailbox.waker.reset();
            self.heed_notes(feed);
            let mut context = Context::from_waker(&waker);
            if !feed.told_to_stop && Pin::new(&mut stopping).poll(&mut context).is_ready() {
                self.stop(feed);
            }
            let Feed { desk, connection, .. } = &mut *feed;
            desk.poll(|number, body| {
                connection.process.send_urgent(Kind::LimitReply, number, &body)
            });
            // Results first: they make room for calls, and all of it is written at once.
            let received = match self.receive(feed) {
                Ok(received) => received,
                Err(message) => {
                    feed.connection.process.kill();
                    return Some(WorkerDeath::Lost { message });
                }
            };
            if received == Came::End {
                return self.ended(feed);
            }
            self.replace_if_due(feed);
            self.send_calls(feed);
            if !feed.connection.flush() {
                return self.ended(feed);
            }
            let written = !feed.connection.writer.has_blocks() && feed.writing.take().is_some();
            match feed.watch.look(&self.table, &feed.connection.process, &waker) {
                None => {}
                Some(Trouble::Silent) => self.ask(feed),
                Some(Trouble::Deadly(cause)) => {
                    feed.connection.process.kill();
                    return Some(cause);
                }
            }
            if received == Came::More || written {
                continue;
            }
            if self.table.is_empty() && feed.waits_alone.is_none() {
                feed.is_busy = false;
                if !feed.finishing && (feed.told_to_stop || self.is_drained()) {
                    feed.finishing = true;
                    feed.watch.finishing();
                    let _ = feed.connection.writer.add(Kind::Finish, 0, 0, |_| Ok(()));
                    continue;
                }
            }
            if self.may_sleep(feed) {
                let (waker, timeout) = (&self.mailbox.waker, feed.watch.next(&self.table));
                let ended = feed.connection.sleep(waker, timeout, feed.recycling.building());
                if feed.searching {
                    self.pool.queue().unpark(self.worker);
                }
                if ended {
                    return self.ended(feed);
                }
            }
        }
    }

    /// Goes on with the next process, if one is due and this one has answered everything.
    fn replace_if_due(&mut self, feed: &mut Feed) {
        self.look_after_next(&mut feed.recycling);
        let Some(next) = feed.recycling.take(self.table.is_empty()) else { return };
        self.mailbox.use_recorder(Some(Arc::clone(&next.process.recorder)));
        let old = std::mem::replace(&mut feed.connection, next);
        feed.recycling = Recycling::new(&self.options);
        feed.desk = self.pool.limit_desk(self.waker.clone());
        (feed.is_busy, feed.pace) = (false, Pace::default());
        self.retire(old);
    }

    fn is_drained(&self) -> bool {
        let queue = self.pool.queue();
        queue.is_closed(self.worker) && queue.is_empty(self.worker)
    }

    /// Whether the process may have one more call.
    fn has_room(&self, feed: &Feed) -> bool {
        !feed.told_to_stop
            && !feed.finishing
            && !feed.recycling.is_ready()
            && !feed.runs_alone
            // Until it has ended, the process begins nothing else.
            && feed.runs_sync.is_none_or(|number| self.table.get(number).is_none())
            && feed.writing.is_none()
            && self.table.len() < feed.window.size()
            && feed.connection.writer.len() < WAITING
    }

    /// Sends as many calls as there are and may be.
    fn send_calls(&mut self, feed: &mut Feed) {
        feed.runs_alone &= !self.table.is_empty();
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
                if !self.table.is_empty() {
                    feed.waits_alone = Some(call);
                    break;
                }
                feed.runs_alone = true;
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
            let room = feed.window.size() - self.table.len();
            let most = if self.one_at_a_time { room } else { 1 };
            self.pool.queue().take_many(self.worker, most, &mut feed.taken);
        }
        feed.taken.pop_front()
    }

    /// Adds a call to what is written to the process. `now` is of the pool's clock.
    fn send(&mut self, feed: &mut Feed, call: TakenCall, now: Instant) {
        let number = self.table.next_number();
        if !self.one_at_a_time && !call.is_async() {
            feed.runs_sync = Some(number);
        }
        feed.connection.process.recorder.send(number);
        // A cancel from here on finds it.
        call.put_at(place_of(self.worker, number));
        let writer = &mut feed.connection.writer;
        // SAFETY: while large arguments wait to be written, `writing` keeps the call in the table;
        // when the process dies the writer is cleared before the table.
        let sent = unsafe { self.pool.send(self.worker, call, &mut self.table, writer, now) };
        if sent.is_none() {
            feed.runs_alone = false;
            return;
        }
        if writer.has_blocks() {
            feed.writing = Some(number);
        }
        if !feed.is_busy {
            feed.is_busy = true;
            feed.watch.busy(Instant::now());
        }
    }

    /// Takes what has come. `Err`: it is nothing that a worker of ours sends.
    fn receive(&mut self, feed: &mut Feed) -> Result<Came, String> {
        let mut came = Came::Nothing;
        let mut answered = 0;
        for _ in 0..READS {
            came = feed.connection.read();
            if came == Came::Nothing {
                return Ok(came);
            }
            answered += self.handle(feed)?;
            if came != Came::More {
                break;
            }
        }
        feed.watch.heard(Instant::now(), answered > 0);
        if answered > 0 {
            let pace = feed.connection.process.recorder.noted_pace();
            let time = Duration::from_nanos(pace.nanos.saturating_sub(feed.pace.nanos));
            let calls = pace.calls.saturating_sub(feed.pace.calls);
            feed.window.answered(calls, time);
            feed.pace = pace;
            feed.recycling.answered(answered, &feed.connection);
        }
        Ok(came)
    }

    /// Handles the messages that are there as a whole. How many were results.
    pub(super) fn handle(&mut self, feed: &mut Feed) -> Result<usize, String> {
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
            if frame.header.kind == Kind::Result && feed.writing == Some(frame.header.call) {
                return Err("it answered a call that was not sent yet".to_owned());
            }
            if frame.header.kind == Kind::LimitRequest {
                let process = &feed.connection.process;
                feed.desk.handle(&frame, &self.table, |number, body| {
                    process.send_urgent(Kind::LimitReply, number, &body);
                });
                continue;
            }
            let outcomes = &mut feed.outcomes;
            match self.pool.receive_into(self.worker, frame, &mut self.table, outcomes) {
                Received::Done => {
                    results += 1;
                    self.restarts.succeeded();
                }
                Received::Unbuilt(message) => return Err(message),
                _ => {}
            }
        }
    }

    /// What other threads want.
    fn heed_notes(&mut self, feed: &mut Feed) {
        let mut notes = self.mailbox.take_notes();
        if feed.writing.is_none() {
            notes.extend(feed.taken_back.take().map(Note::TakenBack));
        }
        for note in notes {
            match note {
                Note::TakenBack(number) if feed.writing == Some(number) => {
                    feed.taken_back = Some(number);
                }
                Note::TakenBack(number) => {
                    if let Some(call) = self.table.remove(number) {
                        // Its user has cancelled it, so it is over.
                        drop(self.pool.take_back(self.worker, call));
                    }
                }
                Note::Cancel(number) => self.cancel(feed, number),
            }
        }
    }

    fn cancel(&mut self, feed: &mut Feed, number: u64) {
        let Some(call) = self.table.get(number) else { return };
        feed.connection.process.send_urgent(Kind::Cancel, number, &[]);
        let deadline = call.environment().and_then(|environment| environment.deadline);
        let overdue = deadline.is_some_and(|by| by <= self.pool.clock().now());
        let grace = match overdue {
            true => Some(self.options.overdue_grace),
            false => self.options.kill_cancelled_after,
        };
        if let Some(grace) = grace {
            feed.watch.end_within(number, grace);
        }
    }

    /// The pool is being stopped: what has not begun fails, what runs is told.
    fn stop(&mut self, feed: &mut Feed) {
        feed.told_to_stop = true;
        feed.watch.stopping(&self.pool);
        feed.waits_alone = None;
        feed.connection.process.send_urgent(Kind::Abort, 0, &[]);
        for number in self.table.numbers() {
            if feed.writing != Some(number) && feed.connection.process.recorder.take_back(number) {
                drop(self.table.remove(number));
            }
        }
    }

    /// No result came for a while: the calls behind the running one go elsewhere, and the process
    /// sends what it has.
    fn ask(&mut self, feed: &mut Feed) {
        feed.connection.process.send_urgent(Kind::Ping, 0, &[]);
        // What is being written can't come back, and so what stands before it may not.
        if !self.one_at_a_time || self.table.len() < 2 || feed.writing.is_some() {
            return;
        }
        feed.window.collapse();
        let recorder = &feed.connection.process.recorder;
        let mut back = Vec::new();
        for number in self.table.take_back(|number| recorder.take_back(number)) {
            let call = self.table.remove(number);
            back.extend(call.and_then(|call| self.pool.take_back(self.worker, call)));
        }
        self.pool.queue().give_back(back);
    }

    /// Whether there is nothing to do until somebody calls.
    fn may_sleep(&self, feed: &mut Feed) -> bool {
        let queue = self.pool.queue();
        if self.has_room(feed) && !queue.is_closed(self.worker) {
            if !feed.searching {
                feed.searching = true;
                queue.start_search(self.worker);
            }
            return queue.park(self.worker, self.waker.clone());
        }
        if feed.searching {
            feed.searching = false;
            queue.end_search(self.worker);
        }
        true
    }
}
