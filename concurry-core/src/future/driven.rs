//! Futures that move forward on whatever thread wakes them.
//!
//! A pipeline (`and_then`, `on_done`) and a call that goes through the layers (limits, retries) are
//! a few short steps between waits. They need no executor: the wake itself polls them, on the thread
//! of the worker or timer whose event they waited for. A wake during a poll makes the poller look
//! again, so a step never runs twice at once.

#[cfg(all(test, concurry_loom))]
mod loom_tests;

use std::convert::Infallible;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use super::promise::{Completer, promise};
use super::turns::{self, Asked, OnCancel, Signal, Turn};
use super::{Cancel, Outcome, TaskFuture};
use crate::CallError;
use crate::error::CallSite;
use crate::panics;
use crate::shared::{PoolId, running};
use crate::sync::{AtomicU8, Mutex, Ordering, lock};

/// Something that moves forward when it is polled, and can be cancelled.
pub(crate) trait Drive: Send + 'static {
    /// What completes the future.
    type Completer: Complete;

    /// Moves forward.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<OutcomeOf<Self>>;

    /// The user asked it to stop. It is polled again afterwards.
    fn cancel(&mut self) -> Signal;
}

/// What completes a future. Dropping it completes the future as stopped.
pub(crate) trait Complete: Send + 'static {
    /// What it is completed with.
    type Outcome: Send + 'static;

    /// The outcome where nothing of the future's own types is left.
    fn failed(error: CallError<Infallible>) -> Self::Outcome;

    /// Completes the future.
    fn complete(self, outcome: Self::Outcome);
}

type OutcomeOf<D> = <<D as Drive>::Completer as Complete>::Outcome;

/// Makes a future of something that drives itself.
pub(crate) fn drive<D, T, E>(site: CallSite, pool: PoolId, drive: D) -> TaskFuture<T, E>
where
    D: Drive<Completer = Completer<T, E>>,
    T: Send + 'static,
    E: Send + 'static,
{
    let (promise, future) = promise(site, pool);
    let driven = Arc::new_cyclic(|this: &Weak<Driven<D>>| {
        promise.on_cancel(this.clone());
        Driven::new(site, running::deadline(), drive, promise.into_completer())
    });
    driven.wake();
    future
}

/// Lets an `async` block complete a future that is there already. Nothing of it is running yet. For
/// `begun` see [`drive_future`].
pub(crate) fn future_driven<F, C>(
    site: CallSite,
    within: Option<Instant>,
    future: F,
    completer: C,
    begun: impl Fn() -> bool + Send + 'static,
) -> DrivenFuture
where
    F: Future<Output = C::Outcome> + Send + 'static,
    C: Complete,
{
    let block =
        Block::<F, _, C> { future: Some(Box::pin(future)), begun, site, completer: PhantomData };
    let driven = Arc::new(Driven::new(site, within, block, completer));
    DrivenFuture { waker: Waker::from(Arc::clone(&driven)), driven }
}

/// An `async` block that is about to complete a future. To be begun or cancelled.
#[must_use = "the future is not completed before the block was begun"]
pub(crate) struct DrivenFuture {
    waker: Waker,
    driven: Arc<dyn OnCancel>,
}

impl DrivenFuture {
    /// Whom a cancel of the future is for.
    pub(crate) fn hook(&self) -> Weak<dyn OnCancel> {
        Arc::downgrade(&self.driven)
    }

    /// Begins it.
    pub(crate) fn begin(self) {
        self.waker.wake();
    }

    /// Drops the block, and completes the future as cancelled.
    pub(crate) fn cancel(self) {
        let _ = Signal::For(self.driven).deliver();
    }
}

struct Driven<D: Drive> {
    site: CallSite,
    /// The deadline of the call in which it was made: it holds for the calls that it makes, whatever
    /// the thread that polls it is doing.
    within: Option<Instant>,
    /// Whose turn it is: see the constants.
    turn: AtomicU8,
    /// Not zero once a cancel came while somebody was polling.
    cancelled: AtomicU8,
    /// Taken out while it is polled, so that the lock is never held over foreign code. `None` for
    /// good once it is done.
    work: Mutex<Option<Work<D>>>,
}

struct Work<D: Drive> {
    /// `None`: it has ended, and the outcome is to be handed over.
    drive: Option<D>,
    outcome: Option<OutcomeOf<D>>,
    completer: D::Completer,
}

/// Nobody polls.
const IDLE: u8 = 0;
/// Somebody polls.
const POLLING: u8 = 1;
/// Somebody polls, and has to look once more.
const AGAIN: u8 = 2;

impl<D: Drive> Driven<D> {
    fn new(site: CallSite, within: Option<Instant>, drive: D, completer: D::Completer) -> Self {
        let work = Work { drive: Some(drive), outcome: None, completer };
        Self {
            site,
            turn: AtomicU8::new(IDLE),
            within,
            cancelled: AtomicU8::new(0),
            work: Mutex::new(Some(work)),
        }
    }

