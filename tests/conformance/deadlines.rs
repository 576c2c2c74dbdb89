//! Deadlines that reach into the calls that a call makes, and fallbacks that ask somebody else.

use std::time::{Duration, Instant};

use concurry::prelude::*;
use concurry::{CallOptions, Timeout};
use concurry_testkit::{Gate, Recorder};
use concurry_time::FakeClock;

conformance!(in_this_process:
    a_nested_call_inherits_the_deadline,
    an_own_deadline_only_shortens_the_inherited_one,
    a_pipeline_made_in_a_call_inherits_its_deadline,
    a_chain_of_fallbacks_is_asked_in_order,
    a_fallback_that_calls_another_worker_inherits_the_deadline,
);
conformance!(queued_in_this_process:
    a_nested_call_ends_with_the_deadline_of_the_outer_one,
    a_deadline_keeps_the_errors_of_the_attempts_before_it,
    each_call_ends_at_its_own_deadline_whatever_the_order_in_which_they_were_made,
    the_timeout_of_an_attempt_is_that_of_its_own_begin,
    a_timeout_of_next_to_nothing_holds_up_nobody,
);

const SECOND: Duration = Duration::from_secs(1);

/// Says by when it has to be done.
#[derive(Worker)]
struct Inner;

#[worker]
impl Inner {
    fn new() -> Self {
        Self
    }

    pub fn deadline(&self, ctx: &CallContext) -> Option<Instant> {
        ctx.deadline()
    }

    pub fn fail(&self, text: String) -> Result<String, String> {
        Err(text + " inner")
    }

    pub fn answer(&self, ctx: &CallContext, text: String) -> Result<String, String> {
        Ok(format!("{text} {}", ctx.deadline().is_some()))
    }

    pub async fn hold(&self, gate: Gate) {
        gate.passed().await;
    }
}

/// Calls the inner one from inside its methods.
#[derive(Worker)]
struct Outer {
    inner: InnerHandle,
}

#[worker]
impl Outer {
    fn new(inner: InnerHandle) -> Self {
        Self { inner }
    }

    pub fn sync_call(&self) -> Option<Instant> {
        self.inner.deadline().result().unwrap()
    }

    pub async fn async_call(&self) -> Option<Instant> {
        // After an await as well: the deadline comes with each poll.
        std::future::ready(()).await;
        let first = self.inner.deadline().await.unwrap();
        let second = self.inner.deadline().await.unwrap();
        first.min(second)
    }

    pub fn sync_pipeline(&self) -> Option<Instant> {
        let inner = self.inner.clone();
        self.inner.deadline().and_then(move |_| inner.deadline()).result().unwrap()
    }

    pub fn shorter(&self) -> Option<Instant> {
        let soon = self.inner.with(CallOptions::new().deadline(SECOND));
        let late = self.inner.with(CallOptions::new().deadline(SECOND * 100));
        assert_eq!(late.deadline().result().unwrap(), self.sync_call());
        soon.deadline().result().unwrap()
    }

    pub async fn hold(&self, gate: Gate) -> Result<(), CallError<std::convert::Infallible>> {
        self.inner.hold(gate).await
    }

    pub fn fail(&self, text: String) -> Result<String, String> {
        Err(text)
    }

    pub async fn fail_then_hold(&self, ctx: &CallContext, gate: Gate) -> Result<u8, String> {
        if ctx.attempt() == 1 {
            return Err("the first".into());
        }
        gate.passed().await;
        Ok(1)
    }
}

struct Setup {
    outer: OuterHandle,
    inner: InnerHandle,
    fake: FakeClock,
}

fn setup(mode: Mode) -> Setup {
    let fake = FakeClock::new();
    let inner = Inner::options(mode, 1).clock(fake.clock()).init().unwrap();
    let outer = Outer::options(mode, 1).clock(fake.clock()).init(inner.clone()).unwrap();
    Setup { outer, inner, fake }
}

fn a_nested_call_inherits_the_deadline(mode: Mode) {
    let Setup { outer, fake, .. } = setup(mode);
    let at = fake.clock().now() + SECOND * 9;
    let bounded = outer.with(CallOptions::new().deadline_at(at));
    assert_eq!(bounded.sync_call().result().unwrap(), Some(at));
    assert_eq!(bounded.async_call().result().unwrap(), Some(at));
    assert_eq!(outer.sync_call().result().unwrap(), None, "the next call has none");
    assert_eq!(outer.async_call().result().unwrap(), None);
}

fn an_own_deadline_only_shortens_the_inherited_one(mode: Mode) {
    let Setup { outer, fake, .. } = setup(mode);
    let now = fake.clock().now();
    let bounded = outer.with(CallOptions::new().deadline(SECOND * 9));
    assert_eq!(bounded.shorter().result().unwrap(), Some(now + SECOND));
}

fn a_pipeline_made_in_a_call_inherits_its_deadline(mode: Mode) {
    let Setup { outer, fake, .. } = setup(mode);
    let at = fake.clock().now() + SECOND * 9;
    let bounded = outer.with(CallOptions::new().deadline_at(at));
    assert_eq!(bounded.sync_pipeline().result().unwrap(), Some(at));
}

