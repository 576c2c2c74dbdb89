//! The calls of a map: those that wait for a worker, and the outcomes that wait for the map.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use super::call::Anywhere;
use super::chunk;
use crate::error::CallSite;
use crate::future::{Call, Gathering, Outcome, Promise, TaskFuture, Ticket, UserSide, promise};
use crate::panics;
use crate::shared::PoolId;
use crate::sync::lock;
use crate::worker::Method;

/// What the map sees of it. `T` and `E` are those of the method.
pub(crate) trait Arrivals<T, E>: Send + Sync {
    /// Takes the outcomes that are there, each with the number of its call in the map. `into` is empty.
    fn take(&self, into: &mut VecDeque<(usize, Outcome<T, E>)>);
    /// Has the waker called when there are some. False: there are.
    fn wait(&self, waker: &Waker) -> bool;
    /// Nobody wants those any more that come from now on. The calls go on.
    fn close(&self);
    /// Whose calls they are.
    fn site(&self) -> (PoolId, CallSite);
}

/// The calls of one method that one map makes. Its locks are never held over foreign code.
pub(crate) struct Collector<M: Method> {
    pub(super) pool: PoolId,
    waiting: Mutex<Waiting<M::Args>>,
    arrived: Mutex<Arrived<M::Output, M::Error>>,
}

struct Waiting<A> {
    /// Oldest first.
    calls: VecDeque<(usize, A)>,
    /// Somebody in the pool's queue stands for them.
    is_announced: bool,
}

struct Arrived<T, E> {
    outcomes: VecDeque<(usize, Outcome<T, E>)>,
    /// The calls that have nodes of their own.
    parted: Vec<(usize, Promise<T, E>)>,
    waker: Option<Waker>,
    is_closed: bool,
}

impl<M: Method> Collector<M> {
    pub(super) fn new(pool: PoolId) -> Arc<Self> {
        let waiting = Waiting { calls: VecDeque::new(), is_announced: false };
        let arrived = Arrived {
            outcomes: VecDeque::new(),
            parted: Vec::new(),
            waker: None,
            is_closed: false,
        };
        Arc::new(Self { pool, waiting: Mutex::new(waiting), arrived: Mutex::new(arrived) })
    }

    /// Adds a call. `Some`: this is to go into the pool's queue, for the calls that wait.
    #[inline]
    pub(super) fn add(self: &Arc<Self>, number: usize, args: M::Args) -> Option<Call<Anywhere>> {
        let mut waiting = lock(&self.waiting);
        waiting.calls.push_back((number, args));
        if std::mem::replace(&mut waiting.is_announced, true) {
            return None;
        }
        drop(waiting);
        Some(chunk::waiting(self))
    }

    /// Takes the oldest calls that wait, at most so many. Whether there are others: they have to be
    /// announced again.
    pub(super) fn take_waiting(&self, most: usize, taken: &mut VecDeque<(usize, M::Args)>) -> bool {
        let mut waiting = lock(&self.waiting);
        if waiting.calls.len() <= most && taken.is_empty() {
            std::mem::swap(&mut waiting.calls, taken);
        } else {
            let count = waiting.calls.len().min(most);
            taken.extend(waiting.calls.drain(..count));
        }
        waiting.is_announced = !waiting.calls.is_empty();
        waiting.is_announced
    }

    /// Hands outcomes to the map, or to who has a call of its own.
    pub(super) fn arrive(&self, outcomes: &mut VecDeque<(usize, Outcome<M::Output, M::Error>)>) {
        if outcomes.is_empty() {
            return;
        }
        let mut apart = Vec::new();
        let mut arrived = lock(&self.arrived);
        if !arrived.parted.is_empty() {
            let mut own = VecDeque::with_capacity(outcomes.len());
            for (number, outcome) in outcomes.drain(..) {
                match arrived.parted.iter().position(|(parted, _)| *parted == number) {
                    Some(place) => apart.push((arrived.parted.swap_remove(place).1, outcome)),
                    None => own.push_back((number, outcome)),
                }
            }
            *outcomes = own;
        }
        if arrived.is_closed {
            drop(arrived);
            // What is dropped is the user's.
            outcomes.drain(..).for_each(|outcome| panics::contain(|| drop(outcome)));
        } else {
            arrived.outcomes.append(outcomes);
            let waker = arrived.waker.take();
            drop(arrived);
            if let Some(waker) = waker {
                panics::contain(|| waker.wake());
            }
        }
        apart.into_iter().for_each(|(promise, outcome)| promise.complete(outcome));
    }
}

impl<M: Method> Arrivals<M::Output, M::Error> for Collector<M> {
    fn take(&self, into: &mut VecDeque<(usize, Outcome<M::Output, M::Error>)>) {
        std::mem::swap(&mut lock(&self.arrived).outcomes, into);
    }

    fn wait(&self, waker: &Waker) -> bool {
        let mut arrived = lock(&self.arrived);
        if !arrived.outcomes.is_empty() {
            return false;
        }
        let known = arrived.waker.as_ref().is_some_and(|known| known.will_wake(waker));
        let old = if known { None } else { arrived.waker.replace(waker.clone()) };
        drop(arrived);
        drop(old);
        true
    }

    fn close(&self) {
        let mut arrived = lock(&self.arrived);
        arrived.is_closed = true;
        let (outcomes, waker) = (std::mem::take(&mut arrived.outcomes), arrived.waker.take());
        drop(arrived);
        drop((outcomes, waker));
    }

    fn site(&self) -> (PoolId, CallSite) {
        (self.pool, CallSite::new(const { &M::SPEC }))
    }
}

impl<M: Method> Gathering for Collector<M> {
    fn part(&self, number: usize) -> UserSide {
        let site = CallSite::new(const { &M::SPEC });
        let (promise, future) = promise::<M::Output, M::Error>(site, self.pool);
        let mut arrived = lock(&self.arrived);
        let place = arrived.outcomes.iter().position(|(other, _)| *other == number);
        match place.and_then(|place| arrived.outcomes.remove(place)) {
            None => arrived.parted.push((number, promise)),
            Some((_, outcome)) => {
                drop(arrived);
                promise.complete(outcome);
            }
        }
        match future.into_node() {
            Some(node) => node,
            None => unreachable!("a promise's future has a node"),
        }
    }
}

impl<M: Method> Collector<M> {
    /// A ticket for calls of the map, one after the other.
    pub(super) fn ticket(self: &Arc<Self>) -> Arc<Ticket> {
        Ticket::new(Arc::<Self>::clone(self))
    }
}

/// The future of a call that was added.
pub(super) fn future_of<M: Method>(ticket: Arc<Ticket>) -> TaskFuture<M::Output, M::Error> {
    TaskFuture::gathered(ticket)
}