    /// Takes the turn. False if somebody has it, who will look once more.
    fn enter(&self) -> bool {
        // AcqRel: the turn carries the work, and what the waker's side wrote.
        self.turn
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |turn| {
                Some(if turn == IDLE { POLLING } else { AGAIN })
            })
            .is_ok_and(|before| before == IDLE)
    }

    /// Gives the turn up. False if a wake came meanwhile: then the turn stays.
    fn leave(&self) -> bool {
        // AcqRel, as in `enter`.
        let left =
            self.turn.compare_exchange(POLLING, IDLE, Ordering::AcqRel, Ordering::Acquire).is_ok();
        if !left {
            // A swap, not a store: a further wake may have come since, whose writes the next poll
            // has to see as well.
            self.turn.swap(POLLING, Ordering::AcqRel);
        }
        left
    }

    /// Polls once. `None`: it is not over yet.
    fn poll(self: &Arc<Self>, drive: &mut D, context: &mut Context<'_>) -> Option<OutcomeOf<D>> {
        let cancelled = self.cancelled.swap(0, Ordering::AcqRel) != 0;
        let poll = AssertUnwindSafe(|| {
            if cancelled {
                let _ = drive.cancel().deliver();
            }
            drive.poll(context)
        });
        match catch_unwind(poll) {
            Ok(Poll::Pending) => None,
            Ok(Poll::Ready(outcome)) => Some(outcome),
            Err(payload) => {
                let panic = panics::describe(self.site, payload);
                Some(D::Completer::failed(CallError::Panicked(Box::new(panic))))
            }
        }
    }
}

impl<D: Drive> Turn for Driven<D> {
    /// Polls until nothing is to be done. The caller has the turn.
    fn run(self: Arc<Self>) -> bool {
        let waker = Waker::from(Arc::clone(&self));
        let mut context = Context::from_waker(&waker);
        let _within = running::Within::enter(self.within);
        loop {
            let Some(mut work) = lock(&self.work).take() else { return false };
            let Some(drive) = &mut work.drive else { return false };
            work.outcome = self.poll(drive, &mut context);
            let over = work.outcome.is_some();
            if over {
                // Its destructors are foreign code, and belong to the step, not to the hand-over.
                let drive = work.drive.take();
                panics::contain(move || drop(drive));
            }
            *lock(&self.work) = Some(work);
            // At the end the turn is never given back: later wakes find it taken and do nothing.
            if over || self.leave() {
                return over;
            }
        }
    }

    fn hand_over(self: Arc<Self>) {
        let work = lock(&self.work).take();
        if let Some(Work { outcome: Some(outcome), completer, .. }) = work {
            completer.complete(outcome);
        }
    }
}

impl<D: Drive> Wake for Driven<D> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.enter() {
            turns::run(Arc::clone(self) as Arc<dyn Turn>);
        }
    }
}

impl<D: Drive> OnCancel for Driven<D> {
    fn cancel(self: Arc<Self>) -> Cancel {
        Signal::For(self).deliver()
    }

    fn begin_cancel(self: Arc<Self>) -> Asked {
        if !self.enter() {
            // Before the turn is asked for again: its holder, who looks once more, finds it. Release
            // pairs with the swap in `poll`.
            self.cancelled.swap(1, Ordering::AcqRel);
            if self.enter() {
                turns::run(self);
            }
            return Asked::Said(Cancel::Signalled);
        }
        // With the turn, which `end_cancel` uses.
        let work = lock(&self.work).take();
        let Some(mut work) = work else { return Asked::Said(Cancel::TooLate) };
        let signal = match &mut work.drive {
            Some(drive) => drive.cancel(),
            None => Signal::Arrived(Cancel::TooLate),
        };
        *lock(&self.work) = Some(work);
        Asked::AsksOn(signal)
    }

    fn end_cancel(self: Arc<Self>) {
        turns::run(self);
    }
}

/// Makes a future of an `async` block. A cancel drops the block, and `begun` tells whether something
/// of it was running.
pub(crate) fn drive_future<F, T, E>(
    site: CallSite,
    pool: PoolId,
    future: F,
    begun: impl Fn() -> bool + Send + 'static,
) -> TaskFuture<T, E>
where
    F: Future<Output = Outcome<T, E>> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    drive(site, pool, Block { future: Some(Box::pin(future)), begun, site, completer: PhantomData })
}

struct Block<F, B, C> {
    future: Option<Pin<Box<F>>>,
    begun: B,
    site: CallSite,
    completer: PhantomData<fn(C)>,
}

impl<F, B, C> Drive for Block<F, B, C>
where
    F: Future<Output = C::Outcome> + Send + 'static,
    B: Fn() -> bool + Send + 'static,
    C: Complete,
{
    type Completer = C;

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<C::Outcome> {
        match &mut self.future {
            Some(future) => future.as_mut().poll(context),
            None => Poll::Ready(C::failed(CallError::Cancelled(self.site))),
        }
    }

    fn cancel(&mut self) -> Signal {
        let begun = (self.begun)();
        self.future = None;
        Signal::Arrived(if begun { Cancel::Signalled } else { Cancel::Dequeued })
    }
}
