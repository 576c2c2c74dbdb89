//! The usual way of a call through the layers: its first attempt goes to a worker at once and succeeds.
//!
//! Most calls wait for nothing but their worker. They are polled by hand, in one small allocation;
//! whatever else may happen to a call (a wait for a limit, copies, another attempt, a fallback) is the
//! business of a future that is made when it happens.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use concurry_retry::{BreakerPermit, CircuitBreaker};

use super::arguments::Spare;
use super::attempt::Watch;
use super::attempts::Settled;
use super::breakers::Breakers;
use super::drive::{Drive, Ended};
use crate::CallError;
use crate::call::CallEnvironment;
use crate::future::{Cancel, Drive as Driven, Outcome, Signal, TaskFuture};
use crate::worker::Method;

/// A call on its way, as it is polled.
pub(super) struct Layered<M: Method> {
    way: Way<M>,
    /// What the first attempt of another way brings along: tells a cancel whether anything has begun.
    first: Option<Arc<CallEnvironment>>,
    /// Its first attempt was made.
    begun: bool,
}

enum Way<M: Method> {
    First(Box<First<M>>),
    Other(Other<M>),
    Cancelled,
}

type Other<M> =
    Pin<Box<dyn Future<Output = Outcome<<M as Method>::Output, <M as Method>::Error>> + Send>>;

/// A first attempt that is with a worker.
struct First<M: Method> {
    drive: Drive<M>,
    call: TaskFuture<M::Output, M::Error>,
    watch: Watch,
    environment: Arc<CallEnvironment>,
    breaker: Option<BreakerPermit<'static>>,
    spare: Option<Spare<M>>,
    began: Option<Instant>,
    sent: Option<Instant>,
}

impl<M: Method> Layered<M> {
    /// Sends the first attempt off, if nothing stands in its way.
    pub(super) fn start(mut drive: Drive<M>, args: M::Args) -> Self {
        let leave = match drive.leave_to_send(&args) {
            Some(leave) => leave,
            None => {
                let first = drive.first();
                return Self { way: Way::Other(Box::pin(drive.run(args))), first, begun: false };
            }
        };
        let spare = if drive.layers().wants_spare() { Spare::of(&args) } else { None };
        drive.attempt = 1;
        let began = drive.start_of_attempt();
        drive.tell_attempt_started();
        let environment = drive.environment_with(leave.permit, None);
        let sent = drive.is_watched().then(|| drive.shared().clock.now());
        let call = drive.send(args, &environment).cancel_on_drop();
        let watch = drive.watch();
        let breaker = leave.breaker;
        let way = First { drive, call, watch, environment, breaker, spare, began, sent };
        Self { way: Way::First(Box::new(way)), first: None, begun: false }
    }
}

/// What a first attempt needs before it is sent.
struct Leave {
    permit: Option<concurry_limits::Permit<'static>>,
    breaker: Option<BreakerPermit<'static>>,
}

impl<M: Method> Drive<M> {
    /// Takes what the first attempt needs. `None` if it has to wait, is refused or is hedged: then
    /// nothing was taken.
    fn leave_to_send(&self, args: &M::Args) -> Option<Leave> {
        let layers = self.layers();
        if layers.hedger.is_some() || self.is_late() {
            return None;
        }
        let breaker = match &layers.breaker {
            None => None,
            Some(Breakers::One(breaker)) => Some(breaker.try_acquire_owned().ok()?),
            Some(Breakers::Keyed { of, .. }) => {
                let breaker: CircuitBreaker = of(args);
                Some(breaker.try_acquire_owned().ok()?)
            }
        };
        let permit = match self.request(args) {
            None => None,
            Some(mut request) => {
                let mut context = Context::from_waker(Waker::noop());
                match Pin::new(&mut request).poll(&mut context) {
                    Poll::Ready(acquired) => Some(acquired.ok()?),
                    Poll::Pending => return None,
                }
            }
        };
        Some(Leave { permit, breaker })
    }
}

impl<M: Method> First<M> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome<M::Output, M::Error>> {
        let Self { drive, call, watch, environment, .. } = self;
        if let Poll::Ready(outcome) = Pin::new(call).poll(context) {
            return Poll::Ready(outcome);
        }
        let begun = || environment.begun.get().copied();
        watch
            .poll(&drive.shared().clock, begun, context)
            .map(|timeout| Err(CallError::TimedOut(timeout)))
    }

    /// The attempt has ended: the outcome of the call, or how it goes on.
    fn ended(
        self,
        outcome: Outcome<M::Output, M::Error>,
    ) -> Result<Outcome<M::Output, M::Error>, Other<M>> {
        let Self { mut drive, call, environment, breaker, spare, began, sent, .. } = self;
        // After a timeout this cancels the attempt.
        drop(call);
        let outcome = outcome.and_then(|output| drive.accept(output));
        if let Some(permit) = breaker {
            permit.record(drive.health(&outcome));
        }
        let ended = Ended {
            copy: 1,
            outcome,
            environment: Some(environment),
            limit_wait: Duration::ZERO,
            sent,
            others: Vec::new(),
        };
        match drive.settle(ended, began) {
            Settled::Done(Err(error)) if drive.falls_back(&error) => Err(Box::pin(async move {
                drive.tell_done(false);
                drive.fall_back(error, spare).await
            })),
            Settled::Done(outcome) => {
                drive.tell_done(outcome.is_ok());
                Ok(outcome)
            }
            Settled::Again(wait) => Err(Box::pin(drive.go_on(wait, spare))),
        }
    }
}

impl<M: Method> Driven for Layered<M> {
    type Output = M::Output;
    type Error = M::Error;

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Outcome<M::Output, M::Error>> {
        loop {
            match &mut self.way {
                Way::First(first) => {
                    let Poll::Ready(outcome) = first.poll(context) else { return Poll::Pending };
                    let Way::First(first) = std::mem::replace(&mut self.way, Way::Cancelled) else {
                        unreachable!("looked at above")
                    };
                    match first.ended(outcome) {
                        Ok(outcome) => return Poll::Ready(outcome),
                        Err(other) => {
                            self.way = Way::Other(other);
                            self.begun = true;
                        }
                    }
                }
                Way::Other(other) => return other.as_mut().poll(context),
                Way::Cancelled => {
                    return Poll::Ready(Err(CallError::Cancelled(Drive::<M>::site())));
                }
            }
        }
    }

    fn cancel(&mut self) -> Signal {
        let begun = match &self.way {
            Way::First(first) => first.environment.has_begun(),
            _ => self.begun || self.first.as_ref().is_some_and(|first| first.has_begun()),
        };
        self.way = Way::Cancelled;
        Signal::Arrived(if begun { Cancel::Signalled } else { Cancel::Dequeued })
    }
}

/// In sync mode the call is polled where it is made.
impl<M: Method> Future for Layered<M> {
    type Output = Outcome<M::Output, M::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Driven::poll(self.get_mut(), context)
    }
}

impl<M: Method> Unpin for Layered<M> {}
