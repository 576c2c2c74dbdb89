//! The calls that wait for a batch, by the arguments that they have in common.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::settings::Plan;
use super::ticket::Ticket;
use crate::worker::BatchedForm;

/// All calls that wait.
pub(super) struct Groups<B: BatchedForm> {
    groups: Vec<Group<B>>,
    opened: u64,
}

/// Calls with equal remaining arguments.
struct Group<B: BatchedForm> {
    number: u64,
    hash: u64,
    rest: Arc<B::Rest>,
    /// In the order in which they came. Cancelled ones stay until they are met.
    tickets: VecDeque<Arc<Ticket<B>>>,
    live: usize,
    weight: f64,
}

/// Calls that go together. Not one is cancelled when it is made.
pub(super) struct Ready<B: BatchedForm> {
    pub(super) tickets: Vec<Arc<Ticket<B>>>,
    pub(super) rest: Arc<B::Rest>,
    /// Whether the batch has no room for more.
    pub(super) full: bool,
}

impl<B: BatchedForm> Groups<B> {
    pub(super) fn new() -> Self {
        Self { groups: Vec::new(), opened: 0 }
    }

    /// The groups that may have equal arguments, to be compared without a lock.
    pub(super) fn candidates(&self, hash: u64) -> Vec<(u64, Arc<B::Rest>)> {
        let same = self.groups.iter().filter(|group| group.hash == hash);
        same.map(|group| (group.number, Arc::clone(&group.rest))).collect()
    }

    /// The first group, where all calls share one.
    pub(super) fn only(&self) -> Option<u64> {
        self.groups.first().map(|group| group.number)
    }

    /// Adds a call to a group. False if the group was sent meanwhile.
    pub(super) fn push(&mut self, number: u64, ticket: &Arc<Ticket<B>>) -> bool {
        let Some(group) = self.groups.iter_mut().find(|group| group.number == number) else {
            return false;
        };
        ticket.set_group(number);
        group.live += 1;
        group.weight += ticket.weight;
        group.tickets.push_back(Arc::clone(ticket));
        true
    }

    /// Adds a call in a group of its own.
    pub(super) fn open(&mut self, hash: u64, rest: Arc<B::Rest>, ticket: &Arc<Ticket<B>>) {
        self.opened += 1;
        let number = self.opened;
        let tickets = VecDeque::new();
        self.groups.push(Group { number, hash, rest, tickets, live: 0, weight: 0.0 });
        self.push(number, ticket);
    }

    /// Takes a cancelled call out. False if it does not wait any more. What is left of its group is
    /// to be dropped without a lock.
    pub(super) fn leave(&mut self, ticket: &Ticket<B>) -> (bool, Option<Arc<B::Rest>>) {
        let number = ticket.group();
        let Some(place) = self.groups.iter().position(|group| group.number == number) else {
            return (false, None);
        };
        ticket.set_group(0);
        let group = &mut self.groups[place];
        group.live -= 1;
        group.weight -= ticket.weight;
        if group.live == 0 {
            return (true, Some(self.groups.remove(place).rest));
        }
        if group.tickets.len() > 2 * group.live + 64 {
            group.tickets.retain(|ticket| ticket.group() == number);
        }
        (true, None)
    }

    /// The full group, if there is one, else that of the oldest call; and whether it is full.
    fn next(&mut self, plan: &Plan) -> Option<(usize, bool)> {
        let mut oldest: Option<(usize, Instant)> = None;
        for (place, group) in self.groups.iter_mut().enumerate() {
            if group.live >= plan.max_size || group.weight >= plan.max_weight {
                return Some((place, true));
            }
            let Some(since) = group.since() else { continue };
            if oldest.is_none_or(|(_, before)| since < before) {
                oldest = Some((place, since));
            }
        }
        oldest.map(|(place, _)| (place, false))
    }

    /// Whether a batch is full, and when the oldest call of the one to be sent next came.
    pub(super) fn look(&mut self, plan: &Plan) -> (bool, Option<Instant>) {
        match self.next(plan) {
            Some((place, full)) => (full, self.groups[place].since()),
            None => (false, None),
        }
    }

    /// Takes the calls of the next batch. `share` says how many of those that wait go, if the batch is
    /// not full.
    pub(super) fn take(
        &mut self,
        plan: &Plan,
        share: impl FnOnce(usize) -> usize,
    ) -> Option<Ready<B>> {
        let (place, full) = self.next(plan)?;
        let group = &mut self.groups[place];
        let most = if full { plan.max_size } else { share(group.live).clamp(1, plan.max_size) };
        let mut tickets = Vec::with_capacity(group.live.min(most));
        let mut weight = 0.0;
        while tickets.len() < most && group.since().is_some() {
            let fits = |ticket: &Arc<Ticket<B>>| weight + ticket.weight <= plan.max_weight;
            if !tickets.is_empty() && !group.tickets.front().is_some_and(fits) {
                break;
            }
            let Some(ticket) = group.tickets.pop_front() else { break };
            ticket.set_group(0);
            weight += ticket.weight;
            group.live -= 1;
            group.weight -= ticket.weight;
            tickets.push(ticket);
        }
        let rest = match group.live {
            0 => self.groups.remove(place).rest,
            _ => Arc::clone(&group.rest),
        };
        Some(Ready { tickets, rest, full })
    }
}

impl<B: BatchedForm> Group<B> {
    /// When its oldest call came. Forgets cancelled ones before it.
    fn since(&mut self) -> Option<Instant> {
        while self.tickets.front().is_some_and(|ticket| ticket.group() != self.number) {
            self.tickets.pop_front();
        }
        self.tickets.front().map(|ticket| ticket.since)
    }
}
