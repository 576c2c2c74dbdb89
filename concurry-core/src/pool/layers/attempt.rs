//! One attempt, or one copy of it: its limits, the queue, and the time it may run.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use concurry_limits::{Acquire, LimitError, Permit};
use concurry_time::Sleep;

use super::any_pool;
use super::arguments::Arguments;
use super::drive::{Drive, Ended};
use super::failure::{Ending, Failure, Kind};
use super::times::{Look, Times};
use super::waiting::{Throttled, until};
use crate::CallError;
use crate::call::{Attempt, CallEnvironment, CallPermit, Copies, CopyOfCall, EnvironmentRef};
use crate::error::{InvalidResult, Timeout};
use crate::event::Event;
use crate::future::{Done, PoolSide, UntypedFuture};
use crate::nanoseconds::nanoseconds;
use crate::progress::Waiting;
use crate::shared::QueuePlace;
use crate::sync::lock;

impl Drive {
    /// Takes the limits, sends the call to a worker and waits for it.
    pub(super) async fn copy(
        &self,
        args: &mut dyn Arguments,
        copy: Option<(&Arc<Copies>, u32)>,
    ) -> Ended {
        let number = copy.map_or(1, |(_, number)| number);
        let (permit, limit_wait) = match self.request(args) {
            None => (None, Duration::ZERO),
            Some(request) => match self.acquire(request).await {
                Ok((permit, waited)) => (Some(permit), waited),
                Err(error) => return Ended { copy: number, ..Ended::of(Err(error)) },
            },
        };
        let environment = self.environment_with(permit, copy);
        let sent = self.is_watched().then(|| self.shared().clock.now());
        let call = self.send(args, &environment);
        self.ended(SentCopy { number, call, environment, limit_wait, sent }).await
    }

    /// Waits for a worker and then for the method, by the deadline and as long as an attempt may
    /// take. Dropping the future cancels the attempt.
    pub(super) async fn ended(&self, copy: SentCopy) -> Ended {
        let SentCopy { number, mut call, environment, limit_wait, sent } = copy;
        let mut watch = Watch { times: self.times(), sleep: None };
        let clock = &self.shared().clock;
        let outcome = poll_fn(|context| {
            if let Poll::Ready(done) = Pin::new(&mut call).poll(context) {
                return Poll::Ready(Ok(done));
            }
            let begun = || environment.begun();
            watch.poll(clock, begun, context).map(|timeout| {
                environment.note_timeout();
                Err(timeout)
            })
        })
        .await;
        // After a timeout this cancels the attempt.
        drop(call);
        let outcome = match outcome {
            Ok(done) => self.judge(done),
            Err(timeout) => Err(Failure::timed_out(timeout)),
        };
        let environment = Some(environment);
        let ended = Ended { copy: number, environment, limit_wait, sent, ..Ended::of(outcome) };
        self.heed_time(ended)
    }

    /// What the attempt brings along: for the first one it is there already.
    pub(super) fn environment_with(
        &self,
        permit: Option<Permit<'static>>,
        copy: Option<(&Arc<Copies>, u32)>,
    ) -> EnvironmentRef {
        if self.attempt == 1 && copy.is_none() {
            let first = lock(&self.rest).as_mut().and_then(|rest| rest.first.take());
            if let Some(first) = first {
                if let Some(permit) = permit {
                    first.permit.put(permit);
                }
                return first;
            }
        }
        let place = {
            let mut rest = lock(&self.rest);
            match rest.as_mut() {
                // The place in the queue goes to the first copy.
                Some(rest) if self.attempt <= 1 => match &rest.first {
                    Some(first) => first.take_place(),
                    None => rest.place.take(),
                },
                _ => None,
            }
        };
        let attempt = self.facts(self.attempt, place);
        let mut environment = CallEnvironment::of_attempt(attempt);
        environment.permit = CallPermit::new(permit);
        let environment = EnvironmentRef::new(environment);
        self.mark(&environment, copy);
        environment
    }

