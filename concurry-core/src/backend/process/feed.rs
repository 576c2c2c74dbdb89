//! Feeding a process with calls, and taking its results, until it ends.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use super::bell::Rung;
use super::connection::{Came, Connection};
use super::lending::Looks;
use super::link::{End, Link};
use super::notes::Note;
use super::recycle::Recycling;
use super::watch::{Trouble, Watch};
use super::window::Window;
use crate::error::WorkerDeath;
use crate::remote::{CallTable, LimitDesk, Outcomes, TakenCall};
use crate::wire::{Kind, Pace};

/// A process that is being fed.
#[derive(Debug)]
pub(super) struct Feed {
    /// Calls that it has and has not answered.
    pub(super) table: CallTable,
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
    /// The last call that was taken stands for those of a map.
    pub(super) of_map: bool,
    /// Whether it has calls that were sent.
    pub(super) is_busy: bool,
    /// Something came that no worker of ours sends.
    pub(super) trouble: Option<String>,
    /// A call was done.
    pub(super) has_succeeded: bool,
    /// How many calls were sent by their callers' own threads.
    pub(super) visits: u64,
    pub(super) searching: bool,
    pub(super) finishing: bool,
    pub(super) told_to_stop: bool,
}

/// How a look at everything ended.
enum Turn {
    /// There is more to do.
    Again,
    /// There is nothing to do until somebody calls.
    Sleep,
    /// The process has ended. `None`: as it was told.
    Ended(Option<WorkerDeath>),
}

impl Link {
    /// Feeds a process until it ends.
    pub(super) fn serve(&mut self, connection: Connection) -> End {
        let window = match self.line.one_at_a_time {
            true => Window::adaptive(),
            false => Window::fixed(self.overlapping()),
        };
        self.line.mailbox.use_recorder(Some(Arc::clone(&connection.process.recorder)));
        let feed = Feed {
            table: std::mem::take(&mut self.table),
            connection,
            window,
            watch: Watch::new(&self.line.options),
            recycling: Recycling::new(&self.line.options),
            desk: self.line.pool.limit_desk(self.line.waker.clone()),
            writing: None,
            taken_back: None,
            waits_alone: None,
            runs_alone: false,
            runs_sync: None,
            outcomes: Outcomes::default(),
            taken: VecDeque::new(),
            pace: Pace::default(),
            of_map: false,
            is_busy: false,
            trouble: None,
            has_succeeded: false,
            visits: 0,
            searching: false,
            finishing: false,
            told_to_stop: false,
        };
        let (feed, cause) = self.feed(Box::new(feed));
        if feed.has_succeeded {
            self.restarts.succeeded();
        }
        if feed.searching {
            self.line.pool.queue().end_search(self.line.worker);
        }
        self.line.mailbox.use_recorder(None);
        let over = cause.is_none() || feed.told_to_stop;
        self.bury(*feed, cause.unwrap_or(WorkerDeath::Overdue));
        if over { End::Finished } else { End::Died }
    }

    /// The cause: `None` if it has ended as it was told.
    fn feed(&mut self, mut feed: Box<Feed>) -> (Box<Feed>, Option<WorkerDeath>) {
        let mut stopping = self.line.pool.stopping();
        let mut looks = Looks::default();
        loop {
            self.line.mailbox.waker.reset();
            self.line.handover.rouser.reset();
            let sleep = match self.turn(&mut feed, &mut stopping) {
                Turn::Ended(cause) => return (feed, cause),
                Turn::Again => continue,
                Turn::Sleep => looks.sleep(&feed),
            };
            feed.connection.listen_to_all();
            let bell = Arc::clone(&feed.connection.bell);
            let ended = if self.line.may_lend(&feed) {
                let (back, ended) = self.line.lend(feed, &bell, sleep);
                feed = back;
                ended
            } else {
                bell.wait(sleep) == Rung::Ended
            };
            if feed.searching {
                self.line.pool.queue().unpark(self.line.worker);
            }
            if ended {
                let cause = self.ended(&mut feed);
                return (feed, cause);
            }
        }
    }

    /// Does what there is to do, without waiting.
    fn turn(&mut self, feed: &mut Feed, stopping: &mut (impl Future<Output = ()> + Unpin)) -> Turn {
        let waker = self.line.waker.clone();
        self.heed_notes(feed);
        let mut context = Context::from_waker(&waker);
        if !feed.told_to_stop && Pin::new(stopping).poll(&mut context).is_ready() {
            self.stop(feed);
        }
        let Feed { desk, connection, .. } = &mut *feed;
        desk.poll(|kind, number, body| connection.process.answer(kind, number, &body));
        // Results first: they make room for calls, and all of it is written at once.
        let trouble = feed.trouble.take();
        let received = match trouble.map_or_else(|| self.line.receive(feed), Err) {
            Ok(received) => received,
            Err(message) => {
                feed.connection.process.kill();
                return Turn::Ended(Some(WorkerDeath::Lost { message }));
            }
        };
        if received == Came::End {
            return Turn::Ended(self.ended(feed));
        }
        self.replace_if_due(feed);
        self.line.send_calls(feed);
        if !feed.connection.flush() {
            return Turn::Ended(self.ended(feed));
        }
        let written = !feed.connection.writer.has_blocks() && feed.writing.take().is_some();
        match feed.watch.look(&feed.table, &feed.connection.process, &waker) {
            None => {}
            Some(Trouble::Silent) => self.ask(feed),
            Some(Trouble::Deadly(cause)) => {
                feed.connection.process.kill();
                return Turn::Ended(Some(cause));
            }
        }
        if received == Came::More || written || feed.connection.moves_blocks() {
            return Turn::Again;
        }
        if feed.table.is_empty() && feed.waits_alone.is_none() {
            feed.is_busy = false;
            if !feed.finishing && (feed.told_to_stop || self.is_drained()) {
                feed.finishing = true;
                feed.watch.finishing();
                let _ = feed.connection.writer.add(Kind::Finish, 0, 0, |_| Ok(()));
                return Turn::Again;
            }
        }
        if self.may_sleep(feed) { Turn::Sleep } else { Turn::Again }
    }

