//! One call on its way through the layers, from its limits to its last attempt.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use concurry_limits::{Acquire, LimitError, Permit};
use concurry_retry::{AttemptRecord, Bounds, RetryPolicy, Retrying, Verdict};

use super::table::MethodLayers;
use super::telling::AttemptTelling;
use super::waiting::{Counted, Throttled};
use crate::CallError;
use crate::call::options::Deadline;
use crate::call::{CallEnvironment, CallOptions, CallPermit};
use crate::error::{CallSite, InvalidResult, Timeout};
use crate::event::{CallId, Event};
use crate::future::Outcome;
use crate::pool::Pool;
use crate::progress::{Tally, Waiting};
use crate::shared::{PoolShared, QueuePlace, Stage};
use crate::worker::Method;

/// Counts a call as being in the layers, from the call to its end.
pub(crate) struct InLayers(Arc<PoolShared>);

impl InLayers {
    pub(crate) fn enter(pool: &Arc<PoolShared>) -> Self {
        // AcqRel: a stop that sees none left has seen their last submits.
        pool.layered.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(pool))
    }
}

impl Drop for InLayers {
    fn drop(&mut self) {
        if self.0.layered.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.layers_emptied();
        }
    }
}

/// A call on its way.
pub(crate) struct Drive<M: Method> {
    pub(super) call: CallId,
    pool: Arc<Pool<M::Worker>>,
    layers: Arc<MethodLayers<M>>,
    options: CallOptions,
    deadline: Option<Instant>,
    /// Whether an attempt is with a worker.
    begun: Arc<AtomicBool>,
    pub(super) started: Instant,
    pub(super) throttled: Duration,
    pub(super) attempts: u32,
    /// Whether its end was told.
    pub(super) told: bool,
    /// Its place in the bounded queue, until the first attempt takes it along.
    place: Option<QueuePlace>,
    _in_layers: InLayers,
}

impl<M: Method> Drive<M> {
    pub(crate) fn new(
        pool: Arc<Pool<M::Worker>>,
        options: CallOptions,
        begun: Arc<AtomicBool>,
        in_layers: InLayers,
        place: Option<QueuePlace>,
    ) -> Self {
        let layers = pool.layers.get::<M>();
        let started = pool.shared.clock.now();
        let deadline = match options.deadline {
            Some(Deadline::At(at)) => Some(at),
            Some(Deadline::After(after)) => started.checked_add(after),
            None => layers.deadline.and_then(|after| started.checked_add(after)),
        };
        let drive = Self {
            call: CallId::next(),
            pool,
            layers,
            options,
            deadline,
            begun,
            started,
            throttled: Duration::ZERO,
            attempts: 0,
            place,
            told: false,
            _in_layers: in_layers,
        };
        drive.tell_started();
        drive
    }

    pub(super) fn site() -> CallSite {
        CallSite::new(const { &M::SPEC })
    }

    pub(super) fn shared(&self) -> &PoolShared {
        &self.pool.shared
    }

