//! What a method brings when its time is over: a failure counts as the timeout, a success stands.
//!
//! The method is always heard before a timer of the pool's goes off, as a method may that looks at the
//! clock itself.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use concurry::Timeout;
use concurry::prelude::*;
use concurry::retry::GaveUp;
use concurry_testkit::Gate;
use concurry_time::FakeClock;

conformance!(every:
    a_failure_after_the_deadline_is_a_deadline,
    the_failure_of_an_async_method_after_the_deadline_is_a_deadline,
    a_failure_after_the_deadline_stays_visible_beside_earlier_ones,
    a_failure_after_the_timeout_of_its_attempt_is_that_timeout,
    a_throttled_answer_pauses_the_limits_also_after_the_deadline,
    a_success_stands_however_late_it_comes,
);
conformance!(in_this_process:
    a_method_that_heeds_its_deadline_ends_as_timed_out,
);

/// So long that it passes on the fake clock only.
const TIME: Duration = Duration::from_secs(600);

#[derive(Worker)]
struct Late;

/// The service asks to be left alone.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
struct Throttled;

impl Retryable for Throttled {
    fn verdict(&self) -> Verdict {
        Verdict::Throttle(Some(TIME))
    }
}

#[worker]
impl Late {
    fn new() -> Self {
        Self
    }

    /// The last of so many attempts waits.
    pub fn fail(&self, ctx: &CallContext, gate: Gate, last: u32) -> Result<u32, String> {
        if ctx.attempt() == last {
            gate.pass();
        }
        Err(format!("attempt {}", ctx.attempt()))
    }

    pub async fn fail_async(&self, gate: Gate) -> Result<u32, String> {
        gate.passed().await;
        Err("asynchronous".into())
    }

    pub fn heed(&self, ctx: &CallContext, gate: Gate) -> Result<u32, String> {
        gate.pass();
        if ctx.is_cancelled() { Err("cancelled".into()) } else { Ok(1) }
    }

    /// Only the first attempt waits, and fails.
    pub fn fail_once(&self, ctx: &CallContext, gate: Gate) -> Result<u32, String> {
        if ctx.attempt() == 1 {
            gate.pass();
            return Err("the first".into());
        }
        Ok(ctx.attempt())
    }

    pub fn refuse(&self, gate: Gate) -> Result<u32, Throttled> {
        gate.pass();
        Err(Throttled)
    }

    pub fn succeed(&self, gate: Gate) -> Result<u32, String> {
        gate.pass();
        Ok(1)
    }
}

/// A timer in front of those of the pool: holds them up until the call is over.
struct Holds {
    gate: Gate,
    over: Gate,
}

impl Wake for Holds {
    fn wake(self: Arc<Self>) {
        self.gate.open();
        self.over.pass();
    }
}

type Called<E = String> = Result<u32, CallError<E>>;

/// Makes a call whose time is over while it stands at the gate. It ends before any timer of its pool.
fn heard_first<E: Send + 'static>(
    mode: Mode,
    layers: impl FnOnce(LateOptions) -> LateOptions,
    call: impl FnOnce(&LateHandle, Gate) -> TaskFuture<u32, E>,
) -> Called<E> {
    let (fake, gate, over) = (FakeClock::new(), Gate::new(), Gate::new());
    let late = layers(Late::options(mode, 1).clock(fake.clock())).init().unwrap();
    let mut first = pin!(fake.clock().sleep(TIME));
    let holds = Waker::from(Arc::new(Holds { gate: gate.clone(), over: over.clone() }));
    assert!(first.as_mut().poll(&mut Context::from_waker(&holds)).is_pending());
    thread::scope(|scope| {
        scope.spawn(|| {
            gate.wait_for_arrivals(1);
            if mode != Mode::Sync {
                // Beside its worker, the pool is about to look how much time there is. Not too late.
                fake.wait_for_sleepers(2);
            }
            fake.advance(TIME);
        });
        let called = call(&late, gate.clone()).result();
        over.open();
        called
    })
}

fn is_deadline<E>(called: &Called<E>) -> bool {
    matches!(called, Err(CallError::TimedOut(Timeout::Deadline)))
}

fn a_failure_after_the_deadline_is_a_deadline(mode: Mode) {
    let called =
        heard_first(mode, |options| options.deadline(TIME), |late, gate| late.fail(gate, 1));
    assert!(is_deadline(&called), "{called:?}");
}

fn the_failure_of_an_async_method_after_the_deadline_is_a_deadline(mode: Mode) {
    let called =
        heard_first(mode, |options| options.deadline(TIME), |late, gate| late.fail_async(gate));
    assert!(is_deadline(&called), "{called:?}");
}

fn a_method_that_heeds_its_deadline_ends_as_timed_out(mode: Mode) {
    let called = heard_first(mode, |options| options.deadline(TIME), |late, gate| late.heed(gate));
    assert!(is_deadline(&called), "{called:?}");
}

fn a_failure_after_the_deadline_stays_visible_beside_earlier_ones(mode: Mode) {
    let layers =
        |options: LateOptions| options.deadline(TIME).retry(RetryPolicy::waits([Duration::ZERO]));
    let error = heard_first(mode, layers, |late, gate| late.fail(gate, 2)).unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    let CallError::RetriesExhausted(exhausted) = error else { panic!("{error:?}") };
    assert_eq!(exhausted.gave_up(), GaveUp::Deadline);
    let records = exhausted.attempts().records();
    let failures: Vec<_> = records.iter().filter_map(|record| record.error.failure()).collect();
    assert_eq!(failures, ["attempt 1", "attempt 2"]);
}

fn a_failure_after_the_timeout_of_its_attempt_is_that_timeout(mode: Mode) {
    let called =
        heard_first(mode, |options| options.timeout(TIME), |late, gate| late.fail(gate, 1));
    assert!(matches!(called, Err(CallError::TimedOut(Timeout::Attempt))), "{called:?}");
    // Which is worth another attempt, also where the error itself is not.
    let layers = |options: LateOptions| {
        let retry = RetryPolicy::waits([Duration::ZERO]);
        options.timeout(TIME).retry(retry).retry_if(|_: &String| false)
    };
    assert_eq!(heard_first(mode, layers, |late, gate| late.fail_once(gate)).unwrap(), 2);
}

fn a_throttled_answer_pauses_the_limits_also_after_the_deadline(mode: Mode) {
    let limits = LimitSet::builder().with(CallLimit::per_second(1_000)).build().unwrap();
    let layers = |options: LateOptions| options.deadline(TIME).limits(&limits);
    let called = heard_first(mode, layers, |late, gate| late.refuse(gate));
    assert!(is_deadline(&called), "{called:?}");
    let none: [(&str, u32); 0] = [];
    let refused = limits.try_acquire(none).map(drop).unwrap_err();
    assert!(refused.retry_after().is_some_and(|wait| wait > TIME / 2), "{refused:?}");
}

fn a_success_stands_however_late_it_comes(mode: Mode) {
    let layers = |options: LateOptions| options.deadline(TIME).timeout(TIME);
    assert_eq!(heard_first(mode, layers, |late, gate| late.succeed(gate)).unwrap(), 1);
}
