//! The usual way of a call through the layers: its first attempt goes to a worker at once and succeeds.
//!
//! Most calls wait for nothing but their worker. No task drives such a call: whoever completes the
//! attempt sees to the layers there and then, and completes the call. Whatever else may happen to it
//! (a wait for a limit, copies, another attempt, a fallback) is the business of a future, which is
//! made when it happens, out of what there is by then.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use super::drive::Drive;
use super::sent::{Due, Next, Sent};
use super::timer_queue::Timed;
use crate::CallError;
use crate::call::CallOptions;
use crate::error::CallSite;
use crate::future::{
    Cancel, Completer, Custody, DrivenFuture, OnCancel, Outcome, Relay, RelayRef, Relayed, Signal,
    Taken, TaskFuture, future_driven, relay,
};
use crate::panics;
use crate::pool::Pool;
use crate::shared::running::Within;
use crate::shared::{QueuePlace, StockedArc};
use crate::worker::Method;

/// The way of a call whose first attempt was sent.
pub(crate) struct FirstAttempt<M: Method> {
    /// The attempt waits for its worker no more. Relaxed: a hint for those who clear up.
    over: AtomicBool,
    /// What drives the call on, if anything does.
    driver: OnceLock<Weak<dyn OnCancel>>,
    /// Whoever takes it for good decides what follows.
    waiting: Custody<Option<Waiting<M>>>,
}

struct Waiting<M: Method> {
    sent: Sent<M>,
    /// Until the call is completed.
    completer: Option<Completer<M::Output, M::Error>>,
    /// The deadline of the call in which it was made.
    within: Option<Instant>,
}

type InHand<'a, M> = Taken<'a, Option<Waiting<M>>>;

/// The attempt has ended.
const WOKEN: u8 = 1;
/// The call was cancelled.
const CANCELLED: u8 = 2;
/// It is time to look at the attempt.
const LOOK: u8 = 4;

/// Sends the first attempt of a call off, if nothing stands in its way.
///
/// The attempt leaves when all that belongs to it is written, and is not touched afterwards: from then
/// on the worker writes to the same lines.
pub(super) fn start<M: Method>(
    pool: &StockedArc<Pool<M::Worker>>,
    options: Option<Arc<CallOptions>>,
    within: Option<Instant>,
    place: Option<QueuePlace>,
    args: M::Args,
) -> TaskFuture<M::Output, M::Error> {
    let first = || {
        let sent = Sent::new(Drive::new(pool.clone(), options, within, place));
        FirstAttempt::<M>::new(Waiting { sent, completer: None, within })
    };
    // SAFETY: the future is kept to the end of this function.
    let Relayed { relay: attempt, waker, completer, future } =
        unsafe { relay(pool.shared.id, first) };
    // SAFETY: nobody else knows the attempt yet.
    let mut waiting = unsafe { attempt.waiting.first() };
    let Some(Waiting { sent, completer: place, .. }) = &mut *waiting else {
        unreachable!("it was made with it")
    };
    *place = Some(completer);
    let leave = match panics::caught(FirstAttempt::<M>::SITE, || {
        sent.drive.tell_started();
        sent.pack();
        sent.leave_to_send(&args)
    }) {
        Ok(Some(leave)) => leave,
        Ok(None) => {
            attempt.drive_on(waiting, args);
            return future;
        }
        Err(panic) => {
            panics::contain(|| drop(args));
            attempt.complete(waiting, Err(CallError::Panicked(Box::new(panic))));
            return future;
        }
    };
    let made = sent.make(args);
    // False if it has ended already, which is seen next.
    sent.call.register(waker);
    // While nobody else can end it: what clears up afterwards finds the entry.
    let watched = leave.look_at.is_none_or(|at| sent.look_again(at, &attempt));
    if watched {
        FirstAttempt::attend(&attempt, waiting, 0);
    } else {
        attempt.go_on(waiting, Next::Watch(None));
    }
    if let Some((call, copies)) = made {
        pool.dispatch(call, copies.as_ref());
    }
    future
}

impl<M: Method> Relay for FirstAttempt<M> {
    type Output = M::Output;
    type Error = M::Error;

    const SITE: CallSite = CallSite::new(const { &M::SPEC });

    fn woken(this: &RelayRef<Self>) {
        if let Some(waiting) = this.waiting.take_or_note(WOKEN) {
            Self::attend(this, waiting, 0);
        }
    }

    fn cancelled(this: &RelayRef<Self>) -> Signal {
        let told = Signal::Arrived(Cancel::Signalled);
        if this.driver.get().is_none()
            && let Some(waiting) = this.waiting.take_or_note(CANCELLED)
        {
            return Signal::Arrived(this.cancel(waiting));
        }
        // Who found the note set the driver before he looked for notes; if he did so before there
        // was one, the driver has to be told.
        let driver = this.driver.get().and_then(Weak::upgrade);
        driver.map_or(told, Signal::For)
    }
}

