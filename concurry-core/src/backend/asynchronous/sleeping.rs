//! When an async worker sleeps, and for what it is woken.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;

use super::serving::Serving;
use crate::worker::Worker;

impl<W: Worker, E> Serving<'_, W, E> {
    /// Goes to sleep, if there is nothing to do. False: look again.
    pub(super) fn fall_asleep(&mut self, context: &mut Context<'_>) -> bool {
        let waker = context.waker();
        if self.inbox.set_waker(waker) && Pin::new(&mut self.stopping).poll(context).is_ready() {
            // Nothing that runs will begin to wait for it again.
            let interrupted = self.live.len() == 0 && self.taken.held.is_none();
            if !interrupted {
                return false;
            }
        }
        // Only a worker that could take a call is to be woken for one.
        let mut takes = self.may_begin() && self.taken.held.is_none();
        if takes && self.queue().is_closed() {
            // The last call may have come just before the close, which is news in itself.
            if self.queue().has_calls() || self.running() == 0 {
                return false;
            }
            takes = false;
        }
        let idle = self.queue().idle();
        let index = self.worker.seat.index;
        if takes && !self.parked {
            idle.start_search();
            self.parked = self.queue().park(index, context.waker().clone());
            if !self.parked {
                self.queue().end_search();
                return false;
            }
        } else if takes {
            // It is on the list still, or was woken off it.
            if !idle.is_parked(index) {
                self.parked = false;
                self.queue().end_search();
                return false;
            }
        } else {
            self.leave_sleepers();
        }
        if !self.inbox.fall_asleep() {
            return false;
        }
        // After the mark: a loan that is returned from here on finds it, and wakes.
        if self.lent > 0 && !self.loans.is_empty() {
            self.inbox.stay_awake();
            return false;
        }
        true
    }

    /// Takes no calls for now, so that no submit relies on this worker.
    pub(super) fn leave_sleepers(&mut self) {
        if std::mem::take(&mut self.parked) {
            let idle = self.queue().idle();
            idle.unpark(self.worker.seat.index);
            // It is counted as searching now, by itself or by a wake that it will not use.
            self.queue().end_search();
        }
    }
}
