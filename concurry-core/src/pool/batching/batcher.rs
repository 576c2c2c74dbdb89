//! Gathers the calls of one method of a pool into calls of its batched form.
//!
//! The lock guards counts and lists only. What belongs to the user (arguments, their `PartialEq`,
//! `Clone` and destructors, callbacks of futures) runs outside of it, and so does the sending.

use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use concurry_time::Clock;

use super::AnyBatcher;
use super::alarm::{Alarm, keep_time};
use super::cost::Cost;
use super::depth;
use super::groups::{Groups, Ready};
use super::sent::{Batch, Sent, form_site, run};
use super::settings::Plan;
use super::stats::{BatchCounters, BatchStats};
use super::ticket::{Ticket, site};
use super::window::{Decision, Window};
use crate::CallError;
use crate::call::{CallEnvironment, EnvironmentRef};
use crate::error::Panicked;
use crate::future::{UntypedFuture, drive_future};
use crate::panics;
use crate::pool::layers::{Arguments, PoolOwner, PoolShare};
use crate::shared::{InLayers, PoolId};
use crate::sync::lock;
use crate::worker::{BatchedForm, Method};

/// Gathers calls.
pub(crate) struct Batcher<B: BatchedForm> {
    plan: Plan,
    pub(super) clock: Clock,
    counters: BatchCounters,
    alarm: Arc<Alarm>,
    pub(super) this: Weak<Self>,
    state: Mutex<State<B>>,
}

struct State<B: BatchedForm> {
    groups: Groups<B>,
    window: Window,
    cost: Cost,
    /// Keeps the pool, and its stop waiting, while there are calls.
    busy: Option<Busy>,
    /// How often the window was looked at: a later setting of the alarm replaces an earlier one.
    looks: u64,
    keeps_time: bool,
}

struct Busy {
    pool: PoolShare,
    _in_layers: InLayers,
}

impl<B: BatchedForm> State<B> {
    /// Takes the calls of the next batch.
    fn take(&mut self, plan: &Plan) -> Option<Ready<B>> {
        let (cost, free) = (&self.cost, self.window.free());
        self.groups.take(plan, |calls| cost.share(calls, free))
    }
}

/// What to do after the lock is released.
struct Action<B: BatchedForm> {
    pool: Option<PoolShare>,
    ready: Vec<Ready<B>>,
    alarm: (u64, Option<Instant>),
    starts_keeping_time: bool,
    /// Nothing is on its way any more.
    idle: Option<Busy>,
}

impl<B: BatchedForm> Batcher<B> {
    pub(crate) fn new(plan: Plan, slots: usize, clock: Clock) -> Arc<Self> {
        let window = Window::new(plan.max_wait, slots);
        Arc::new_cyclic(|this| Self {
            plan,
            clock,
            counters: BatchCounters::default(),
            alarm: Arc::default(),
            this: this.clone(),
            state: Mutex::new(State {
                groups: Groups::new(),
                window,
                cost: Cost::default(),
                busy: None,
                looks: 0,
                keeps_time: false,
            }),
        })
    }

    /// Changes the state and does what follows from it.
    fn change<R>(&self, change: impl FnOnce(&mut State<B>, Instant) -> R) -> R {
        let now = self.clock.now();
        let (result, action) = {
            let mut state = lock(&self.state);
            let result = change(&mut state, now);
            (result, self.decide(&mut state, now))
        };
        self.perform(action);
        result
    }

    /// Finds out which batches go now.
    fn decide(&self, state: &mut State<B>, now: Instant) -> Action<B> {
        let mut ready = Vec::new();
        let alarm = loop {
            let (full, oldest) = state.groups.look();
            match state.window.decide(now, full, oldest, state.groups.count()) {
                Decision::Send => match state.take(&self.plan) {
                    Some(batch) => {
                        state.window.sent(batch.tickets.len());
                        ready.push(batch);
                    }
                    None => break None,
                },
                Decision::WaitUntil(until) => break Some(until),
                Decision::Wait => break None,
            }
        };
        state.looks += 1;
        let starts_keeping_time = alarm.is_some() && !state.keeps_time;
        state.keeps_time |= starts_keeping_time;
        Action {
            pool: match ready.is_empty() {
                true => None,
                false => state.busy.as_ref().map(|busy| busy.pool.clone()),
            },
            ready,
            alarm: (state.looks, alarm),
            starts_keeping_time,
            idle: if state.window.is_idle() { state.busy.take() } else { None },
        }
    }

