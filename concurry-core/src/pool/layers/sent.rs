//! A call's first attempt while it is with a worker, and what follows from its end.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use concurry_retry::{BreakerPermit, CircuitBreaker, ClosedPass, CopyPlan, Outcome as Health};

use super::arguments::{Arguments, Spare};
use super::attempt::SentCopy;
use super::attempts::{Retry, Settled};
use super::breakers::Breakers;
use super::drive::{Drive, Ended};
use super::failure::{Ending, Failure};
use super::first::FirstAttempt;
use super::hedging::Race;
use super::times::Look;
use crate::call::{Copies, EnvironmentRef};
use crate::error::Timeout;
use crate::future::{Done, PoolSide, RelayRef, UntypedFuture};
use crate::nanoseconds::nanoseconds;
use crate::shared::QueuePlace;

/// A first attempt that is with a worker.
pub(super) struct Sent {
    pub(super) breaker: Guard,
    pub(super) drive: Drive,
    /// Gone before it was made and after its end.
    pub(super) call: UntypedFuture,
    /// `None` once the attempt was settled.
    pub(super) environment: Option<EnvironmentRef>,
    pub(super) spare: Option<Spare>,
    /// After how many nanoseconds a copy is made, if it is hedged.
    hedge: Option<NonZeroU64>,
}

/// The breaker's leave for an attempt.
pub(super) enum Guard {
    /// Nobody was asked, or it has been told.
    None,
    /// Of the one breaker of the method, which was closed.
    Pass(ClosedPass),
    /// Of this breaker, which was closed.
    Keyed(CircuitBreaker, ClosedPass),
    /// Of any breaker in any state.
    Permit(Box<BreakerPermit<'static>>),
}

/// What follows from a first attempt.
pub(super) enum Next {
    /// Nothing: the outcome of the call.
    Over(Ending),
    /// Another attempt after a wait.
    Again(Retry),
    /// The error is answered by somebody else.
    FallBack(Failure),
    /// It is watched on, and perhaps gets further copies beside it. It may have failed.
    Watch(Option<Ended>),
}

/// What the time says of an attempt that has not ended.
pub(super) enum Due {
    /// Nothing before that moment.
    At(Instant),
    /// It has run out.
    Timeout(Timeout),
    /// A copy is to be made.
    Copy,
}

impl Sent {
    /// Of a call whose first attempt was not made yet. Inlined, so that it is written where it stays.
    #[inline(always)]
    pub(super) fn new(drive: Drive) -> Self {
        Self {
            breaker: Guard::None,
            drive,
            call: UntypedFuture::gone(),
            environment: None,
            spare: None,
            hedge: None,
        }
    }

    /// Makes what the attempt brings along.
    #[inline(always)]
    pub(super) fn pack(&mut self, place: Option<QueuePlace>) {
        self.drive.attempt = 1;
        self.environment = Some(self.drive.first_environment(place));
    }

    /// A copy is made after so long.
    pub(super) fn hedge_after(&mut self, delay: Option<Duration>) {
        self.hedge = delay.map(nanoseconds).and_then(NonZeroU64::new);
    }

    fn hedge(&self) -> Option<Duration> {
        self.hedge.map(|nanoseconds| Duration::from_nanos(nanoseconds.get()))
    }

    /// The first attempt begins with the call.
    fn began(&self) -> Option<Instant> {
        self.drive.started
    }

    /// When it was sent, if somebody watches.
    fn sent(&mut self) -> Option<Instant> {
        self.drive.rest()?.sent
    }

    /// Says how the attempt went.
    fn tell_breaker(&mut self, health: Health) {
        match std::mem::replace(&mut self.breaker, Guard::None) {
            Guard::None => {}
            Guard::Pass(pass) => {
                if let Some(Breakers::One(breaker)) = &self.drive.layers().breaker {
                    breaker.record(pass, health);
                }
            }
            Guard::Keyed(breaker, pass) => breaker.record(pass, health),
            Guard::Permit(permit) => permit.record(health),
        }
    }

    /// Makes the first attempt, to be sent to a worker, with its copies. A batched one is on its way.
    #[inline]
    pub(super) fn make(
        &mut self,
        args: &mut dyn Arguments,
    ) -> Option<(PoolSide, Option<Arc<Copies>>)> {
        let drive = &mut self.drive;
        drive.tell_attempt_started();
        // Only where each worker has a queue of its own does a later copy have to know where this
        // one went.
        let copies = (self.hedge.is_some() && drive.pool.has_places()).then(Arc::<Copies>::default);
        let environment = self.environment.as_mut()?.share_first();
        drive.mark(&environment, copies.as_ref().map(|copies| (copies, 1)));
        if drive.is_watched() {
            let now = drive.shared().clock.now();
            drive.rest_mut().sent = Some(now);
        }
        let (call, future) = drive.make(args, environment);
        self.call = future;
        call.map(|call| (call, copies))
    }

    /// Gives the call up for one that is driven from its start.
    pub(super) fn into_drive(self) -> Drive {
        let Self { mut drive, environment, .. } = self;
        drive.rest_mut().first = environment;
        drive
    }

    /// Has it looked at again. False if it needs a timer of its own.
    pub(super) fn look_again(&self, at: Instant, attempt: &RelayRef<FirstAttempt>) -> bool {
        let timers = self.drive.layers().timers.as_ref();
        timers.map(|timers| timers.push(at, attempt.clone())).is_some()
    }

