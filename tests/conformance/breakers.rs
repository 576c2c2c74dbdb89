//! Circuit breakers in front of a pool: what trips them, and what an open one does to a call.

use std::sync::Arc;
use std::time::Duration;

use concurry::prelude::*;
use concurry::retry::{BreakerState, CircuitBreaker, CircuitBreakerBuilder};
use concurry::{CallOptions, Event, Rejection};
use concurry_testkit::{Gate, Recorder, wait_until};
use concurry_time::FakeClock;

conformance!(every:
    an_open_breaker_refuses_at_once_and_gives_the_arguments_back,
    every_attempt_asks_the_breaker_anew_and_a_refusal_is_not_tried_again,
    what_is_not_the_services_fault_trips_nothing,
    a_breaker_for_each_key_leaves_the_other_keys_alone,
    a_fallback_answers_while_the_breaker_is_open,
    the_state_is_visible_and_changes_are_told,
);
conformance!(queued:
    an_attempt_that_takes_too_long_trips_it_and_a_deadline_does_not,
    calls_that_are_slow_trip_it,
    a_cancelled_probe_gives_its_place_back,
    a_storm_meets_few_probes_and_no_stampede,
);

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
enum Failure {
    Down,
    Throttled,
    BadRequest,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl Retryable for Failure {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Down => Verdict::Retry,
            Self::Throttled => Verdict::Throttle(None),
            Self::BadRequest => Verdict::Fatal,
        }
    }
}

/// Asks a service that fails as it is told.
#[derive(Worker)]
struct Client {
    calls: Recorder<String>,
}

#[worker]
impl Client {
    fn new(calls: Recorder<String>) -> Self {
        Self { calls }
    }

    pub fn ask(&self, model: String, answer: Result<u32, Failure>) -> Result<u32, Failure> {
        self.calls.record(model);
        answer
    }

    pub async fn hold(&self, gate: Gate) -> Result<u32, Failure> {
        gate.passed().await;
        Ok(1)
    }
}

/// Opens at two failures, for 10 s.
fn builder(fake: &FakeClock) -> CircuitBreakerBuilder {
    CircuitBreaker::builder("service")
        .count_window(4)
        .minimum_calls(2)
        .open_for(SECOND * 10)
        .open_jitter(0.0)
        .probes(1)
        .ramp_up(0)
        .clock(&fake.clock())
}

struct Setup {
    client: ClientHandle,
    calls: Recorder<String>,
    breaker: CircuitBreaker,
    fake: FakeClock,
}

fn setup(mode: Mode, change: fn(ClientOptions) -> ClientOptions) -> Setup {
    let (fake, calls) = (FakeClock::new(), Recorder::new());
    let breaker = builder(&fake).build().unwrap();
    let options = Client::options(mode, 1).clock(fake.clock()).breaker(breaker.clone());
    let client = change(options).init(calls.clone()).unwrap();
    Setup { client, calls, breaker, fake }
}

fn fail(client: &ClientHandle, times: usize) {
    for _ in 0..times {
        let _ = client.ask("m".into(), Err(Failure::Down)).result().unwrap_err();
    }
}

fn an_open_breaker_refuses_at_once_and_gives_the_arguments_back(mode: Mode) {
    let Setup { client, calls, fake, .. } = setup(mode, |options| options);
    fail(&client, 2);
    let error = client.ask("kept".into(), Ok(1)).result().unwrap_err();
    assert!(error.to_string().contains("\"service\" refuses calls (open)"), "{error}");
    let CallError::Rejected(rejected) = error else { panic!("{error:?}") };
    assert_eq!(rejected.reason(), Rejection::BreakerOpen);
    assert_eq!(rejected.breaker().unwrap().retry_after, Some(SECOND * 10));
    let (model, _) = rejected.into_arguments::<(String, Result<u32, Failure>)>().unwrap();
    assert_eq!((model.as_str(), calls.count()), ("kept", 2));
    fake.advance(SECOND * 10);
    assert_eq!(client.ask("m".into(), Ok(1)).result().unwrap(), 1, "it finds out by itself");
    assert_eq!(client.stats().refused, 1);
}

