//! The calls that wait for a batch, by the arguments that they have in common.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::settings::Plan;
use super::ticket::Ticket;
use crate::worker::BatchedForm;

/// All calls that wait. There may be as many groups as calls, so none is looked for one by one.
pub(super) struct Groups<B: BatchedForm> {
    /// By number.
    groups: BTreeMap<u64, Group<B>>,
    /// The numbers of those whose remaining arguments have a hash.
    by_hash: HashMap<u64, Vec<u64>>,
    /// The age of each group, as it was when its first call came to the front: no group is older than
    /// it is here.
    by_age: BTreeSet<(Instant, u64)>,
    /// Those that are full.
    full: BTreeSet<u64>,
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
    /// Its age in the list of ages.
    listed: Instant,
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
        Self {
            groups: BTreeMap::new(),
            by_hash: HashMap::new(),
            by_age: BTreeSet::new(),
            full: BTreeSet::new(),
            opened: 0,
        }
    }

    /// How many groups wait.
    pub(super) fn count(&self) -> usize {
        self.groups.len()
    }

    /// The groups that may have equal arguments, to be compared without a lock.
    pub(super) fn candidates(&self, hash: u64) -> Vec<(u64, Arc<B::Rest>)> {
        let same = self.by_hash.get(&hash).into_iter().flatten();
        let rest = |number: &u64| Some((*number, Arc::clone(&self.groups.get(number)?.rest)));
        same.filter_map(rest).collect()
    }

    /// The first group, where all calls share one.
    pub(super) fn only(&self) -> Option<u64> {
        self.groups.keys().next().copied()
    }

    /// Adds a call to a group. False if the group was sent meanwhile.
    pub(super) fn push(&mut self, plan: &Plan, number: u64, ticket: &Arc<Ticket<B>>) -> bool {
        let Some(group) = self.groups.get_mut(&number) else { return false };
        ticket.set_group(number);
        group.live += 1;
        group.weight += ticket.weight;
        group.tickets.push_back(Arc::clone(ticket));
        if group.is_full(plan) {
            self.full.insert(number);
        }
        true
    }

    /// Adds a call in a group of its own.
    pub(super) fn open(
        &mut self,
        plan: &Plan,
        hash: u64,
        rest: Arc<B::Rest>,
        ticket: &Arc<Ticket<B>>,
    ) {
        self.opened += 1;
        let (number, listed) = (self.opened, ticket.since);
        let tickets = VecDeque::new();
        let group = Group { number, hash, rest, tickets, live: 0, weight: 0.0, listed };
        self.groups.insert(number, group);
        self.by_age.insert((listed, number));
        if B::HAS_REST {
            self.by_hash.entry(hash).or_default().push(number);
        }
        self.push(plan, number, ticket);
    }

    /// Takes a cancelled call out. False if it does not wait any more. What is left of its group is
    /// to be dropped without a lock.
    pub(super) fn leave(
        &mut self,
        plan: &Plan,
        ticket: &Ticket<B>,
    ) -> (bool, Option<Arc<B::Rest>>) {
        let number = ticket.group();
        let Some(group) = self.groups.get_mut(&number) else { return (false, None) };
        ticket.set_group(0);
        group.live -= 1;
        group.weight -= ticket.weight;
        if group.live == 0 {
            return (true, self.close(number));
        }
        if !group.is_full(plan) {
            self.full.remove(&number);
        }
        if group.tickets.len() > 2 * group.live + 64 {
            group.tickets.retain(|ticket| ticket.group() == number);
        }
        (true, None)
    }

    /// Forgets a group in which no call waits.
    fn close(&mut self, number: u64) -> Option<Arc<B::Rest>> {
        let Group { hash, rest, listed, .. } = self.groups.remove(&number)?;
        self.full.remove(&number);
        self.by_age.remove(&(listed, number));
        if let Some(numbers) = self.by_hash.get_mut(&hash) {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.by_hash.remove(&hash);
            }
        }
        Some(rest)
    }

    /// A full group, if there is one, else that of the oldest call; when its oldest call came; and
    /// whether it is full.
    fn next(&mut self) -> Option<(u64, Instant, bool)> {
        if let Some(&number) = self.full.first() {
            let since = self.groups.get_mut(&number)?.since()?;
            return Some((number, since, true));
        }
        loop {
            let &(listed, number) = self.by_age.first()?;
            let group = self.groups.get_mut(&number)?;
            let since = group.since()?;
            if since == listed {
                return Some((number, since, false));
            }
            // The call in front has gone since it was listed.
            group.listed = since;
            self.by_age.remove(&(listed, number));
            self.by_age.insert((since, number));
        }
    }

    /// Whether a batch is full, and when the oldest call of the one to be sent next came.
    pub(super) fn look(&mut self) -> (bool, Option<Instant>) {
        match self.next() {
            Some((_, since, full)) => (full, Some(since)),
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
        let (number, _, full) = self.next()?;
        let group = self.groups.get_mut(&number)?;
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
        let rest = if group.live == 0 {
            self.close(number)?
        } else {
            if !group.is_full(plan) {
                self.full.remove(&number);
            }
            Arc::clone(&group.rest)
        };
        Some(Ready { tickets, rest, full })
    }
}

impl<B: BatchedForm> Group<B> {
    fn is_full(&self, plan: &Plan) -> bool {
        self.live >= plan.max_size || self.weight >= plan.max_weight
    }

    /// When its oldest call came. Forgets cancelled ones before it.
    fn since(&mut self) -> Option<Instant> {
        while self.tickets.front().is_some_and(|ticket| ticket.group() != self.number) {
            self.tickets.pop_front();
        }
        self.tickets.front().map(|ticket| ticket.since)
    }
}
