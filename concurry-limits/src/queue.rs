//! Who waits, in which order.
//!
//! Requests for the same keys stand in one line and are served strictly in their order. Lines of
//! other keys go on, as long as they leave every earlier head of a line what it was promised. So a
//! large request is served in its turn behind a stream of small ones, and a call that does not need
//! the limit that is short is not held up by those that do. Programs use few combinations of keys,
//! hence there are few lines, and a decision looks at the heads only.

use std::collections::BTreeMap;
use std::task::Waker;
use std::time::Duration;

use smallvec::SmallVec;

use crate::request::Takes;
use crate::store::Promise;

/// Names a place in the queue; lower came earlier.
pub(crate) type Ticket = u64;

#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) takes: Takes,
    pub(crate) waker: Waker,
    /// When it came: nothing is granted as of an earlier moment.
    pub(crate) since: Duration,
}

/// The waiters for one combination of keys.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) waiters: BTreeMap<Ticket, Waiter>,
    /// When the head fits. `None` when that depends on a resource.
    pub(crate) planned: Option<Duration>,
    /// The limit that keeps the head waiting.
    pub(crate) blocked_by: usize,
}

/// What became of a waiter, until it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It has everything, as of this moment.
    Granted(Duration),
    /// The capacity of this limit was lowered below what it asks for.
    NeverFits(usize),
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    pub(crate) lines: Vec<Line>,
    pub(crate) outcomes: BTreeMap<Ticket, Outcome>,
    /// Whether heads or their moments have changed since the timer was set.
    pub(crate) changed: bool,
    issued: Ticket,
    /// How much of each limit is waited for.
    asked: Vec<f64>,
}

impl Line {
    pub(crate) fn head(&self) -> Option<(Ticket, &Waiter)> {
        self.waiters.first_key_value().map(|(ticket, waiter)| (*ticket, waiter))
    }

    /// What the head was promised; a head without a moment must be able to go at any time.
    pub(crate) fn promise(&self, now: Duration) -> Option<Promise<'_>> {
        let (_, head) = self.head()?;
        Some(Promise { takes: &head.takes, by: self.planned.unwrap_or(now) })
    }

    fn is_for(&self, takes: &Takes) -> bool {
        self.head().is_some_and(|(_, head)| {
            head.takes.len() == takes.len()
                && head.takes.iter().zip(takes).all(|(mine, other)| mine.index == other.index)
        })
    }
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.lines.iter().map(|line| line.waiters.len()).sum()
    }

    /// Whether somebody waits for a limit.
    pub(crate) fn wants(&self, index: usize) -> bool {
        let heads = self.lines.iter().filter_map(Line::head);
        heads.flat_map(|(_, head)| &head.takes).any(|take| take.index == index)
    }

    /// How much of a limit is waited for.
    pub(crate) fn asked(&self, index: usize) -> f64 {
        self.asked.get(index).copied().unwrap_or(0.0)
    }

    fn count(&mut self, takes: &Takes, sign: f64) {
        for take in takes {
            if self.asked.len() <= take.index {
                self.asked.resize(take.index + 1, 0.0);
            }
            self.asked[take.index] += sign * take.amount;
        }
    }

    /// Puts a waiter at the end of its line. Its takes are in the order of their keys.
    pub(crate) fn enter(
        &mut self,
        waiter: Waiter,
        planned: Option<Duration>,
        blocked_by: usize,
    ) -> Ticket {
        self.count(&waiter.takes, 1.0);
        self.issued += 1;
        let ticket = self.issued;
        match self.line_for(&waiter.takes).map(|line| &mut self.lines[line]) {
            Some(line) => {
                line.waiters.insert(ticket, waiter);
            }
            None => {
                let waiters = BTreeMap::from([(ticket, waiter)]);
                self.lines.push(Line { waiters, planned, blocked_by });
                self.changed = true;
            }
        }
        ticket
    }

    /// The line in which a request would stand, if there is one.
    pub(crate) fn line_for(&self, takes: &Takes) -> Option<usize> {
        self.lines.iter().position(|line| line.is_for(takes))
    }

    /// The line in which a waiter stands.
    pub(crate) fn find(&self, ticket: Ticket) -> Option<usize> {
        self.lines.iter().position(|line| line.waiters.contains_key(&ticket))
    }

    /// How to wake the first of each line.
    pub(crate) fn heads(&self) -> impl Iterator<Item = Waker> {
        self.lines.iter().filter_map(Line::head).map(|(_, head)| head.waker.clone())
    }

    /// Whether a waiter is the first of its line.
    pub(crate) fn is_head(&self, line: usize, ticket: Ticket) -> bool {
        self.lines[line].head().is_some_and(|(head, _)| head == ticket)
    }

    /// Takes a waiter out. When it was the head, the next one is looked at as of `next`.
    pub(crate) fn remove(
        &mut self,
        line: usize,
        ticket: Ticket,
        next: Option<Duration>,
    ) -> Option<Waiter> {
        let was_head = self.is_head(line, ticket);
        let waiter = self.lines[line].waiters.remove(&ticket);
        if was_head {
            self.lines[line].planned = next;
            self.changed = true;
        }
        if self.lines[line].waiters.is_empty() {
            self.lines.swap_remove(line);
        }
        if let Some(waiter) = &waiter {
            self.count(&waiter.takes, -1.0);
        }
        if self.lines.is_empty() {
            // Sums of fractions may be off by a rounding.
            self.asked.clear();
        }
        waiter
    }

    /// The lines in the order in which their heads came.
    pub(crate) fn order(&self) -> SmallVec<[usize; 4]> {
        let mut order: SmallVec<[usize; 4]> = (0..self.lines.len()).collect();
        order.sort_by_key(|line| self.lines[*line].head().map(|(ticket, _)| ticket));
        order
    }
}
