//! How deadline, fallback, retries, limits and timeouts nest around a call.

use std::time::Duration;

use concurry::prelude::*;
use concurry::{CallOptions, Timeout};
use concurry_testkit::{Gate, Recorder, wait_until};
use concurry_time::FakeClock;

use crate::{every, queued};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// Fails as often as it is told, and records its attempts.
#[derive(Worker)]
struct Flaky {
    attempts: Recorder<u32>,
}

#[derive(Clone, Debug, PartialEq)]
enum FlakyError {
    Passing,
    Throttled(Duration),
    Lasting,
}

impl std::fmt::Display for FlakyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Retryable for FlakyError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Passing => Verdict::Retry,
            Self::Throttled(wait) => Verdict::Throttle(Some(*wait)),
            Self::Lasting => Verdict::Fatal,
        }
    }
}

#[worker]
impl Flaky {
    fn new(attempts: Recorder<u32>) -> Self {
        Self { attempts }
    }

    /// Fails until this attempt.
    pub fn until(
        &self,
        ctx: &CallContext,
        good: u32,
        error: FlakyError,
    ) -> Result<u32, FlakyError> {
        self.attempts.record(ctx.attempt());
        if ctx.attempt() < good { Err(error) } else { Ok(ctx.attempt()) }
    }

    pub fn key(&self, ctx: &CallContext) -> Result<String, FlakyError> {
        match (ctx.attempt(), ctx.idempotency_key()) {
            (3, Some(key)) => Ok(key.to_owned()),
            (_, key) => {
                assert_eq!(key, Some("order-17"));
                Err(FlakyError::Passing)
            }
        }
    }

    pub fn panic(&self, ctx: &CallContext) -> u32 {
        self.attempts.record(ctx.attempt());
        panic!("bad luck")
    }

    #[idempotent]
    pub fn panic_once(&self, ctx: &CallContext) -> u32 {
        assert!(ctx.attempt() > 1, "bad luck");
        ctx.attempt()
    }

    /// Waits at a gate, on the worker.
    pub fn hold(&mut self, gate: Gate) -> u32 {
        gate.pass();
        0
    }

    pub async fn hold_later(&mut self, gate: Gate) -> u32 {
        gate.passed().await;
        0
    }

    pub fn number(&self) -> u32 {
        7
    }
}

fn flaky(mode: Mode) -> FlakyOptions {
    Flaky::options(mode, 1)
}

/// Retries with a wait that is hardly one.
fn at_once(retries: u32) -> RetryPolicy {
    RetryPolicy::constant(Duration::from_nanos(1)).max_retries(retries)
}

fn calls(fake: &FakeClock, limit: CallLimit) -> LimitSet {
    LimitSet::builder().with(limit).clock(fake.clock()).build().unwrap()
}

#[test]
fn a_wait_for_a_limit_counts_against_the_deadline_and_not_against_the_attempts_timeout() {
    queued(|mode| {
        let fake = FakeClock::new();
        let limits = calls(&fake, CallLimit::per_second(1));
        let options = flaky(mode).clock(fake.clock()).limits(&limits).timeout(SECOND / 2);
        let flaky = options.init(Recorder::new()).unwrap();
        assert_eq!(flaky.number().result().unwrap(), 7);

        let patient = flaky.number();
        let hasty = flaky.with(CallOptions::new().deadline(SECOND / 2)).number();
        wait_until("both wait for the limit", || flaky.stats().throttled == 2);
        fake.advance(SECOND / 2);
        let error = hasty.result().unwrap_err();
        assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");
        assert!(!patient.is_done());
        fake.advance(SECOND / 2);
        assert_eq!(patient.result().unwrap(), 7);
    });
}

#[test]
fn an_attempts_timeout_counts_its_wait_in_the_queue() {
    queued(|mode| {
        let (fake, gate, seen) = (FakeClock::new(), Gate::new(), Recorder::new());
        let flaky = flaky(mode).clock(fake.clock()).init(seen.clone()).unwrap();
        let held = flaky.hold(gate.clone());
        gate.wait_for_arrivals(1);
        let bounded = flaky.with(CallOptions::new().timeout(SECOND));
        let queued = bounded.until(1, FlakyError::Lasting);
        fake.wait_for_sleepers(1);
        fake.advance(SECOND);
        let error = queued.result().unwrap_err();
        assert!(matches!(error, CallError::TimedOut(Timeout::Attempt)), "{error:?}");
        gate.open();
        held.result().unwrap();
        assert_eq!(flaky.number().result().unwrap(), 7);
        assert_eq!(seen.count(), 0, "it was taken out of the queue");
    });
}

#[test]
fn a_deadline_drops_a_running_async_method() {
    queued(|mode| {
        let (fake, gate) = (FakeClock::new(), Gate::new());
        let flaky = flaky(mode).clock(fake.clock()).init(Recorder::new()).unwrap();
        let running = flaky.with(CallOptions::new().deadline(SECOND)).hold_later(gate.clone());
        gate.wait_for_arrivals(1);
        fake.advance(SECOND);
        let error = running.result().unwrap_err();
        assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");
        assert_eq!(flaky.number().result().unwrap(), 7, "the worker is free, the gate is shut");
    });
}