fn a_nested_call_ends_with_the_deadline_of_the_outer_one(mode: Mode) {
    let Setup { outer, inner, fake } = setup(mode);
    let gate = Gate::new();
    let held = outer.with(CallOptions::new().deadline(SECOND)).hold(gate.clone());
    gate.wait_for_arrivals(1);
    fake.advance(SECOND);
    let error = held.result().unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    // The gate is shut: the inner worker is free only because its call was dropped.
    assert_eq!(inner.deadline().result().unwrap(), None);
}

fn a_deadline_keeps_the_errors_of_the_attempts_before_it(mode: Mode) {
    let (fake, gate) = (FakeClock::new(), Gate::new());
    let inner = Inner::options(Mode::Sync, 1).init();
    let outer = Outer::options(mode, 1)
        .clock(fake.clock())
        .retry(RetryPolicy::waits([Duration::ZERO; 3]))
        .deadline(SECOND)
        .init(inner.unwrap())
        .unwrap();
    let held = outer.fail_then_hold(gate.clone());
    gate.wait_for_arrivals(1);
    fake.advance(SECOND);
    let error = held.result().unwrap_err();
    assert!(error.is_timeout());
    let CallError::RetriesExhausted(exhausted) = error else { panic!("{error:?}") };
    let records = exhausted.attempts().records();
    assert_eq!(records[0].error.failure(), Some(&"the first".to_owned()));
    assert!(matches!(records[1].error, CallError::TimedOut(Timeout::Deadline)));
    assert_eq!((records[1].worker, records[1].duration), (Some(0), Some(SECOND)));
}

fn each_call_ends_at_its_own_deadline_whatever_the_order_in_which_they_were_made(mode: Mode) {
    let (fake, gate) = (FakeClock::new(), Gate::new());
    let options = Inner::options(mode, 3).clock(fake.clock()).deadline(SECOND * 10);
    let inner = options.init().unwrap();
    let first = inner.hold(gate.clone());
    fake.advance(SECOND * 3);
    let second = inner.hold(gate.clone());
    let soon = inner.with(CallOptions::new().deadline(SECOND)).hold(gate.clone());
    gate.wait_for_arrivals(3);
    let mut calls = [soon, first, second];
    for (ended, wait) in [(1, 1), (2, 6), (3, 3)] {
        fake.advance(SECOND * wait - Duration::from_millis(1));
        assert_eq!(calls.iter().filter(|call| call.is_done()).count(), ended - 1);
        fake.advance(Duration::from_millis(1));
        let error = calls[ended - 1].result_timeout(SECOND * 60).unwrap_err();
        assert!(matches!(error, CallError::TimedOut(Timeout::Deadline)), "{error:?}");
    }
    // The gate is shut: the workers are free only because the calls were dropped.
    assert!(inner.deadline().result().unwrap().is_some());
}

fn the_timeout_of_an_attempt_is_that_of_its_own_begin(mode: Mode) {
    let (fake, gate) = (FakeClock::new(), Gate::new());
    let options = Inner::options(mode, 2).clock(fake.clock()).timeout(SECOND * 10);
    let inner = options.init().unwrap();
    let first = inner.hold(gate.clone());
    gate.wait_for_arrivals(1);
    fake.advance(SECOND * 4);
    let mut second = inner.hold(gate.clone());
    gate.wait_for_arrivals(2);
    fake.advance(SECOND * 6);
    let error = first.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Attempt)), "{error:?}");
    assert!(second.result_timeout(Duration::from_millis(1)).is_err() && !second.is_done());
    fake.advance(SECOND * 4);
    let error = second.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(Timeout::Attempt)), "{error:?}");
}

fn a_timeout_of_next_to_nothing_holds_up_nobody(mode: Mode) {
    let inner = Inner::options(mode, 1).timeout(Duration::from_nanos(1)).init().unwrap();
    for answer in [(); 10].map(|()| inner.answer("soon".into())).map(TaskFuture::result) {
        let timeout = matches!(answer, Err(CallError::TimedOut(Timeout::Attempt)));
        assert!(answer.is_ok() || timeout, "{answer:?}");
    }
}

fn a_chain_of_fallbacks_is_asked_in_order(mode: Mode) {
    let (inner, seen) = (Inner::options(mode, 1).init().unwrap(), Recorder::new());
    let (first, second) = (inner.clone(), inner.clone());
    let (seen_first, seen_second) = (seen.clone(), seen.clone());
    let outer = Outer::options(mode, 1)
        .on_fail(|fail| {
            fail.fallback_to(move |error, (text,)| {
                seen_first.record(error.failure().cloned());
                first.fail(text)
            })
            .fallback_to(move |error, (text,)| {
                seen_second.record(error.failure().cloned());
                second.answer(text)
            })
            .fallback(|_| "never".into())
        })
        .init(inner)
        .unwrap();
    assert_eq!(outer.fail("text".into()).result().unwrap(), "text false");
    assert_eq!(seen.events(), [Some("text".to_owned()), Some("text inner".to_owned())]);
    assert_eq!(outer.stats().fallbacks, 1);
}

fn a_fallback_that_calls_another_worker_inherits_the_deadline(mode: Mode) {
    let inner = Inner::options(mode, 1).init().unwrap();
    let other = inner.clone();
    let outer = Outer::options(mode, 1)
        .deadline(SECOND * 60)
        .on_fail(|fail| fail.fallback_to(move |_, (text,)| other.answer(text)))
        .init(inner)
        .unwrap();
    assert_eq!(outer.fail("text".into()).result().unwrap(), "text true");
}