fn every_attempt_asks_the_breaker_anew_and_a_refusal_is_not_tried_again(mode: Mode) {
    let Setup { client, calls, .. } =
        setup(mode, |options| options.retry(RetryPolicy::waits([Duration::ZERO; 9])));
    let error = client.ask("m".into(), Err(Failure::Down)).result().unwrap_err();
    assert_eq!(calls.count(), 2, "the third attempt is refused");
    let text = error.to_string();
    assert!(text.contains("\"service\" refuses calls (open)"), "{text}");
    assert!(text.ends_with("; attempt 2: Down"), "what has opened it: {text}");
    let CallError::RetriesExhausted(exhausted) = error else { panic!("{error:?}") };
    assert_eq!(exhausted.attempts().count(), 3);
    assert!(matches!(exhausted.last(), Some(CallError::Rejected(_))));
}

fn what_is_not_the_services_fault_trips_nothing(mode: Mode) {
    let Setup { client, breaker, .. } = setup(mode, |options| options);
    for failure in [Failure::BadRequest, Failure::Throttled] {
        for _ in 0..5 {
            let _ = client.ask("m".into(), Err(failure.clone())).result().unwrap_err();
        }
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
    fail(&client, 2);
    assert_eq!(breaker.state(), BreakerState::Open);
}

fn a_breaker_for_each_key_leaves_the_other_keys_alone(mode: Mode) {
    let fake = FakeClock::new();
    let breakers = builder(&fake).keyed::<String>().unwrap();
    let client = Client::options(mode, 1)
        .on_ask(|ask| ask.breaker_by(&breakers, |(model, _)| model.clone()))
        .init(Recorder::new())
        .unwrap();
    fail(&client, 2);
    assert!(matches!(client.ask("m".into(), Ok(1)).result(), Err(CallError::Rejected(_))));
    assert_eq!(client.ask("n".into(), Ok(2)).result().unwrap(), 2);
    let mut seen: Vec<_> = client.stats().breakers;
    seen.sort_by(|a, b| a.name.cmp(&b.name));
    let seen: Vec<_> = seen.iter().map(|breaker| (&*breaker.name, breaker.state)).collect();
    assert_eq!(seen, [("service/m", BreakerState::Open), ("service/n", BreakerState::Closed)]);
}

fn a_fallback_answers_while_the_breaker_is_open(mode: Mode) {
    let Setup { client, fake, .. } = setup(mode, |options| {
        options.on_ask(|ask| {
            ask.fallback_with(|error, (model, _)| match error {
                CallError::Rejected(_) => u32::try_from(model.len()).unwrap(),
                _ => 0,
            })
        })
    });
    let down = || client.ask("model".into(), Err(Failure::Down)).result().unwrap();
    assert_eq!([down(), down(), down()], [0, 0, 5]);
    fake.advance(SECOND * 10);
    assert_eq!(client.ask("model".into(), Ok(7)).result().unwrap(), 7, "recovered by itself");
    assert_eq!(client.stats().fallbacks, 3);
}

fn the_state_is_visible_and_changes_are_told(mode: Mode) {
    let (fake, changes) = (FakeClock::new(), Recorder::new());
    let (breaker, told) = (builder(&fake).build().unwrap(), changes.clone());
    let client = Client::options(mode, 1)
        .breaker(breaker.clone())
        .on_event(move |event| {
            if let Event::BreakerChanged { breaker, from, to, .. } = event {
                told.record((Arc::clone(breaker), *from, *to));
            }
        })
        .init(Recorder::new())
        .unwrap();
    assert_eq!(client.stats().breakers[0].state, BreakerState::Closed);
    fail(&client, 2);
    let opened = (Arc::from("service"), BreakerState::Closed, BreakerState::Open);
    assert_eq!(changes.events(), [opened]);
    assert_eq!(client.stats().breakers[0].state, BreakerState::Open);
    client.stop().result().unwrap();
    breaker.reset();
    assert_eq!(changes.count(), 1, "a pool that has ended hears nothing");
}

fn an_attempt_that_takes_too_long_trips_it_and_a_deadline_does_not(mode: Mode) {
    let Setup { client, breaker, fake, .. } = setup(mode, |options| options);
    let gate = Gate::new();
    for (arrivals, options) in [
        (1, CallOptions::new().deadline(SECOND)),
        (2, CallOptions::new().deadline(SECOND)),
        (3, CallOptions::new().timeout(SECOND)),
        (4, CallOptions::new().timeout(SECOND)),
    ] {
        assert_eq!(breaker.state(), BreakerState::Closed);
        let call = client.with(options).hold(gate.clone());
        gate.wait_for_arrivals(arrivals);
        fake.advance(SECOND);
        assert!(call.result().unwrap_err().is_timeout());
    }
    assert_eq!(breaker.state(), BreakerState::Open);
}

fn calls_that_are_slow_trip_it(mode: Mode) {
    let fake = FakeClock::new();
    let breaker = builder(&fake).slow_calls(SECOND, 0.5).build().unwrap();
    let options = Client::options(mode, 1).clock(fake.clock()).breaker(breaker.clone());
    let (client, gate) = (options.init(Recorder::new()).unwrap(), Gate::new());
    assert_eq!(client.ask("m".into(), Ok(1)).result().unwrap(), 1);
    let slow = client.hold(gate.clone());
    gate.wait_for_arrivals(1);
    fake.advance(SECOND * 2);
    gate.open();
    assert_eq!(slow.result().unwrap(), 1, "its result stands");
    assert_eq!(breaker.state(), BreakerState::Open, "one of two was slow");
}

fn a_cancelled_probe_gives_its_place_back(mode: Mode) {
    let Setup { client, breaker, fake, .. } = setup(mode, |options| options);
    fail(&client, 2);
    fake.advance(SECOND * 10);
    let gate = Gate::new();
    let mut probe = client.hold(gate.clone());
    gate.wait_for_arrivals(1);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert!(matches!(client.ask("m".into(), Ok(1)).result(), Err(CallError::Rejected(_))));
    let _ = probe.cancel();
    assert!(probe.result().unwrap_err().is_cancelled());
    assert_eq!(client.ask("m".into(), Ok(1)).result().unwrap(), 1);
}

fn a_storm_meets_few_probes_and_no_stampede(mode: Mode) {
    let Setup { client, calls, fake, breaker } = setup(mode, |options| options);
    let storm = |answer: Result<u32, Failure>| {
        let before = calls.count();
        let futures: Vec<_> = (0..2_000).map(|_| client.ask("m".into(), answer.clone())).collect();
        let good = futures.into_iter().filter_map(|future| future.result().ok()).count();
        (calls.count() - before, good)
    };
    let (asked, good) = storm(Err(Failure::Down));
    assert_eq!(good, 0);
    assert_eq!(breaker.state(), BreakerState::Open, "{asked} were on their way when it opened");
    assert_eq!(storm(Err(Failure::Down)).0, 0, "nothing reaches a service that is down");
    // Half-open: one probe at a time, so a service that is still down is asked once.
    fake.advance(SECOND * 10);
    let gate = Gate::new();
    let probe = client.hold(gate.clone());
    gate.wait_for_arrivals(1);
    assert_eq!(storm(Ok(1)), (0, 0), "everybody else waits for the probe's answer");
    gate.open();
    probe.result().unwrap();
    wait_until("the probe has closed it", || breaker.state() == BreakerState::Closed);
    assert_eq!(storm(Ok(1)), (2_000, 2_000));
}
