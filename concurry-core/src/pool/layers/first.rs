//! The usual way of a call through the layers: its first attempt goes to a worker at once and succeeds.
//!
//! Most calls wait for nothing but their worker. No task drives such a call: whoever completes the
//! attempt sees to the layers there and then, and completes the call. Whatever else may happen to it
//! (a wait for a limit, copies, another attempt, a fallback) is the business of a future, which is
//! made when it happens, out of what there is by then.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use super::any_pool::PoolOwner;
use super::arguments::Arguments;
use super::drive::Drive;
use super::failure::{CallCompleter, Ending};
use super::sent::{Due, Next, Sent};
use super::timer_queue::Timed;
use super::types::MethodTypes;
use crate::CallError;
use crate::call::CallOptions;
use crate::error::Timeout;
use crate::future::{
    Cancel, Complete, Custody, Done, DrivenFuture, OnCancel, Relay, RelayRef, Relayed, Signal,
    Taken, UntypedCompleter, UntypedFuture, future_driven, relay,
};
use crate::panics;
use crate::shared::QueuePlace;
use crate::shared::running::Within;

/// The way of a call whose first attempt was sent.
pub(crate) struct FirstAttempt {
    /// The attempt waits for its worker no more. Relaxed: a hint for those who clear up.
    over: AtomicBool,
    /// What drives the call on, if anything does.
    driver: OnceLock<Box<Weak<dyn OnCancel>>>,
    /// Whoever takes it for good decides what follows.
    waiting: Custody<Option<Waiting>>,
}

struct Waiting {
    sent: Sent,
    /// Until the call is completed.
    completer: Option<UntypedCompleter>,
}

type InHand<'a> = Taken<'a, Option<Waiting>>;

impl Waiting {
    fn take_completer(&mut self) -> Option<CallCompleter> {
        let types = self.sent.drive.types();
        // SAFETY: it was made for the method's outcomes, and gets those of its calls.
        self.completer.take().map(|completer| unsafe { CallCompleter::new(completer, types) })
    }

    fn part(mut self) -> Option<(Sent, CallCompleter)> {
        let completer = self.take_completer()?;
        Some((self.sent, completer))
    }
}

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
pub(super) fn start(
    pool: &dyn PoolOwner,
    types: &'static MethodTypes,
    options: Option<Arc<CallOptions>>,
    within: Option<Instant>,
    place: Option<QueuePlace>,
    args: &mut dyn Arguments,
) -> UntypedFuture {
    let id = pool.pool().shared().id;
    let first = || {
        let sent = Sent::new(Drive::new(pool.share(), options, types, within));
        FirstAttempt::new(Waiting { sent, completer: None })
    };
    // SAFETY: the table is that of the method, and the future is kept to the end of this function.
    let Relayed { relay: attempt, waker, completer, future } =
        unsafe { relay(types.relay, id, first) };
    // SAFETY: nobody else knows the attempt yet.
    let mut waiting = unsafe { attempt.waiting.first() };
    let Some(Waiting { sent, completer: completes }) = &mut *waiting else {
        unreachable!("it was made with it")
    };
    *completes = Some(completer);
    if within.is_some() {
        sent.drive.rest_mut().within = within;
    }
    let leave = match panics::caught(types.site(), || {
        sent.drive.tell_started();
        sent.pack(place);
        // SAFETY: the room is for arguments before the outcome is there, and the spare ones are
        // dropped before the completer.
        unsafe { sent.leave_to_send(args, attempt.room()) }
    }) {
        Ok(Some(leave)) => leave,
        Ok(None) => {
            attempt.drive_on(waiting, args.boxed());
            return future;
        }
        Err(panic) => {
            panics::contain(|| drop(args.boxed()));
            attempt.complete(waiting, Err(CallError::Panicked(Box::new(panic)).into()));
            return future;
        }
    };
    let made = sent.make(args);
    match &made {
        // SAFETY: it was made just now, and was not sent.
        Some(_) => unsafe { sent.call.register_first(waker) },
        None => {
            // False if it has ended already, which is seen next.
            sent.call.register(waker);
        }
    }
    match (leave.look_at, &made) {
        // SAFETY: the call was not sent, and the future is still here.
        (None, Some(_)) => unsafe { waiting.give_back_first() },
        // While nobody else can end it: what clears up afterwards finds the entry.
        (Some(at), _) if !sent.look_again(at, &attempt) => {
            attempt.go_on(waiting, Next::Watch(None));
        }
        _ => FirstAttempt::attend(&attempt, waiting, 0),
    }
    if let Some((call, copies)) = made {
        // SAFETY: a call of the method, made just now.
        unsafe { pool.pool().dispatch(call, copies.as_ref()) };
    }
    future
}

impl Relay for FirstAttempt {
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
        let driver = this.driver.get().and_then(|driver| driver.upgrade());
        driver.map_or(told, Signal::For)
    }
}

