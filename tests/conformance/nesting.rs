//! How deadline, fallback, retries, limits and timeouts nest around a call.

use std::time::Duration;

use concurry::prelude::*;
use concurry::{CallOptions, Timeout};
use concurry_testkit::{Gate, Recorder, wait_until};
use concurry_time::FakeClock;

conformance!(every:
    every_attempt_takes_its_limits_anew,
);
conformance!(queued:
    a_wait_for_a_limit_counts_against_the_deadline_and_not_against_the_attempts_timeout,
    an_attempts_timeout_begins_when_a_worker_begins_it,
    a_deadline_drops_a_running_async_method,
    a_wait_in_the_queue_counts_against_the_deadline,
    an_expired_call_is_not_started,
    the_fallback_answers_for_every_error_but_a_cancel_and_a_deadline,
    a_throttled_answer_pauses_the_limits_of_all_calls,
);

const SECOND: Duration = Duration::from_secs(1);

/// Fails as often as it is told, and records its attempts.
#[derive(Worker)]
struct Flaky {
    attempts: Recorder<u32>,
}

#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
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

fn a_wait_for_a_limit_counts_against_the_deadline_and_not_against_the_attempts_timeout(mode: Mode) {
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
}

fn an_attempts_timeout_begins_when_a_worker_begins_it(mode: Mode) {
    let (fake, gate, seen) = (FakeClock::new(), Gate::new(), Recorder::new());
    let flaky = flaky(mode).clock(fake.clock()).init(seen.clone()).unwrap();
    let held = flaky.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let never = Gate::new();
    let bounded = flaky.with(CallOptions::new().timeout(SECOND));
    let mut queued = bounded.hold_later(never.clone());
    fake.wait_for_sleepers(1);
    // The timer looks, finds that the attempt has not begun, and gives it another second.
    fake.advance(SECOND * 5 / 2);
    assert!(!queued.is_done(), "its time has not begun");
    gate.open();
    held.result().unwrap();
    never.wait_for_arrivals(1);
    // It began at 2.5 s; the timer looks at 3 s, and then when the time is over.
    fake.advance(SECOND * 9 / 10);
    assert!(queued.result_timeout(Duration::from_millis(1)).is_err());
    assert!(!queued.is_done(), "only 0.9 s of its second are over");
    fake.advance(SECOND / 10);
    let error = queued.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Attempt)), "{error:?}");
    assert_eq!(flaky.number().result().unwrap(), 7, "the worker is free, the gate is shut");
}

fn a_wait_in_the_queue_counts_against_the_deadline(mode: Mode) {
    let (fake, gate, seen) = (FakeClock::new(), Gate::new(), Recorder::new());
    let flaky = flaky(mode).clock(fake.clock()).init(seen.clone()).unwrap();
    let held = flaky.hold(gate.clone());
    gate.wait_for_arrivals(1);
    let bounded = flaky.with(CallOptions::new().deadline(SECOND));
    let queued = bounded.until(1, FlakyError::Lasting);
    fake.wait_for_sleepers(1);
    fake.advance(SECOND);
    let error = queued.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");
    gate.open();
    held.result().unwrap();
    assert_eq!(flaky.number().result().unwrap(), 7);
    assert_eq!(seen.count(), 0, "it was taken out of the queue");
}

fn an_expired_call_is_not_started(mode: Mode) {
    let (fake, seen) = (FakeClock::new(), Recorder::new());
    let now = fake.clock().now();
    let flaky = flaky(mode).clock(fake.clock()).init(seen.clone()).unwrap();
    let late = flaky.with(CallOptions::new().deadline_at(now));
    let error = late.until(1, FlakyError::Lasting).result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");
    assert_eq!(seen.count(), 0);
}

fn a_deadline_drops_a_running_async_method(mode: Mode) {
    let (fake, gate) = (FakeClock::new(), Gate::new());
    let flaky = flaky(mode).clock(fake.clock()).init(Recorder::new()).unwrap();
    let running = flaky.with(CallOptions::new().deadline(SECOND)).hold_later(gate.clone());
    gate.wait_for_arrivals(1);
    fake.advance(SECOND);
    let error = running.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");
    assert_eq!(flaky.number().result().unwrap(), 7, "the worker is free, the gate is shut");
}

fn every_attempt_takes_its_limits_anew(mode: Mode) {
    let fake = FakeClock::new();
    let limits = calls(&fake, CallLimit::per_hour(3));
    let options = flaky(mode).limits(&limits).retry(at_once(2));
    let flaky = options.init(Recorder::new()).unwrap();
    assert_eq!(flaky.until(3, FlakyError::Passing).result().unwrap(), 3);
    let none: [(&str, u32); 0] = [];
    assert!(limits.try_acquire(none).is_err(), "three attempts took three calls");
}

fn the_fallback_answers_for_every_error_but_a_cancel_and_a_deadline(mode: Mode) {
    let (fake, gate) = (FakeClock::new(), Gate::new());
    let flaky = flaky(mode)
        .clock(fake.clock())
        .on_until(|until| until.fallback(|_| 100))
        .on_hold_later(|hold| hold.timeout(SECOND).fallback(|_| 200))
        .init(Recorder::new())
        .unwrap();
    assert_eq!(flaky.until(2, FlakyError::Lasting).result().unwrap(), 100);

    let slow = flaky.hold_later(gate.clone());
    gate.wait_for_arrivals(1);
    fake.advance(SECOND);
    assert_eq!(slow.result().unwrap(), 200, "the attempt took too long, the call did not");

    let late = flaky.with(CallOptions::new().deadline(SECOND / 2)).hold_later(gate.clone());
    gate.wait_for_arrivals(2);
    fake.advance(SECOND / 2);
    let error = late.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");

    let mut cancelled = flaky.hold_later(gate.clone());
    gate.wait_for_arrivals(3);
    let _ = cancelled.cancel();
    assert!(cancelled.result().unwrap_err().is_cancelled());
}

fn a_throttled_answer_pauses_the_limits_of_all_calls(mode: Mode) {
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
}