#[test]
fn every_attempt_takes_its_limits_anew() {
    every(|mode| {
        let fake = FakeClock::new();
        let limits = calls(&fake, CallLimit::per_hour(3));
        let options = flaky(mode).limits(&limits).retry(at_once(2));
        let flaky = options.init(Recorder::new()).unwrap();
        assert_eq!(flaky.until(3, FlakyError::Passing).result().unwrap(), 3);
        let none: [(&str, u32); 0] = [];
        assert!(limits.try_acquire(none).is_err(), "three attempts took three calls");
    });
}

#[test]
fn neither_a_backoff_nor_a_wait_for_a_limit_holds_a_worker() {
    queued(|mode| {
        let fake = FakeClock::new();
        let tokens = RateLimit::per_hour("tokens", 10);
        let limits = LimitSet::builder().with(tokens).clock(fake.clock()).build().unwrap();
        let flaky = flaky(mode)
            .clock(fake.clock())
            .limits(&limits)
            .on_key(|key| key.reserve(|()| [("tokens", 10)]))
            .on_until(|until| until.retry(RetryPolicy::constant(HOUR).jitter(Jitter::None)))
            .init(Recorder::new())
            .unwrap();
        let backing_off = flaky.until(2, FlakyError::Passing);
        let _all = limits.try_acquire([("tokens", 10)]).unwrap();
        let throttled = flaky.key();
        wait_until("one backs off and one waits for tokens", || {
            let stats = flaky.stats();
            (stats.backing_off, stats.throttled) == (1, 1)
        });
        assert_eq!(flaky.number().result().unwrap(), 7);
        assert!(!backing_off.is_done() && !throttled.is_done());
    });
}

#[test]
fn the_fallback_answers_for_every_error_but_a_cancel() {
    queued(|mode| {
        let (fake, gate) = (FakeClock::new(), Gate::new());
        let flaky = flaky(mode)
            .clock(fake.clock())
            .on_until(|until| until.fallback(|_| 100))
            .on_hold_later(|hold| hold.deadline(SECOND).fallback(|_| 200))
            .init(Recorder::new())
            .unwrap();
        assert_eq!(flaky.until(2, FlakyError::Lasting).result().unwrap(), 100);

        let late = flaky.hold_later(gate.clone());
        gate.wait_for_arrivals(1);
        fake.advance(SECOND);
        assert_eq!(late.result().unwrap(), 200, "the fallback stands outside of the deadline");

        let mut cancelled = flaky.hold_later(gate.clone());
        gate.wait_for_arrivals(2);
        let _ = cancelled.cancel();
        assert!(cancelled.result().unwrap_err().is_cancelled());
    });
}

#[test]
fn retries_heed_the_errors_verdict_and_keep_every_attempts_error() {
    every(|mode| {
        let seen = Recorder::new();
        let flaky = flaky(mode).retry(at_once(2)).init(seen.clone()).unwrap();
        assert_eq!(flaky.until(2, FlakyError::Passing).result().unwrap(), 2);
        let error = flaky.until(9, FlakyError::Lasting).result().unwrap_err();
        assert!(matches!(error, CallError::Failed(FlakyError::Lasting)), "{error:?}");
        let error = flaky.until(9, FlakyError::Passing).result().unwrap_err();
        assert_eq!(error.failure(), Some(&FlakyError::Passing));
        let CallError::RetriesExhausted(error) = error else { panic!("{error:?}") };
        assert_eq!(error.attempts().count(), 3);
        assert_eq!(seen.events(), [1, 2, 1, 1, 2, 3]);
    });
}

#[test]
fn every_attempt_sees_the_same_idempotency_key() {
    every(|mode| {
        let flaky = flaky(mode).retry(at_once(2)).init(Recorder::new()).unwrap();
        let keyed = flaky.with(CallOptions::new().idempotency_key("order-17"));
        assert_eq!(keyed.key().result().unwrap(), "order-17");
    });
}

#[test]
fn a_panic_is_tried_again_only_where_the_method_is_idempotent() {
    every(|mode| {
        let seen = Recorder::new();
        let flaky = flaky(mode).retry(at_once(2)).init(seen.clone()).unwrap();
        assert!(flaky.panic().result().unwrap_err().is_panic());
        assert_eq!(seen.events(), [1]);
        assert_eq!(flaky.panic_once().result().unwrap(), 2);
    });
}

#[test]
fn a_throttled_answer_pauses_the_limits_of_all_calls() {
    queued(|mode| {
        let fake = FakeClock::new();
        let limits = calls(&fake, CallLimit::per_second(1_000));
        let options = flaky(mode).clock(fake.clock()).limits(&limits).retry(at_once(2));
        let flaky = options.init(Recorder::new()).unwrap();
        let throttled = flaky.until(2, FlakyError::Throttled(SECOND));
        wait_until("the first attempt has failed", || flaky.stats().retries == 1);
        let other = flaky.number();
        wait_until("the other call waits as well", || flaky.stats().throttled >= 1);
        assert!(!other.is_done());
        // One waits for its backoff, the other one for the limit.
        fake.wait_for_sleepers(2);
        fake.advance(SECOND);
        assert_eq!((throttled.result().unwrap(), other.result().unwrap()), (2, 7));
    });
}
