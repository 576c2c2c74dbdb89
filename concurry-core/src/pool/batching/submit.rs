//! A call comes to the batcher of its method, and becomes a ticket.

use super::batcher::Batcher;
use super::ticket::{Ticket, Waiting, site};
use crate::CallError;
use crate::call::EnvironmentRef;
use crate::future::{TaskFuture, promise};
use crate::panics;
use crate::pool::layers::PoolOwner;
use crate::spin;
use crate::worker::{BatchedForm, Method};

impl<B: BatchedForm> Batcher<B> {
    /// Makes a ticket of a call of the method.
    pub(super) fn take_in(
        &self,
        pool: &dyn PoolOwner,
        args: <B::Single as Method>::Args,
        environment: Option<EnvironmentRef>,
    ) -> TaskFuture<<B::Single as Method>::Output, <B::Single as Method>::Error> {
        let prepared = panics::caught(site::<B>(), || {
            let weight = B::weight(&args);
            let (item, rest) = B::split(args);
            let hash = B::batch_abilities().hash_rest.filter(|_| B::HAS_REST);
            let hash = hash.map_or(0, |hash| hash(&rest));
            (weight, item, rest, hash)
        });
        let found = prepared.and_then(|(weight, item, rest, hash)| {
            let group = if B::HAS_REST { self.find(hash, &rest)? } else { None };
            Ok((weight, item, rest, hash, group))
        });
        let (weight, item, rest, hash, group) = match found {
            Ok(found) => found,
            Err(panic) => {
                return TaskFuture::from_outcome(Err(CallError::Panicked(Box::new(panic))));
            }
        };
        // What weighs less than nothing would make room for others.
        let weight = if weight > 0.0 { weight } else { 0.0 };
        let (promise, future) = promise(site::<B>(), pool.pool().shared().id);
        let waiting = Waiting { item, promise, environment };
        let ticket = Ticket::new(self.this.clone(), self.clock.now(), weight, waiting);
        spin::caller_waits_for_batch();
        self.enter(pool, &ticket, hash, group, rest);
        future
    }
}