    /// What the first attempt brings along, or the first copy of it. Its permit is put in later.
    ///
    /// Inlined, so that it is written where it stays.
    #[inline(always)]
    pub(super) fn first_environment(&self, place: Option<QueuePlace>) -> EnvironmentRef {
        let attempt = self.facts(1, place);
        EnvironmentRef::made(|| CallEnvironment::of_attempt(attempt))
    }

    /// Of an attempt that has not begun.
    #[inline(always)]
    fn facts(&self, number: u32, place: Option<QueuePlace>) -> Attempt {
        let now = || self.shared().clock.now();
        let since = self.is_timed().then(|| self.started.unwrap_or_else(now));
        let key = self.options.as_deref().and_then(|options| options.idempotency_key.clone());
        Attempt {
            call: self.call,
            number,
            deaths: self.deaths(),
            deadline: self.deadline,
            idempotency_key: key,
            trace: self.trace.clone(),
            place,
            since,
        }
    }

    /// Whether anybody wants to know when an attempt begins.
    fn is_timed(&self) -> bool {
        self.layers().hedger.is_some() || self.timeout().is_some() || self.is_watched()
    }

    /// Says of an attempt that is to be sent which copy it is, if there are several.
    pub(super) fn mark(&self, environment: &CallEnvironment, copy: Option<(&Arc<Copies>, u32)>) {
        if let Some((copies, copy)) = copy {
            environment.copy.get_or_init(|| Box::new(self.copy_of_call(copies, copy)));
        }
    }

    fn copy_of_call(&self, copies: &Arc<Copies>, copy: u32) -> CopyOfCall {
        let call = (self.call, self.site(), self.attempt);
        CopyOfCall::new((copies, copy), call, self.shared())
    }

    /// Says of an attempt that was sent alone that it gets copies.
    pub(super) fn join_copies(&self, environment: &CallEnvironment, copy: u32) -> Arc<Copies> {
        let new = || Box::new(self.copy_of_call(&Arc::default(), copy));
        Arc::clone(&environment.copy.get_or_init(new).copies)
    }

    /// How many attempts have ended their worker.
    fn deaths(&self) -> u32 {
        if self.attempt <= 1 {
            return 0;
        }
        let rest = lock(&self.rest);
        let history = rest.as_ref().and_then(|rest| rest.history.as_ref());
        let attempts = history.iter().flat_map(|history| history.attempts().records());
        attempts.filter(|record| record.error.kind() == Kind::WorkerDied).count() as u32
    }

    pub(super) fn timeout(&self) -> Option<Duration> {
        let own = self.options.as_deref().and_then(|options| options.timeout);
        own.or(self.layers().timeout)
    }

    /// What the pool takes before dispatch: the call limit, and what the method reserves.
    pub(super) fn request(&self, args: &dyn Arguments) -> Option<Acquire> {
        let limits = &self.shared().limits;
        match &self.layers().reserve {
            Some(reserve) => Some(reserve(limits, args.get())),
            None => limits.call_request(),
        }
    }

    /// The permit, and how long it was waited for.
    async fn acquire(&self, request: Acquire) -> Result<(Permit<'static>, Duration), Failure> {
        let mut request = pin!(request);
        let first = poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await;
        let limits = |error: LimitError| Failure::from(CallError::Limits(Box::new(error)));
        if let Poll::Ready(acquired) = first {
            return acquired.map(|permit| (permit, Duration::ZERO)).map_err(limits);
        }
        let shared = self.shared();
        let throttled = Throttled::new(shared);
        let _shown = self.show_throttled();
        let acquired = self.unless_stopped(until(&shared.clock, self.deadline, request)).await?;
        let waited = throttled.waited();
        drop(throttled);
        // Relaxed: told at the end, by whoever has the call.
        AtomicU64::fetch_add(&self.throttled, nanoseconds(waited), Ordering::Relaxed);
        match acquired {
            Some(acquired) => acquired.map(|permit| (permit, waited)).map_err(limits),
            None => Err(Failure::timed_out(Timeout::Deadline)),
        }
    }