    /// The whole call: fallback > deadline > retry > limits > attempt timeout > queue > run.
    pub(crate) async fn run(mut self, args: M::Args) -> Outcome<M::Output, M::Error> {
        let outcome = match self.deadline {
            None => self.attempts(args).await,
            Some(deadline) => {
                let clock = self.shared().clock.clone();
                // Dropping the attempts cancels what runs.
                match clock.timeout_at(deadline, self.attempts(args)).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(CallError::TimedOut(Timeout::Deadline)),
                }
            }
        };
        self.tell_done(outcome.is_ok());
        match (outcome, &self.layers.fallback) {
            (Err(error), Some(fallback)) if !error.is_cancelled() => Ok(fallback(&error)),
            (outcome, _) => outcome,
        }
    }

    async fn attempts(&mut self, args: M::Args) -> Outcome<M::Output, M::Error> {
        let mut args = args;
        let mut retrying: Option<Retrying<CallError<M::Error>>> = None;
        loop {
            self.attempts += 1;
            // The last allowed attempt gets the arguments themselves.
            let copy = if self.attempts <= self.layers.max_retries() {
                M::abilities().clone_args.map(|clone| clone(&args))
            } else {
                None
            };
            let started = self.shared().clock.now();
            self.tell_attempt_started();
            let throttled = self.throttled;
            let request = self.request(&args);
            let acquired = self.acquire(request).await;
            let telling = AttemptTelling::new(self, throttled);
            let environment = match acquired {
                Ok(permit) => Arc::new(self.environment(permit)),
                Err(error) => {
                    telling.done(self, false, None);
                    return Err(self.close(retrying, error));
                }
            };
            let outcome =
                self.attempt(args, &environment).await.and_then(|output| self.accept(output));
            telling.done(self, outcome.is_ok(), Some(&environment));
            let error = match outcome {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let verdict = self.verdict(&error);
            self.heed_throttle(verdict);
            let (Some(copy), true) = (copy, verdict.is_retryable()) else {
                return Err(self.last(retrying, error, verdict, started, &environment));
            };
            let now = self.shared().clock.now();
            let mut record = AttemptRecord::new(self.attempts, error).timed(Some(started), now);
            record.worker = environment.begun_on();
            // The wait holds no permit: settled and given back before it.
            drop(environment.permit.take());
            let policy = self.layers.retry.clone().unwrap_or_else(RetryPolicy::none);
            let bounds = Bounds { deadline: self.deadline, budget: None };
            let retrying = retrying.get_or_insert_with(|| Retrying::new(&policy));
            match retrying.after(record, verdict, now, bounds) {
                Ok(wait) => {
                    self.back_off(wait).await?;
                }
                Err(reason) => {
                    let retrying = std::mem::replace(retrying, Retrying::new(&policy));
                    return Err(unwrap_single(retrying.give_up(reason)));
                }
            }
            args = copy;
        }
    }

    fn environment(&mut self, permit: Option<Permit>) -> CallEnvironment {
        CallEnvironment {
            call: Some(self.call),
            attempt: self.attempts,
            deadline: self.deadline,
            idempotency_key: self.options.idempotency_key.clone(),
            permit: CallPermit::new(permit),
            worker: AtomicUsize::new(0),
            begun: OnceLock::new(),
            place: Mutex::new(self.place.take()),
        }
    }

    /// What the pool takes before dispatch: the call limit, and what the method reserves.
    fn request(&self, args: &M::Args) -> Option<Acquire> {
        let limits = &self.shared().limits;
        match &self.layers.reserve {
            Some(reserve) => Some(reserve(limits, args)),
            None => limits.call_request(),
        }
    }

    async fn acquire(
        &mut self,
        request: Option<Acquire>,
    ) -> Result<Option<Permit>, CallError<M::Error>> {
        let Some(request) = request else { return Ok(None) };
        let mut request = pin!(request);
        let first = poll_fn(|context| Poll::Ready(request.as_mut().poll(context))).await;
        let acquired = match first {
            Poll::Ready(acquired) => acquired,
            Poll::Pending => {
                let throttled = Throttled::new(self.shared());
                let _shown = self.show_throttled();
                let acquired = self.unless_stopped(request).await?;
                let waited = throttled.waited();
                drop(throttled);
                self.throttled += waited;
                acquired
            }
        };
        acquired.map(Some).map_err(|error: LimitError| CallError::Limits(Box::new(error)))
    }

    /// Tells hooks and bars that the call waits for a limit, the latter for as long as the returned
    /// values live.
    fn show_throttled(&self) -> Vec<Waiting> {
        let shared = self.shared();
        let throttled = shared.limits.sets().find_map(|set| set.stats().throttled);
        shared.events.emit(|| Event::Throttled {
            call: self.call,
            site: Self::site(),
            limit: throttled.as_ref().map(|throttled| throttled.by.clone()),
            wait: throttled.as_ref().and_then(|throttled| throttled.next_in),
        });
        let limit = throttled.as_ref().map_or("a limit", |throttled| throttled.by.as_str());
        let next = throttled.as_ref().and_then(|throttled| throttled.next_in);
        let next = next.map(|wait| shared.clock.after(wait));
        shared.tallies.each(|tally| tally.throttled(limit, next))
    }

    /// Sends the call to a worker, and waits for it as long as an attempt may take.
    async fn attempt(
        &self,
        args: M::Args,
        environment: &Arc<CallEnvironment>,
    ) -> Outcome<M::Output, M::Error> {
        // Relaxed: only tells a cancel what to report.
        self.begun.store(true, Ordering::Relaxed);
        let call = self.pool.submit::<M>(args, Some(Arc::clone(environment))).cancel_on_drop();
        let timeout = self.options.timeout.or(self.layers.timeout);
        let outcome = match timeout {
            None => call.await,
            Some(timeout) => {
                let clock = &self.shared().clock;
                match clock.timeout_at(clock.after(timeout), call).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(CallError::TimedOut(Timeout::Attempt)),
                }
            }
        };
        self.begun.store(false, Ordering::Relaxed);
        outcome
    }

    fn accept(&self, output: M::Output) -> Outcome<M::Output, M::Error> {
        if self.layers.until.iter().all(|until| until(&output)) {
            return Ok(output);
        }
        let invalid = InvalidResult { site: Self::site(), attempts: self.attempts };
        Err(CallError::InvalidResult(Box::new(invalid)))
    }

    fn verdict(&self, error: &CallError<M::Error>) -> Verdict {
        match error {
            CallError::Failed(error) => match (&self.layers.retry_if, M::abilities().verdict) {
                (Some(retry_if), verdict) if retry_if(error) => {
                    // The predicate says whether, the error's own verdict still says when.
                    match verdict.map(|verdict| verdict(error)) {
                        Some(hint @ (Verdict::RetryAfter(_) | Verdict::Throttle(_))) => hint,
                        _ => Verdict::Retry,
                    }
                }
                (Some(_), _) => Verdict::Fatal,
                (None, Some(verdict)) => verdict(error),
                (None, None) => Verdict::Retry,
            },
            CallError::InvalidResult(_) => Verdict::Retry,
            CallError::TimedOut(Timeout::Attempt)
            | CallError::Panicked(_)
            | CallError::WorkerDied(_)
                if M::SPEC.idempotent =>
            {
                Verdict::Retry
            }
            // An attempt that timed out was cancelled; whether it did its work is not known. But a
            // timeout with a retry policy asks for another attempt in so many words.
            CallError::TimedOut(Timeout::Attempt) => Verdict::Retry,
            _ => Verdict::Fatal,
        }
    }

    /// The service has throttled us: the shared limits pause for everybody, not just for this call.
    fn heed_throttle(&self, verdict: Verdict) {
        if let Verdict::Throttle(Some(wait)) = verdict {
            self.shared().limits.sets().for_each(|set| set.pause_for(wait));
        }
    }

    async fn back_off(&self, wait: Duration) -> Result<(), CallError<M::Error>> {
        let shared = self.shared();
        shared.layer_counters.retries.fetch_add(1, Ordering::Relaxed);
        self.tell_retrying(wait);
        let _counted = Counted::new(&shared.layer_counters.backing_off);
        let _shown = shared.tallies.each(Tally::retrying);
        self.unless_stopped(pin!(shared.clock.sleep(wait))).await
    }

    /// Waits for something that only time or others bring, unless the pool is stopped meanwhile.
    async fn unless_stopped<F: Future>(
        &self,
        mut future: std::pin::Pin<&mut F>,
    ) -> Result<F::Output, CallError<M::Error>> {
        let mut stopping = pin!(self.shared().shutdown.reached(Stage::Stopping));
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Ok(output));
            }
            stopping.as_mut().poll(context).map(|()| Err(CallError::Stopped(Self::site())))
        })
        .await
    }

    /// The final error of a call whose last attempt is not to be repeated.
    fn last(
        &self,
        retrying: Option<Retrying<CallError<M::Error>>>,
        error: CallError<M::Error>,
        verdict: Verdict,
        started: Instant,
        environment: &CallEnvironment,
    ) -> CallError<M::Error> {
        let Some(mut retrying) = retrying else { return error };
        let now = self.shared().clock.now();
        let mut record = AttemptRecord::new(self.attempts, error).timed(Some(started), now);
        record.worker = environment.begun_on();
        let bounds = Bounds { deadline: self.deadline, budget: None };
        match retrying.after(record, verdict, now, bounds) {
            Err(reason) => unwrap_single(retrying.give_up(reason)),
            // The policy would allow it, but there is no copy of the arguments left.
            Ok(_) => unwrap_single(retrying.give_up(concurry_retry::GaveUp::RetriesExhausted)),
        }
    }

    /// The final error of a call that could not even begin its next attempt.
    fn close(
        &self,
        retrying: Option<Retrying<CallError<M::Error>>>,
        error: CallError<M::Error>,
    ) -> CallError<M::Error> {
        drop(retrying);
        error
    }
}

/// One attempt needs no history: its error is the call's.
fn unwrap_single<E>(error: concurry_retry::RetryError<CallError<E>>) -> CallError<E> {
    if error.attempts().count() > 1 {
        return CallError::RetriesExhausted(error);
    }
    let reason = error.gave_up();
    match error.into_attempts().into_last() {
        Some(record) => record.error,
        None => CallError::RetriesExhausted(concurry_retry::RetryError::new(
            reason,
            concurry_retry::Attempts::new(),
        )),
    }
}