impl<M: Method> FirstAttempt<M> {
    #[inline(always)]
    fn new(waiting: Waiting<M>) -> Self {
        let (over, driver) = (AtomicBool::new(false), OnceLock::new());
        Self { over, driver, waiting: Custody::new(Some(waiting)) }
    }

    /// Does what there is to do, and gives the attempt back if it waits on.
    fn attend(this: &RelayRef<Self>, waiting: InHand<'_, M>, notes: u8) {
        let (mut waiting, mut notes) = (waiting, notes);
        loop {
            let Some(Waiting { sent, .. }) = &mut *waiting else { return };
            if notes & CANCELLED != 0 {
                let _ = this.cancel(waiting);
                return;
            }
            if sent.call.is_done() {
                let call = mem::replace(&mut sent.call, TaskFuture::taken());
                return match call.into_done() {
                    Some(outcome) => this.end(waiting, outcome),
                    None => unreachable!("seen above"),
                };
            }
            let due = if notes & LOOK == 0 { None } else { sent.due() };
            match due {
                None => {}
                Some(Due::At(next)) if sent.look_again(next, this) => {}
                Some(Due::At(_) | Due::Copy) => return this.go_on(waiting, Next::Watch(None)),
                Some(Due::Timeout(timeout)) => {
                    // Which cancels the attempt.
                    let call = mem::replace(&mut sent.call, TaskFuture::taken());
                    panics::contain(move || drop(call));
                    return this.end(waiting, Err(CallError::TimedOut(timeout)));
                }
            }
            waiting = match waiting.give_back() {
                Ok(()) => return,
                Err(waiting) => waiting,
            };
            notes = waiting.notes();
        }
    }

    /// The attempt has ended with this outcome.
    fn end(&self, mut waiting: InHand<'_, M>, outcome: Outcome<M::Output, M::Error>) {
        // What follows may run code of the user's, which may wait for whoever was about to be woken.
        concurry_time::wake_held();
        let Some(Waiting { sent, within, .. }) = &mut *waiting else { return };
        let next = {
            let _within = Within::enter(*within);
            panics::caught(Self::SITE, || sent.decide(outcome))
        };
        match next {
            Ok(Next::Over(outcome)) => self.complete(waiting, outcome),
            Ok(next) => self.go_on(waiting, next),
            Err(panic) => self.complete(waiting, Err(CallError::Panicked(Box::new(panic)))),
        }
    }

    fn complete(&self, mut waiting: InHand<'_, M>, outcome: Outcome<M::Output, M::Error>) {
        self.over.store(true, Ordering::Relaxed);
        let completer = waiting.as_mut().and_then(|waiting| {
            waiting.sent.leave_timers();
            waiting.completer.take()
        });
        // In its place. Its destructors are foreign code; and it may cancel the attempt.
        panics::contain(|| *waiting = None);
        if let Some(completer) = completer {
            completer.complete(outcome);
        }
    }

    fn cancel(&self, waiting: InHand<'_, M>) -> Cancel {
        let begun = waiting.as_ref().is_some_and(|waiting| waiting.sent.has_begun());
        self.complete(waiting, Err(CallError::Cancelled(Self::SITE)));
        if begun { Cancel::Signalled } else { Cancel::Dequeued }
    }

    /// Lets a future drive the call on.
    #[cold]
    fn go_on(&self, mut waiting: InHand<'_, M>, next: Next<M>) {
        self.over.store(true, Ordering::Relaxed);
        let Some(Waiting { sent, completer: Some(completer), within }) = waiting.take() else {
            return;
        };
        sent.clear_timers();
        self.drive(
            &waiting,
            future_driven(Self::SITE, within, sent.go_on(next), completer, || true),
        );
    }

    /// Lets a future drive the call from its start.
    #[cold]
    fn drive_on(&self, mut waiting: InHand<'_, M>, args: M::Args) {
        self.over.store(true, Ordering::Relaxed);
        let Some(Waiting { sent, completer: Some(completer), within }) = waiting.take() else {
            return;
        };
        let first = sent.environment.clone();
        let begun = move || first.as_ref().is_some_and(|first| first.has_begun());
        let run = sent.into_drive().run(args);
        self.drive(&waiting, future_driven(Self::SITE, within, run, completer, begun));
    }

    fn drive(&self, waiting: &InHand<'_, M>, driven: DrivenFuture) {
        let _ = self.driver.set(driven.hook());
        if waiting.notes() & CANCELLED != 0 { driven.cancel() } else { driven.begin() }
    }
}

impl<M: Method> Timed for RelayRef<FirstAttempt<M>> {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn look(&self) {
        if let Some(waiting) = self.waiting.take_or_note(LOOK) {
            FirstAttempt::attend(self, waiting, LOOK);
        }
    }
}