    /// Tells hooks and bars that the call waits for a limit, the latter for as long as the returned
    /// values live.
    fn show_throttled(&self) -> Vec<Waiting> {
        let shared = self.shared();
        let throttled = shared.limits.sets().find_map(|set| set.stats().throttled);
        shared.events.emit(|| Event::Throttled {
            call: self.call,
            site: self.site(),
            limit: throttled.as_ref().map(|throttled| throttled.by.clone()),
            wait: throttled.as_ref().and_then(|throttled| throttled.next_in),
        });
        let limit = throttled.as_ref().map_or("a limit", |throttled| throttled.by.as_str());
        let next = throttled.as_ref().and_then(|throttled| throttled.next_in);
        let next = next.map(|wait| shared.clock.after(wait));
        shared.tallies.each(|tally| tally.throttled(limit, next))
    }

    /// Sends the attempt on its way to a worker.
    fn send(&self, args: &mut dyn Arguments, environment: &EnvironmentRef) -> UntypedFuture {
        let environment = Some(environment.clone());
        match &self.layers().batcher {
            Some(batcher) => Arc::clone(batcher).submit(&self.pool, args, environment),
            None => any_pool::send(&*self.pool, args, environment),
        }
    }

    /// Makes a call that has passed the layers, to be sent to a worker; a batched one is on its way.
    #[inline]
    pub(super) fn make(
        &self,
        args: &mut dyn Arguments,
        environment: EnvironmentRef,
    ) -> (Option<PoolSide>, UntypedFuture) {
        match &self.layers().batcher {
            Some(batcher) => {
                (None, Arc::clone(batcher).submit(&self.pool, args, Some(environment)))
            }
            None => any_pool::make(&*self.pool, args, Some(environment)),
        }
    }

    /// What an attempt has ended with. A result that is not wanted is a failure.
    pub(super) fn judge(&self, done: Done) -> Ending {
        let types = self.types();
        // SAFETY: it was a call of the method.
        let done = unsafe { types.judge(done)? };
        let until = &self.layers().until;
        if until.is_empty() {
            return Ok(done);
        }
        // SAFETY: as above.
        let output = unsafe { types.output(&done) };
        if output.is_some_and(|output| until.iter().all(|until| until(output))) {
            return Ok(done);
        }
        let invalid = InvalidResult { site: self.site(), attempts: self.attempt };
        Err(CallError::InvalidResult(Box::new(invalid)).into())
    }
}

/// An attempt that was sent, or a copy of it.
pub(super) struct SentCopy {
    pub(super) number: u32,
    pub(super) call: UntypedFuture,
    pub(super) environment: EnvironmentRef,
    /// How long it waited for limits.
    pub(super) limit_wait: Duration,
    /// When it was sent, if somebody watches.
    pub(super) sent: Option<Instant>,
}

/// Waits for the end of an attempt's time.
struct Watch {
    times: Times,
    sleep: Option<Sleep>,
}

impl Watch {
    /// Ready when one of the bounds is reached.
    fn poll(
        &mut self,
        clock: &concurry_time::Clock,
        begun: impl Fn() -> Option<Instant>,
        context: &mut Context<'_>,
    ) -> Poll<Timeout> {
        if self.times.are_unbounded() {
            return Poll::Pending;
        }
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(Pin::new(sleep).poll(context));
            }
            match self.times.look(begun(), clock.now()) {
                Look::Over(timeout) => return Poll::Ready(timeout),
                Look::Until(Some(next)) => self.sleep = Some(clock.sleep_until(next)),
                Look::Until(None) => return Poll::Pending,
            }
        }
    }
}
