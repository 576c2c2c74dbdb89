//! A caller's own thread does what the thread of a process would do, if the call is alone.

use std::sync::Arc;
use std::task::Wake;

use rustix::event::{PollFd, PollFlags, poll};

use super::connection::{Came, Interest};
use super::feed::Feed;
use super::line::Line;
use crate::remote::RemoteCall;
use crate::shared::unheard::Unheard;
use crate::spin;

impl Line {
    /// Sends a call from its caller's thread, if the process has nothing to do. Otherwise gives it back.
    pub(super) fn send_directly(&self, call: RemoteCall) -> Result<(), RemoteCall> {
        if !self.handover.is_idle() {
            return Err(call);
        }
        let Some(mut visit) = self.handover.borrow(None) else { return Err(call) };
        let Some(feed) = visit.feed() else { return Err(call) };
        let queue = self.pool.queue();
        // Older calls go first, and a queue that is closed takes none.
        let may = feed.table.is_empty()
            && self.has_room(feed)
            && queue.is_empty(self.worker)
            && !queue.is_closed(self.worker);
        if !may {
            return Err(call);
        }
        let Some(call) = call.take() else { return Ok(()) };
        self.send(feed, call, self.pool.clock().now());
        feed.visits += 1;
        if self.limited {
            // What the call asks for has to be heard, also before anybody waits for the call.
            feed.connection.listen(Interest::Read);
        }
        let sent = feed.connection.flush_for_caller() && feed.connection.writer.is_empty();
        if sent {
            // Also its large arguments: the answer may come.
            feed.writing = None;
        }
        drop(visit);
        if !sent {
            self.mailbox.waker.wake_by_ref();
        } else if self.handover.ends_doze() {
            self.handover.rouser.wake_by_ref();
        }
        Ok(())
    }

    /// Waits for the result of a call in the place of the thread, if it is the process's only one.
    /// When it returns the call may be done; if not, nothing is gained by waiting here.
    pub(super) fn attend(&self, number: u64) {
        let mut goes_on = None;
        loop {
            let Some(mut visit) = self.handover.borrow(goes_on) else { return };
            let Some(feed) = visit.feed() else { return };
            if (goes_on.is_some() || feed.connection.has_come()) && self.fetch(feed) {
                drop(visit);
                return self.mailbox.waker.wake_by_ref();
            }
            // Nobody else may have to wait for this thread.
            let alone = feed.table.len() == 1 && feed.table.get(number).is_some();
            if !alone || !feed.connection.writer.is_empty() {
                if feed.table.is_empty() {
                    feed.connection.unheard.get_or_insert_with(Unheard::new);
                } else {
                    feed.connection.listen(Interest::Read);
                }
                return;
            }
            let recorder = Arc::clone(&feed.connection.process.recorder);
            let heard = feed.connection.reader.total();
            // The thread sleeps on while this one waits.
            feed.connection.listen(Interest::Nothing);
            let visitor = &self.handover.visitor;
            visitor.reset();
            let channel = Arc::clone(&feed.connection.process.channel);
            goes_on = Some(visit.stay());
            let comes = || recorder.sent_by_worker() > heard || visitor.is_woken();
            // Often the worker runs in place of this thread as soon as it has the call, and has answered.
            if comes() || spin::caller_of_process(comes) {
                continue;
            }
            let mut watched = [
                PollFd::new(&*channel, PollFlags::IN),
                PollFd::from_borrowed_fd(visitor.descriptor(), PollFlags::IN),
            ];
            let _ = poll(&mut watched, None);
        }
    }

    /// Somebody looks at a call otherwise than by waiting for it.
    pub(super) fn heed(&self) {
        // Where somebody else has it, that is the thread, or somebody who fetches its only result.
        if let Some(mut visit) = self.handover.borrow(None)
            && let Some(feed) = visit.feed()
        {
            feed.connection.listen(Interest::Read);
        }
    }

    /// Takes what has come. True: the thread has to see to it.
    fn fetch(&self, feed: &mut Feed) -> bool {
        match self.receive(feed) {
            Ok(Came::End) => true,
            Ok(_) => feed.recycling.is_due(),
            Err(trouble) => {
                feed.trouble = Some(trouble);
                true
            }
        }
    }
}
