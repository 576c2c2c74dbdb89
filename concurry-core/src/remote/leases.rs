//! Leases of one worker, as the pool's process has them: how many permits it may give out by itself, and
//! when they are wanted back.
//!
//! A worker that asks for the same again and again is lent a block of permits, twice as many each time
//! that it has used one up, until it gives some back unused. What it asks for once is answered once. It
//! has one lease for the same request at a time: it ends one that is used up before it asks again, so a
//! request that meets an open one was made before the worker knew of that.

use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::Instant;

use concurry_limits::remote::{Lease, RemoteRequest, TERM};
use concurry_limits::{Limits, Permit};
use concurry_time::{Clock, Sleep};

use crate::wire::limits::{GrantText, GrantedText, LeaseText};

/// So many permits are lent at once, at most.
const MOST: u32 = 256;
/// So many requests are known, besides those with an open lease.
const KNOWN: usize = 8;

/// The leases of a worker, and what it asks for.
#[derive(Debug)]
pub(super) struct Leases {
    clock: Clock,
    habits: Vec<Habit>,
    /// Rings when the oldest lease has lasted long enough. It is set again when it has rung and not
    /// before, so that few leases need a timer.
    alarm: Option<Sleep>,
}

/// What a worker asks for.
#[derive(Debug)]
struct Habit {
    request: RemoteRequest,
    /// When it asked last, or had a lease.
    last: Instant,
    /// How many it is lent next, at most. Zero: one that asks now may not ask again.
    next: u32,
    open: Option<Open>,
}

/// A lease that the worker has.
#[derive(Debug)]
struct Open {
    number: u64,
    lease: Lease,
    count: u32,
    until: Instant,
    /// The worker was told that it is over.
    recalled: bool,
}

impl Leases {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, habits: Vec::new(), alarm: None }
    }

    /// A request. If a block is lent, the first of it is what was asked for, and the lease has the
    /// number of the request. `waker` is called when [`poll`](Self::poll) has something to do.
    pub(super) fn ask(
        &mut self,
        number: u64,
        request: &RemoteRequest,
        limits: &Limits,
        waker: &Waker,
    ) -> Option<GrantedText> {
        let now = self.clock.now();
        let habit = self.habit(request, now);
        let quick = now.saturating_duration_since(habit.last) <= TERM;
        habit.last = now;
        if habit.open.is_some() {
            return None;
        }
        let most = if quick { habit.next } else { 0 };
        // Where nothing is lent because others need it, it is not tried with more and more.
        habit.next = (most + 1).min(2);
        if most == 0 {
            return None;
        }
        let lease = limits.lease(request, most, waker)?;
        let (count, until) = (lease.left(), now + TERM);
        habit.next = (count * 2).min(MOST);
        let amounts = lease.amounts().map(|(key, amount)| (key.to_owned(), amount)).collect();
        let text = LeaseText { count, after_use: lease.after_use().into() };
        habit.open = Some(Open { number, lease, count, until, recalled: false });
        if self.alarm.is_none() {
            self.arm(until, waker);
        }
        // There is one set only: of a pool of sets nothing is lent.
        Some(GrantedText { grant: GrantText { set: 0, amounts }, lease: Some(text) })
    }

    fn habit(&mut self, request: &RemoteRequest, now: Instant) -> &mut Habit {
        let is_it = |habit: &Habit| {
            habit.request.scope == request.scope && habit.request.amounts == request.amounts
        };
        let place = self.habits.iter().position(is_it).unwrap_or_else(|| {
            let idle = self.habits.iter().enumerate().filter(|(_, habit)| habit.open.is_none());
            if idle.clone().count() >= KNOWN
                && let Some((oldest, _)) = idle.min_by_key(|(_, habit)| habit.last)
            {
                self.habits.swap_remove(oldest);
            }
            self.habits.push(Habit { request: request.clone(), last: now, next: 0, open: None });
            self.habits.len() - 1
        });
        &mut self.habits[place]
    }

    /// A permit of a lease is used, and from now on told of by itself.
    pub(super) fn begin(&mut self, lease: u64) -> Option<Permit<'static>> {
        let mut open = self.habits.iter_mut().filter_map(|habit| habit.open.as_mut());
        open.find(|open| open.number == lease)?.lease.begin()
    }

    /// A lease is over: so many of it were not used. The others are what is left of it.
    pub(super) fn end(&mut self, number: u64, unused: u32) -> Option<Lease> {
        let now = self.clock.now();
        let is_it =
            |habit: &&mut Habit| habit.open.as_ref().is_some_and(|open| open.number == number);
        let habit = self.habits.iter_mut().find(is_it)?;
        let Open { mut lease, count, .. } = habit.open.take()?;
        habit.last = now;
        if unused > 0 {
            habit.next = count.saturating_sub(unused).max(1);
        }
        lease.give_back(unused);
        Some(lease)
    }

    /// The worker has never heard of that lease: it wants it no more.
    pub(super) fn discard(&mut self, number: u64) {
        drop(self.end(number, u32::MAX));
    }

    /// Finds the leases that have lasted long enough, or that others want. Their numbers go to `recall`.
    pub(super) fn poll(&mut self, waker: &Waker, mut recall: impl FnMut(u64)) {
        let (now, mut next) = (self.clock.now(), None);
        for open in self.habits.iter_mut().filter_map(|habit| habit.open.as_mut()) {
            if open.recalled {
                continue;
            }
            if open.until <= now || open.lease.is_wanted() {
                open.recalled = true;
                recall(open.number);
            } else {
                next = Some(next.map_or(open.until, |next: Instant| next.min(open.until)));
            }
        }
        let rang =
            |alarm: &mut Sleep| Pin::new(alarm).poll(&mut Context::from_waker(waker)).is_ready();
        if self.alarm.as_mut().is_some_and(rang) {
            self.alarm = None;
        }
        if let (None, Some(next)) = (&self.alarm, next) {
            self.arm(next, waker);
        }
    }

    fn arm(&mut self, until: Instant, waker: &Waker) {
        let alarm = self.alarm.insert(self.clock.sleep_until(until));
        if Pin::new(alarm).poll(&mut Context::from_waker(waker)).is_ready() {
            waker.wake_by_ref();
        }
    }
}
