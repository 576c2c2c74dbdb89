//! The thread of a process while callers use it: it sleeps, and looks after them now and then.

use std::time::Duration;

use super::bell::{Bell, Rung};
use super::feed::Feed;
use super::line::Line;
use super::watch::Trouble;
use crate::wire::Kind;

/// How often the thread looks after calls that callers send by themselves.
const LOOK_IN: Duration = Duration::from_millis(3);
/// So many looks in a row that find nothing new before it waits to be woken.
const LOOKS: u32 = 10;

/// When the thread looks after calls that come without a word to it.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// How many visits there were before.
    visits: u64,
    /// How many looks are left.
    left: u32,
}

impl Looks {
    /// How long the thread may sleep if nothing happens.
    pub(super) fn sleep(&mut self, feed: &Feed) -> Option<Duration> {
        if std::mem::replace(&mut self.visits, feed.visits) != feed.visits {
            self.left = LOOKS;
        }
        let looks_in = self.left > 0;
        self.left = self.left.saturating_sub(1);
        feed.watch.next(&feed.table).or(looks_in.then_some(LOOK_IN))
    }
}

impl Line {
    /// Sleeps, and lends the feed to callers meanwhile. True: the process has ended.
    pub(super) fn lend(
        &self,
        feed: Box<Feed>,
        bell: &Bell,
        sleep: Option<Duration>,
    ) -> (Box<Feed>, bool) {
        self.handover.lend(feed, sleep.is_none_or(|sleep| sleep > LOOK_IN));
        let ended = self.wait_for_visitors(bell, sleep);
        (self.handover.take_back(), ended)
    }

    /// Sleeps while callers use the process. True: the process has ended.
    fn wait_for_visitors(&self, bell: &Bell, mut sleep: Option<Duration>) -> bool {
        let mut known = self.handover.visits();
        loop {
            let roused = match bell.wait(sleep) {
                Rung::Nothing => false,
                Rung::Roused => true,
                rung => return rung == Rung::Ended,
            };
            self.handover.rouser.reset();
            let look = |feed: &mut Feed| self.look_after(feed);
            sleep = self.handover.inspect(&mut known, roused, LOOK_IN, look);
            if sleep.is_none() {
                return false;
            }
        }
    }

    /// Looks after the call of a caller who waits for it. How long that may take until the next look;
    /// `None`: the thread has to see to it.
    fn look_after(&self, feed: &mut Feed) -> Option<Duration> {
        match feed.watch.look(&feed.table, &feed.connection.process, &self.waker) {
            None => {}
            // Nothing waits behind the call: a feed that is lent has one at most.
            Some(Trouble::Silent) => feed.connection.process.send_urgent(Kind::Ping, 0, &[]),
            // It is found again.
            Some(Trouble::Deadly(_)) => return None,
        }
        let well = feed.trouble.is_none() && !feed.recycling.is_due();
        well.then(|| feed.watch.next(&feed.table).unwrap_or(LOOK_IN))
    }

    /// Whether callers may use the process while its thread sleeps. It is parked then, so that a call
    /// that is queued wakes it all the same.
    pub(super) fn may_lend(&self, feed: &Feed) -> bool {
        self.one_at_a_time
            && feed.searching
            && feed.table.len() < 2
            && feed.connection.writer.is_empty()
            && !feed.recycling.is_due()
            && !feed.told_to_stop
            && !feed.finishing
    }
}