    fn perform(&self, action: Action<B>) {
        let Action { pool, ready, alarm: (look, at), starts_keeping_time, idle } = action;
        self.alarm.set(look, at);
        if starts_keeping_time {
            let keeper = keep_time(self.this.clone(), Arc::clone(&self.alarm), self.clock.clone());
            drop(drive_future(site::<B>(), PoolId::NONE, keeper, || true));
        }
        if let Some(pool) = pool {
            for batch in ready {
                self.send(&pool, batch);
            }
        }
        drop(idle);
    }

    /// The group of calls with the same remaining arguments, as far as it is known without the lock.
    pub(super) fn find(&self, hash: u64, rest: &B::Rest) -> Result<Option<u64>, Panicked> {
        let candidates = lock(&self.state).groups.candidates(hash);
        panics::caught(site::<B>(), || {
            let same = |(_, other): &&(u64, Arc<B::Rest>)| B::is_same_rest(other, rest);
            candidates.iter().find(same).map(|(number, _)| *number)
        })
    }

    pub(super) fn enter(
        &self,
        pool: &dyn PoolOwner,
        ticket: &Arc<Ticket<B>>,
        hash: u64,
        group: Option<u64>,
        rest: B::Rest,
    ) {
        let mut rest = Some(Arc::new(rest));
        self.change(|state, now| {
            if state.busy.is_none() {
                let _in_layers = InLayers::enter(pool.pool().shared());
                state.busy = Some(Busy { pool: pool.share(), _in_layers });
            }
            let group = if B::HAS_REST { group } else { state.groups.only() };
            let joined = group.is_some_and(|group| state.groups.push(&self.plan, group, ticket));
            // The group may have been sent since it was found.
            if !joined && let Some(rest) = rest.take() {
                state.groups.open(&self.plan, hash, rest, ticket);
            }
            state.window.arrived(now);
        });
    }

    /// A call that waited was cancelled.
    pub(super) fn left(&self, ticket: &Ticket<B>) {
        let rest = self.change(|state, now| {
            let (waited, rest) = state.groups.leave(&self.plan, ticket);
            if waited {
                state.window.left(now);
            }
            rest
        });
        panics::contain(|| drop(rest));
    }

    /// Calls of a batch that was sent then are about to get their outcome.
    pub(super) fn answered(&self, pool: &PoolShare, calls: usize, sent: Instant) {
        let took = self.clock.now().saturating_duration_since(sent);
        let next = {
            let mut state = lock(&self.state);
            state.cost.learn(calls, took);
            state.window.answered(calls);
            // A full batch takes the worker's place at once, and not only after many callers were
            // woken. What is not full waits for them: they may come back.
            let (full, _) = state.groups.look();
            let next = if full && state.window.has_room_after_end() {
                state.take(&self.plan)
            } else {
                None
            };
            if let Some(next) = &next {
                state.window.sent(next.tickets.len());
            }
            next
        };
        if let Some(next) = next {
            self.send(pool, next);
        }
    }

    /// Time has passed.
    pub(super) fn look(&self) {
        self.change(|_, _| ());
    }

    /// A batch has ended, and all of its calls have their outcome.
    pub(super) fn ended(&self) {
        self.change(|state, now| state.window.ended(now));
    }

    /// Sends a batch. One that fails at once makes room for the next, which is sent inside of it, but
    /// only so deep.
    fn send(&self, pool: &PoolShare, ready: Ready<B>) {
        let Some(entered) = depth::enter() else {
            let Some(batcher) = self.this.upgrade() else { return };
            let pool = pool.clone();
            return depth::defer(move || batcher.send_now(&pool, ready));
        };
        self.send_now(pool, ready);
        entered.leave();
    }

    fn send_now(&self, pool: &PoolShare, ready: Ready<B>) {
        let Ready { tickets: taken, rest, full } = ready;
        let sent = Sent::new(taken.len());
        let (mut tickets, mut items) =
            (Vec::with_capacity(taken.len()), Vec::with_capacity(taken.len()));
        for ticket in taken {
            match ticket.send(&sent) {
                Some(item) => {
                    items.push(item);
                    tickets.push(ticket);
                }
                // Cancelled since it was taken out.
                None => {
                    sent.lost_one();
                    lock(&self.state).window.answered(1);
                }
            }
        }
        if tickets.is_empty() {
            panics::contain(|| drop(rest));
            return self.ended();
        }
        self.counters.sent(items.len(), full);
        let rest = panics::caught(form_site::<B>(), || {
            Arc::try_unwrap(rest).unwrap_or_else(|shared| B::copy_rest(&shared))
        });
        self.start(pool, tickets, items, rest, &sent);
    }