    /// The attempt is over, or need no longer be looked at. What is to be woken for it comes last.
    #[must_use = "the timer may have to be set"]
    pub(super) fn leave_timers(&self) -> Option<Waker> {
        let has_entry = !self.drive.times().are_unbounded() || self.hedge.is_some();
        let timers = self.drive.layers().timers.as_ref().filter(|_| has_entry)?;
        timers.ended()
    }

    /// The attempt is about to need no timer any more.
    pub(super) fn clear_timers(&self) {
        if let Some(timers) = &self.drive.layers().timers {
            timers.clear();
        }
    }

    /// Whether a worker has begun it.
    pub(super) fn has_begun(&self) -> bool {
        self.environment.as_ref().is_some_and(|environment| environment.has_begun())
    }

    /// What is due now.
    pub(super) fn due(&self) -> Option<Due> {
        let now = self.drive.shared().clock.now();
        let times = self.drive.times();
        let begun = self.environment.as_ref().and_then(|environment| environment.begun());
        let over = match times.look(begun, now) {
            Look::Over(timeout) => return Some(Due::Timeout(timeout)),
            Look::Until(over) => over,
        };
        let copy = self.hedge().and_then(|delay| self.began()?.checked_add(delay));
        if copy.is_some_and(|copy| copy <= now) {
            return Some(Due::Copy);
        }
        over.into_iter().chain(copy).min().map(Due::At)
    }

    /// The attempt has ended: what follows.
    pub(super) fn decide(&mut self, outcome: Result<Done, Timeout>) -> Next {
        let drive = &mut self.drive;
        let outcome = match outcome {
            Ok(done) => drive.judge(done),
            Err(timeout) => Err(Failure::timed_out(timeout)),
        };
        if let (Some(_), Some(began), Ok(_)) = (self.hedge, drive.started, &outcome)
            && let Some(hedger) = &drive.layers().hedger
        {
            let now = drive.shared().clock.now();
            hedger.record(now.saturating_duration_since(began), now);
        }
        let environment = self.environment.take();
        if outcome.is_ok() && !drive.is_watched() {
            // Nearly all calls: the same as below, with nobody to tell of it.
            drop(environment);
            self.tell_breaker(Health::Success);
            self.drive.succeeded();
            return Next::Over(outcome);
        }
        let ended = Ended { environment, sent: self.sent(), ..Ended::of(outcome) };
        let ended = self.drive.heed_time(ended);
        match self.hedge {
            Some(_) if ended.outcome.is_err() => Next::Watch(Some(ended)),
            _ => self.settle(ended),
        }
    }

    fn settle(&mut self, ended: Ended) -> Next {
        if !matches!(self.breaker, Guard::None) {
            let health = self.drive.health(&ended.outcome);
            self.tell_breaker(health);
        }
        let began = self.began();
        let drive = &mut self.drive;
        match drive.settle(ended, began) {
            Settled::Done(Err(error)) if drive.falls_back(&error) => {
                drive.tell_done(false);
                Next::FallBack(error)
            }
            Settled::Done(outcome) => {
                drive.tell_done(outcome.is_ok());
                Next::Over(outcome)
            }
            Settled::Again(retry) => Next::Again(retry),
        }
    }

    /// What follows, to the outcome of the call.
    pub(super) async fn go_on(mut self, next: Next) -> Ending {
        let mut next = next;
        loop {
            match next {
                Next::Over(outcome) => return outcome,
                Next::Again(retry) => return self.drive.go_on(retry, self.spare).await,
                Next::FallBack(error) => return self.drive.fall_back(error, self.spare).await,
                Next::Watch(failed) => {
                    let ended = self.watch(failed).await;
                    next = self.settle(ended);
                }
            }
        }
    }

    /// The end of the attempt, with the copies that it gets.
    async fn watch(&mut self, failed: Option<Ended>) -> Ended {
        let sent = self.sent();
        let first = match (failed, self.environment.take()) {
            (Some(ended), _) => First::Ended(ended),
            (None, Some(environment)) => {
                let Some(call) = self.call.take() else { unreachable!("it was made") };
                let limit_wait = Duration::ZERO;
                First::Runs(SentCopy { number: 1, call, environment, limit_wait, sent })
            }
            (None, None) => unreachable!("it was not settled"),
        };
        let drive = &self.drive;
        let layers = drive.layers();
        let (Some(hedger), Some(spare), Some(began), Some(delay)) =
            (&layers.hedger, &self.spare, self.began(), self.hedge())
        else {
            return first.ended(drive).await;
        };
        let keyed: CircuitBreaker;
        let breaker = match &layers.breaker {
            None => None,
            Some(Breakers::One(breaker)) => Some(breaker),
            Some(Breakers::Keyed { of, .. }) => {
                keyed = of(spare.copy().get());
                Some(&keyed)
            }
        };
        let copies = first.environment().map(|first| drive.join_copies(first, 1));
        let copies = copies.unwrap_or_default();
        let mut plan = CopyPlan::new(hedger.copies(), delay);
        plan.start(began);
        let race = Race { copies: &copies, began, plan, spare, hedger, breaker };
        drive.race_copies(first.ended(drive), race).await
    }
}

/// The first copy, when others may follow.
enum First {
    Ended(Ended),
    Runs(SentCopy),
}

impl First {
    fn environment(&self) -> Option<&EnvironmentRef> {
        match self {
            Self::Ended(ended) => ended.environment.as_ref(),
            Self::Runs(copy) => Some(&copy.environment),
        }
    }

    async fn ended(self, drive: &Drive) -> Ended {
        match self {
            Self::Ended(ended) => ended,
            Self::Runs(copy) => drive.ended(copy).await,
        }
    }
}