impl FirstAttempt {
    #[inline(always)]
    fn new(waiting: Waiting) -> Self {
        let (over, driver) = (AtomicBool::new(false), OnceLock::new());
        Self { over, driver, waiting: Custody::new(Some(waiting)) }
    }

    /// Does what there is to do, and gives the attempt back if it waits on.
    fn attend(this: &RelayRef<Self>, waiting: InHand<'_>, notes: u8) {
        let (mut waiting, mut notes) = (waiting, notes);
        loop {
            let Some(Waiting { sent, .. }) = &mut *waiting else { return };
            if notes & CANCELLED != 0 {
                let _ = this.cancel(waiting);
                return;
            }
            match sent.call.take().map(UntypedFuture::into_done) {
                Some(Ok(done)) => return this.end(waiting, Ok(done)),
                Some(Err(call)) => sent.call = call,
                None => {}
            }
            let due = if notes & LOOK == 0 { None } else { sent.due() };
            match due {
                None => {}
                Some(Due::At(next)) if sent.look_again(next, this) => {}
                Some(Due::At(_) | Due::Copy) => return this.go_on(waiting, Next::Watch(None)),
                Some(Due::Timeout(timeout)) => {
                    if let Some(environment) = &sent.environment {
                        environment.note_timeout();
                    }
                    // Which cancels the attempt.
                    let call = sent.call.take();
                    panics::contain(move || drop(call));
                    return this.end(waiting, Err(timeout));
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
    fn end(&self, mut waiting: InHand<'_>, outcome: Result<Done, Timeout>) {
        // What follows may run code of the user's, which may wait for whoever was about to be woken.
        concurry_time::wake_held();
        let Some(Waiting { sent, .. }) = &mut *waiting else { return };
        let next = {
            let _within = Within::enter(sent.drive.within());
            panics::caught(sent.drive.site(), || sent.decide(outcome))
        };
        match next {
            Ok(Next::Over(outcome)) => self.complete(waiting, outcome),
            Ok(next) => self.go_on(waiting, next),
            Err(panic) => self.complete(waiting, Err(CallError::Panicked(Box::new(panic)).into())),
        }
    }

    fn complete(&self, mut waiting: InHand<'_>, outcome: Ending) {
        self.over.store(true, Ordering::Relaxed);
        let timers = waiting.as_ref().and_then(|waiting| waiting.sent.leave_timers());
        let completer = waiting.as_mut().and_then(Waiting::take_completer);
        // In its place. Its destructors are foreign code; and it may cancel the attempt.
        panics::contain(|| *waiting = None);
        if let Some(completer) = completer {
            completer.complete(outcome);
        }
        if let Some(timers) = timers {
            timers.wake();
        }
    }

    fn cancel(&self, waiting: InHand<'_>) -> Cancel {
        let Some(Waiting { sent, .. }) = &*waiting else { return Cancel::TooLate };
        let (begun, site) = (sent.has_begun(), sent.drive.site());
        self.complete(waiting, Err(CallError::Cancelled(site).into()));
        if begun { Cancel::Signalled } else { Cancel::Dequeued }
    }

    /// Lets a future drive the call on.
    #[cold]
    fn go_on(&self, mut waiting: InHand<'_>, next: Next) {
        self.over.store(true, Ordering::Relaxed);
        let Some((mut sent, completer)) = waiting.take().and_then(Waiting::part) else { return };
        let timers = sent.leave_timers();
        sent.clear_timers();
        let (site, within) = (sent.drive.site(), sent.drive.within());
        self.drive(&waiting, future_driven(site, within, sent.go_on(next), completer, || true));
        if let Some(timers) = timers {
            timers.wake();
        }
    }

    /// Lets a future drive the call from its start.
    #[cold]
    fn drive_on(&self, mut waiting: InHand<'_>, args: Box<dyn Arguments>) {
        self.over.store(true, Ordering::Relaxed);
        let Some((sent, completer)) = waiting.take().and_then(Waiting::part) else { return };
        let first = sent.environment.clone();
        let begun = move || first.as_ref().is_some_and(|first| first.has_begun());
        let (site, mut drive) = (sent.drive.site(), sent.into_drive());
        let within = drive.within();
        let run = async move {
            let mut args = args;
            drive.run(&mut *args).await
        };
        self.drive(&waiting, future_driven(site, within, run, completer, begun));
    }

    fn drive(&self, waiting: &InHand<'_>, driven: DrivenFuture) {
        let _ = self.driver.set(Box::new(driven.hook()));
        if waiting.notes() & CANCELLED != 0 { driven.cancel() } else { driven.begin() }
    }
}

impl Timed for RelayRef<FirstAttempt> {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn look(&self) {
        if let Some(waiting) = self.waiting.take_or_note(LOOK) {
            FirstAttempt::attend(self, waiting, LOOK);
        }
    }
}

// With its header and a small outcome it lies on five cache lines, which travel to the worker and back.
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(concurry_loom)))]
const _: () = assert!(size_of::<FirstAttempt>() <= 5 * 64 - 72);