    /// Sends a part of a batch that failed.
    pub(super) fn send_half(
        &self,
        pool: &PoolShare,
        tickets: Vec<Arc<Ticket<B>>>,
        items: Vec<B::Item>,
        rest: Result<B::Rest, Panicked>,
    ) {
        self.counters.bisected();
        let sent = Sent::new(tickets.len());
        lock(&self.state).window.halved();
        let (mut wanted, mut kept) = (Vec::new(), Vec::new());
        for (ticket, item) in tickets.into_iter().zip(items) {
            if ticket.send_again(&sent) {
                wanted.push(ticket);
                kept.push(item);
            } else {
                sent.lost_one();
                lock(&self.state).window.answered(1);
                panics::contain(|| drop(item));
            }
        }
        if wanted.is_empty() {
            return self.ended();
        }
        self.start(pool, wanted, kept, rest, &sent);
    }

    /// Calls the batched form.
    fn start(
        &self,
        pool: &PoolShare,
        tickets: Vec<Arc<Ticket<B>>>,
        items: Vec<B::Item>,
        rest: Result<B::Rest, Panicked>,
        sent: &Arc<Sent>,
    ) {
        let Some(batcher) = self.this.upgrade() else { return };
        let began = self.clock.now();
        let mut batch = Batch { batcher, pool: pool.clone(), tickets, spare: None, began };
        let clone_item = B::batch_abilities().clone_item.filter(|_| self.plan.bisect);
        let made = rest.and_then(|rest| {
            panics::caught(form_site::<B>(), || {
                let copy = |clone| (items.iter().map(clone).collect(), B::copy_rest(&rest));
                let spare: Option<(Vec<B::Item>, B::Rest)> = clone_item.map(copy);
                (spare, B::join(items, rest))
            })
        });
        let args = match made {
            Ok((spare, args)) => {
                batch.spare = spare;
                args
            }
            Err(panic) => return batch.finish(Err(CallError::Panicked(Box::new(panic)))),
        };
        let members: Vec<_> =
            batch.tickets.iter().filter_map(|ticket| ticket.environment()).collect();
        let environment =
            (!members.is_empty()).then(|| EnvironmentRef::new(CallEnvironment::of_batch(members)));
        let call = pool.of::<B::Worker>().submit::<B>(args, environment);
        let id = pool.shared().id;
        sent.follow(drive_future(form_site::<B>(), id, run(call, batch), || true));
    }
}

impl<B: BatchedForm> AnyBatcher for Batcher<B> {
    fn submit(
        self: Arc<Self>,
        pool: &dyn PoolOwner,
        args: &mut dyn Arguments,
        environment: Option<EnvironmentRef>,
    ) -> UntypedFuture {
        let args = args.take().downcast_mut::<Option<<B::Single as Method>::Args>>();
        let args = args.and_then(Option::take);
        let args =
            args.unwrap_or_else(|| unreachable!("a batcher is asked for its own method once"));
        self.take_in(pool, args, environment).untyped(site::<B>())
    }

    fn hold(&self) {
        lock(&self.state).window.hold();
    }

    fn release(&self) {
        self.change(|state, _| state.window.release());
    }

    fn flush(&self) {
        self.change(|state, _| state.window.drain());
    }

    fn refuse(&self) {
        let everything = Plan { max_size: usize::MAX, max_weight: f64::INFINITY, ..self.plan };
        let refused = self.change(|state, now| {
            let mut refused = Vec::new();
            while let Some(ready) = state.groups.take(&everything, |calls| calls) {
                ready.tickets.iter().for_each(|_| state.window.left(now));
                refused.push(ready);
            }
            refused
        });
        for Ready { tickets, rest, .. } in refused {
            for ticket in tickets {
                ticket.complete(Err(CallError::Stopped(site::<B>())));
            }
            panics::contain(|| drop(rest));
        }
    }

    fn stats(&self) -> BatchStats {
        let state = lock(&self.state);
        let (waiting, running) = (state.window.waiting(), state.window.batches());
        drop(state);
        let method = <B::Single as Method>::SPEC.name;
        self.counters.stats(method, self.plan.max_size, waiting, running)
    }
}

impl<B: BatchedForm> Drop for Batcher<B> {
    fn drop(&mut self) {
        self.alarm.end();
    }
}
