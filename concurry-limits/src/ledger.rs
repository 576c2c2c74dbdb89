//! What the lock of a set guards: the store, what is prepaid and the queue.
//!
//! Wakers are collected and woken by the caller when the lock is free.

use std::task::Waker;
use std::time::Duration;

use smallvec::SmallVec;

use crate::account::Account;
use crate::alarm::Alarm;
use crate::credit::Credit;
use crate::lease::Lessees;
use crate::queue::{Outcome, Queue, Ticket, Waiter};
use crate::request::Takes;
use crate::store::{Fit, Promise, Shortage, Store, Take};

/// A waiter that is woken late is counted at the moment it was promised, at most so far back: so
/// slow wake-ups on a busy machine cost no capacity, and a program that was stopped for a while does
/// not catch up.
const GRACE: Duration = Duration::from_millis(100);

/// Queued waiters are served by timer at most this often, unless that would waste capacity; those
/// that are due by then go together.
const PACE: Duration = Duration::from_millis(3);

/// A limit is prepaid only if that serves so many acquires like the last one.
const WORTH: f64 = 8.0;

pub(crate) type Wakers = Vec<Waker>;

#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) store: Box<dyn Store>,
    pub(crate) queue: Queue,
    pub(crate) paused_until: Option<Duration>,
    /// When waiters were last served.
    served_at: Option<Duration>,
    /// The one timer of the set.
    pub(crate) alarm: Alarm,
    pub(crate) accounts: Box<[Account]>,
    pub(crate) lessees: Lessees,
}

impl Ledger {
    pub(crate) fn new(store: Box<dyn Store>, accounts: Box<[Account]>) -> Self {
        Self {
            store,
            queue: Queue::default(),
            paused_until: None,
            served_at: None,
            alarm: Alarm::default(),
            accounts,
            lessees: Lessees::default(),
        }
    }

    /// Ends what is prepaid of a limit and records what was used of it.
    pub(crate) fn record(&mut self, credits: &[Credit], index: usize, now: Duration) {
        let used = self.accounts[index].close(&credits[index]);
        if used > 0.0 {
            self.store.charge(Take { index, amount: used }, now);
        } else if used < 0.0 {
            self.store.give_back(Take { index, amount: -used }, now, now);
        }
    }

    /// Prepays a limit, if nobody waits for it and it would serve a few acquires like this.
    pub(crate) fn prepay(&mut self, take: Take, now: Duration) {
        let Take { index, amount } = take;
        if self.is_paused(now) || self.queue.wants(index) {
            return;
        }
        let approved = self.store.prepay(index, now);
        let worth = if self.accounts[index].resource { 1.0 } else { amount * WORTH };
        if approved >= worth {
            self.accounts[index].prepay(approved);
        }
    }

    pub(crate) fn is_paused(&self, now: Duration) -> bool {
        self.paused_until.is_some_and(|until| now < until)
    }