    /// Goes on with the next process, if one is due and this one has answered everything.
    fn replace_if_due(&mut self, feed: &mut Feed) {
        self.look_after_next(&mut feed.recycling, &feed.connection.bell);
        let Some(next) = feed.recycling.take(feed.table.is_empty()) else { return };
        self.line.mailbox.use_recorder(Some(Arc::clone(&next.process.recorder)));
        let old = std::mem::replace(&mut feed.connection, next);
        feed.recycling = Recycling::new(&self.line.options);
        feed.desk = self.line.pool.limit_desk(self.line.waker.clone());
        (feed.is_busy, feed.pace) = (false, Pace::default());
        self.retire(old);
    }

    fn is_drained(&self) -> bool {
        let queue = self.line.pool.queue();
        queue.is_closed(self.line.worker) && queue.is_empty(self.line.worker)
    }

    /// What other threads want.
    fn heed_notes(&mut self, feed: &mut Feed) {
        let mut notes = self.line.mailbox.take_notes();
        if feed.writing.is_none() {
            notes.extend(feed.taken_back.take().map(Note::TakenBack));
        }
        for note in notes {
            match note {
                Note::TakenBack(number) if feed.writing == Some(number) => {
                    feed.taken_back = Some(number);
                }
                Note::TakenBack(number) => {
                    if let Some(call) = feed.table.remove(number) {
                        // Its user has cancelled it, so it is over.
                        drop(self.line.pool.take_back(self.line.worker, call));
                    }
                }
                Note::Cancel(number) => self.cancel(feed, number),
            }
        }
    }

    fn cancel(&mut self, feed: &mut Feed, number: u64) {
        let Some(call) = feed.table.get(number) else { return };
        feed.connection.process.send_urgent(Kind::Cancel, number, &[]);
        let grace = match call.is_overdue(self.line.pool.clock().now()) {
            true => Some(self.line.options.overdue_grace),
            false => self.line.options.kill_cancelled_after,
        };
        if let Some(grace) = grace {
            feed.watch.end_within(number, grace);
        }
    }

    /// The pool is being stopped: what has not begun fails, what runs is told.
    fn stop(&mut self, feed: &mut Feed) {
        feed.told_to_stop = true;
        feed.watch.stopping(&self.line.pool);
        feed.waits_alone = None;
        feed.connection.process.send_urgent(Kind::Abort, 0, &[]);
        // The newest first, as in `ask`.
        for number in feed.table.numbers().into_iter().rev() {
            let recorder = &feed.connection.process.recorder;
            if feed.writing == Some(number) {
                continue;
            }
            if feed.table.get(number).is_some_and(TakenCall::is_chunk) {
                let (pool, worker) = (&self.line.pool, self.line.worker);
                if let Some(begun) = recorder.take_back_rest(number) {
                    drop(pool.take_back_rest(worker, &mut feed.table, number, begun));
                }
            } else if recorder.take_back(number) {
                drop(feed.table.remove(number));
            }
        }
    }

    /// No result came for a while: the calls behind the running one go elsewhere, and the process
    /// sends what it has.
    fn ask(&mut self, feed: &mut Feed) {
        feed.connection.process.send_urgent(Kind::Ping, 0, &[]);
        // What is being written can't come back, and so what stands before it may not.
        if !self.line.one_at_a_time || feed.table.open() < 2 || feed.writing.is_some() {
            return;
        }
        feed.window.collapse();
        let recorder = &feed.connection.process.recorder;
        let (pool, worker) = (&self.line.pool, self.line.worker);
        // Of calls under one number, the first that was not begun.
        let mut parts = Vec::new();
        let taken = feed.table.take_back(|number| {
            if !feed.table.get(number).is_some_and(TakenCall::is_chunk) {
                return recorder.take_back(number);
            }
            let begun = recorder.take_back_rest(number);
            parts.extend(begun.map(|begun| (number, begun)));
            begun == Some(0)
        });
        let mut back = Vec::new();
        if let Some(&(number, begun)) = parts.last().filter(|(_, begun)| *begun > 0) {
            back.extend(pool.take_back_rest(worker, &mut feed.table, number, begun));
        }
        for number in taken {
            if parts.iter().any(|(part, _)| *part == number) {
                back.extend(pool.take_back_rest(worker, &mut feed.table, number, 0));
            } else if let Some(call) = feed.table.remove(number) {
                back.extend(pool.take_back(worker, call));
            }
        }
        pool.queue().give_back(back);
    }

    /// Whether there is nothing to do until somebody calls.
    fn may_sleep(&self, feed: &mut Feed) -> bool {
        let queue = self.line.pool.queue();
        let has_room = self.line.has_room(feed);
        if has_room && !queue.is_closed(self.line.worker) {
            if !feed.searching {
                feed.searching = true;
                queue.start_search(self.line.worker);
            }
            return queue.park(self.line.worker, self.line.waker.clone());
        }
        if feed.searching {
            feed.searching = false;
            queue.end_search(self.line.worker);
        }
        // Nobody wakes it for what another worker gives back now, or takes again: there is either
        // something to do, or it is over.
        !(has_room && feed.table.is_empty())
    }
}
