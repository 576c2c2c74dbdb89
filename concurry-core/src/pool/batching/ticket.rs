//! One call on its way through a batcher: it waits, is sent, and gets its outcome.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;

use super::batcher::Batcher;
use super::sent::Sent;
use crate::CallError;
use crate::call::EnvironmentRef;
use crate::error::CallSite;
use crate::future::{Cancel, OnCancel, Outcome, Promise};
use crate::panics;
use crate::sync::lock;
use crate::worker::{BatchedForm, Method};

/// The promise of the call that a ticket is for.
pub(super) type SinglePromise<B> = Promise<
    <<B as BatchedForm>::Single as Method>::Output,
    <<B as BatchedForm>::Single as Method>::Error,
>;

/// The outcome of the call that a ticket is for.
pub(super) type SingleOutcome<B> = Outcome<
    <<B as BatchedForm>::Single as Method>::Output,
    <<B as BatchedForm>::Single as Method>::Error,
>;

/// One call on its way. Whoever takes the promise out of it completes the call.
pub(super) struct Ticket<B: BatchedForm> {
    pub(super) since: Instant,
    pub(super) weight: f64,
    /// The group in which it waits; 0 once it is cancelled or taken out. Written under the batcher's
    /// lock.
    group: AtomicU64,
    batcher: Weak<Batcher<B>>,
    /// Never held over foreign code.
    place: Mutex<Place<B>>,
}

enum Place<B: BatchedForm> {
    Waiting(Waiting<B>),
    /// In a batch that runs.
    Sent(SinglePromise<B>, Option<EnvironmentRef>, Arc<Sent>),
    Done,
}

/// A call that was not sent yet.
pub(super) struct Waiting<B: BatchedForm> {
    pub(super) item: B::Item,
    pub(super) promise: SinglePromise<B>,
    pub(super) environment: Option<EnvironmentRef>,
}

pub(super) fn site<B: BatchedForm>() -> CallSite {
    CallSite::new(const { &<B::Single as Method>::SPEC })
}

impl<B: BatchedForm> Ticket<B> {
    pub(super) fn new(
        batcher: Weak<Batcher<B>>,
        since: Instant,
        weight: f64,
        waiting: Waiting<B>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this: &Weak<Self>| {
            waiting.promise.on_cancel(this.clone());
            let place = Mutex::new(Place::Waiting(waiting));
            Self { since, weight, group: AtomicU64::new(0), batcher, place }
        })
    }

    // Relaxed, both: read and written under the batcher's lock.
    pub(super) fn group(&self) -> u64 {
        self.group.load(Ordering::Relaxed)
    }

    pub(super) fn set_group(&self, group: u64) {
        self.group.store(group, Ordering::Relaxed);
    }

    /// Takes the item to send it in `batch`. `None` if the call was cancelled.
    pub(super) fn send(&self, batch: &Arc<Sent>) -> Option<B::Item> {
        let mut place = lock(&self.place);
        match mem::replace(&mut *place, Place::Done) {
            Place::Waiting(Waiting { item, promise, environment }) => {
                *place = Place::Sent(promise, environment, Arc::clone(batch));
                Some(item)
            }
            other => {
                *place = other;
                None
            }
        }
    }

    /// Moves it to another batch. False if the call was cancelled.
    pub(super) fn send_again(&self, batch: &Arc<Sent>) -> bool {
        match &mut *lock(&self.place) {
            Place::Sent(_, _, current) => {
                *current = Arc::clone(batch);
                true
            }
            Place::Waiting(_) | Place::Done => false,
        }
    }

    /// What the layers of the call brought along.
    pub(super) fn environment(&self) -> Option<EnvironmentRef> {
        match &*lock(&self.place) {
            Place::Sent(_, environment, _) => environment.clone(),
            Place::Waiting(_) | Place::Done => None,
        }
    }

    /// Completes the call, unless it was cancelled.
    pub(super) fn complete(&self, outcome: SingleOutcome<B>) {
        let place = mem::replace(&mut *lock(&self.place), Place::Done);
        match place {
            Place::Waiting(Waiting { item, promise, .. }) => {
                promise.complete(outcome);
                panics::contain(|| drop(item));
            }
            Place::Sent(promise, ..) => promise.complete(outcome),
            Place::Done => panics::contain(|| drop(outcome)),
        }
    }
}

impl<B: BatchedForm> OnCancel for Ticket<B> {
    fn cancel(self: Arc<Self>) -> Cancel {
        let cancelled = Err(CallError::Cancelled(site::<B>()));
        let place = mem::replace(&mut *lock(&self.place), Place::Done);
        match place {
            Place::Waiting(Waiting { item, promise, environment }) => {
                if let Some(batcher) = self.batcher.upgrade() {
                    batcher.left(&self);
                }
                promise.complete(cancelled);
                panics::contain(|| drop((item, environment)));
                Cancel::Dequeued
            }
            Place::Sent(promise, _, batch) => {
                promise.complete(cancelled);
                batch.lost_one();
                Cancel::Signalled
            }
            Place::Done => Cancel::TooLate,
        }
    }
}