    /// Takes everything at once, behind all who wait. Of these limits nothing is prepaid.
    pub(crate) fn try_take(&mut self, takes: &Takes, now: Duration) -> Result<(), Shortage> {
        let paused = self.paused_until.filter(|until| now < *until);
        let line = self.queue.line_for(takes);
        if paused.is_some() || line.is_some() {
            // The store is not asked, so what can never fit has to be found here.
            for take in takes {
                if take.amount > self.store.level(take.index, now).most {
                    return Err(Shortage { index: take.index, fit: Fit::Never });
                }
            }
        }
        if let (Some(until), Some(first)) = (paused, takes.first()) {
            return Err(Shortage { index: first.index, fit: Fit::At(until) });
        }
        if let Some(line) = line {
            let index = self.queue.lines[line].blocked_by;
            return Err(Shortage { index, fit: self.estimate(takes, now) });
        }
        let promises: SmallVec<[Promise<'_>; 4]> =
            self.queue.lines.iter().filter_map(|line| line.promise(now)).collect();
        self.store.try_take(takes, &promises, now)
    }

    /// Whether others wait for the same, and what a request then finds that enters behind them.
    pub(crate) fn joins(&self, takes: &Takes, now: Duration) -> Option<Shortage> {
        let line = self.queue.line_for(takes)?;
        let too_much = |take: &&Take| take.amount > self.store.level(take.index, now).most;
        Some(match takes.iter().find(too_much) {
            Some(take) => Shortage { index: take.index, fit: Fit::Never },
            None => Shortage { index: self.queue.lines[line].blocked_by, fit: Fit::WhenReleased },
        })
    }

    /// Whether the moment of a head has come.
    pub(crate) fn is_due(&self, now: Duration) -> bool {
        self.queue.lines.iter().any(|line| line.planned.is_some_and(|planned| planned <= now))
    }

    /// About when a request would be served that came now.
    pub(crate) fn estimate(&self, takes: &Takes, now: Duration) -> Fit {
        let waits = takes.iter().map(|take| {
            let amount = take.amount + self.queue.asked(take.index);
            self.store.wait_for(take.index, amount, now)
        });
        let pause = Fit::At(self.paused_until.unwrap_or(now).max(now));
        waits.max().unwrap_or(pause).max(pause)
    }

    /// About when everybody in a line will have been served.
    pub(crate) fn estimate_all(&self, line: usize, now: Duration) -> Fit {
        let takes = self.queue.lines[line].head().map(|(_, head)| &head.takes);
        let waits = takes
            .into_iter()
            .flatten()
            .map(|take| self.store.wait_for(take.index, self.queue.asked(take.index), now));
        waits.max().unwrap_or(Fit::At(now)).max(Fit::At(self.paused_until.unwrap_or(now).max(now)))
    }

    /// Puts a request into the queue.
    pub(crate) fn enter(
        &mut self,
        takes: Takes,
        waker: Waker,
        shortage: Shortage,
        now: Duration,
    ) -> Ticket {
        let planned = match shortage.fit {
            Fit::At(moment) => Some(moment),
            Fit::WhenReleased | Fit::Never => None,
        };
        let waiter = Waiter { takes, waker, since: now };
        self.queue.enter(waiter, planned, shortage.index)
    }

    /// Serves everybody who can go.
    pub(crate) fn serve(&mut self, now: Duration, wakers: &mut Wakers) {
        if self.is_paused(now) {
            for line in &mut self.queue.lines {
                line.planned = self.paused_until;
            }
            self.queue.changed = true;
            return;
        }
        while let Some((line, ticket, outcome)) = self.next_outcome(now) {
            let moment = match outcome {
                Outcome::Granted(at) => at,
                Outcome::NeverFits(_) => now,
            };
            self.queue.outcomes.insert(ticket, outcome);
            self.served_at = Some(now);
            if let Some(waiter) = self.queue.remove(line, ticket, Some(moment)) {
                wakers.push(waiter.waker);
            }
        }
    }

    /// The first waiter, in the order in which they came, about whom something can be said now.
    fn next_outcome(&mut self, now: Duration) -> Option<(usize, Ticket, Outcome)> {
        let order = self.queue.order();
        for (rank, &line) in order.iter().enumerate() {
            if let Some((ticket, outcome)) = self.offer(line, &order[..rank], now) {
                return Some((line, ticket, outcome));
            }
        }
        None
    }

    /// Offers the head of a line what it asks for, or finds out when it fits.
    fn offer(&mut self, line: usize, older: &[usize], now: Duration) -> Option<(Ticket, Outcome)> {
        let lines = &self.queue.lines;
        let (ticket, head) = lines[line].head()?;
        let promises: SmallVec<[Promise<'_>; 4]> =
            older.iter().filter_map(|line| lines[*line].promise(now)).collect();
        let backdates = head.takes.iter().all(|take| self.accounts[take.index].backdates);
        let grace = if backdates { GRACE } else { Duration::ZERO };
        let earliest = now.saturating_sub(grace).max(head.since).min(now);
        let mut at = lines[line].planned.unwrap_or(now).clamp(earliest, now);
        let (planned, blocked_by) = loop {
            match self.store.try_take(&head.takes, &promises, at) {
                Ok(()) => return Some((ticket, Outcome::Granted(at))),
                Err(Shortage { fit: Fit::At(moment), .. }) if at < moment && moment <= now => {
                    at = moment;
                }
                Err(Shortage { fit: Fit::At(moment), index }) => break (Some(moment), index),
                Err(Shortage { fit: Fit::WhenReleased, index }) => break (None, index),
                Err(Shortage { fit: Fit::Never, index }) => {
                    return Some((ticket, Outcome::NeverFits(index)));
                }
            }
        };
        drop(promises);
        let line = &mut self.queue.lines[line];
        self.queue.changed |= line.planned != planned;
        line.planned = planned;
        line.blocked_by = blocked_by;
        None
    }

    /// When somebody has to be served without being asked: when the first head fits, or a little
    /// later to take others along, as long as no capacity is wasted.
    pub(crate) fn next_moment(&self, now: Duration) -> Option<Duration> {
        (0..self.queue.lines.len()).filter_map(|line| self.wakes_at(line, now)).min()
    }

    fn wakes_at(&self, line: usize, now: Duration) -> Option<Duration> {
        let planned = self.queue.lines[line].planned?;
        let Some(served) = self.served_at.filter(|served| *served + PACE > planned) else {
            return Some(planned);
        };
        let mut paced = served + PACE;
        if let Some(wasted) = self.wasted_from(line, now) {
            // A quarter of the time that there is remains for a wake-up that comes late.
            paced = paced.min(served + wasted.saturating_sub(served) * 3 / 4);
        }
        Some(planned.max(paced))
    }

    /// From when on a limit of a line has more than those who wait for it ask for, and can keep no
    /// more. Late grants are counted at their moments, so until then nothing is lost.
    fn wasted_from(&self, line: usize, now: Duration) -> Option<Duration> {
        let (_, head) = self.queue.lines[line].head()?;
        let moments = head.takes.iter().filter_map(|take| {
            let kept = if self.accounts[take.index].backdates {
                self.store.level(take.index, now).most - take.amount
            } else {
                0.0
            };
            match self.store.wait_for(take.index, self.queue.asked(take.index) + kept, now) {
                Fit::At(moment) => Some(moment),
                Fit::WhenReleased | Fit::Never => None,
            }
        });
        moments.min()
    }

    /// What a waiter finds when it looks: `None` if it has to wait on.
    pub(crate) fn look(&mut self, ticket: Ticket, waker: &Waker) -> Option<Outcome> {
        let outcome = self.queue.outcomes.remove(&ticket);
        if outcome.is_none()
            && let Some(line) = self.queue.find(ticket)
            && let Some(waiter) = self.queue.lines[line].waiters.get_mut(&ticket)
        {
            waiter.waker.clone_from(waker);
        }
        outcome
    }

    /// Takes a waiter out, and gives back what it was granted but has not seen.
    pub(crate) fn leave(
        &mut self,
        ticket: Ticket,
        takes: &Takes,
        now: Duration,
        wakers: &mut Wakers,
    ) {
        match self.queue.outcomes.remove(&ticket) {
            Some(Outcome::Granted(at)) => {
                for take in takes {
                    self.store.give_back(*take, at, now);
                }
            }
            Some(Outcome::NeverFits(_)) => {}
            None => {
                let Some(line) = self.queue.find(ticket) else { return };
                let was_head = self.queue.is_head(line, ticket);
                self.queue.remove(line, ticket, None);
                if !was_head {
                    return; // nobody can go because of it
                }
            }
        }
        self.serve(now, wakers);
    }
}
