//! The layers around a service that a test scripts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use concurry_time::FakeClock;
use tower_layer::Layer;
use tower_service::Service;

use super::*;
use crate::virtual_time::{SECOND, drive};
use crate::{
    BreakerState, CircuitBreaker, GaveUp, Hedge, Jitter, RetryBudget, RetryPolicy, Retryable,
    Verdict,
};

#[derive(Debug, Clone, Copy, PartialEq)]
struct Busy;

impl Retryable for Busy {
    fn verdict(&self) -> Verdict {
        Verdict::RetryAfter(7 * SECOND)
    }
}

/// Answers after the scripted seconds, or fails where there are none.
#[derive(Clone)]
struct Scripted {
    fake: FakeClock,
    script: Arc<Mutex<Vec<Option<u32>>>>,
    calls: Arc<AtomicU32>,
    ready: bool,
}

impl Scripted {
    fn new(fake: &FakeClock, script: &[Option<u32>]) -> Self {
        let script = Arc::new(Mutex::new(script.to_vec()));
        Self { fake: fake.clone(), script, calls: Arc::default(), ready: false }
    }
}

impl Service<&'static str> for Scripted {
    type Response = String;
    type Error = Busy;
    type Future = BoxFuture<Result<String, Busy>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Busy>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: &'static str) -> Self::Future {
        assert!(std::mem::replace(&mut self.ready, false), "called without being polled ready");
        self.calls.fetch_add(1, Ordering::SeqCst);
        let next = self.script.lock().unwrap().remove(0);
        let clock = self.fake.clock();
        Box::pin(async move {
            let Some(seconds) = next else { return Err(Busy) };
            clock.sleep(SECOND * seconds).await;
            Ok(format!("{request} answered"))
        })
    }
}

#[test]
fn a_retried_service_answers_after_the_wait_its_error_names() {
    let fake = FakeClock::new();
    let policy = RetryPolicy::constant(SECOND).jitter(Jitter::None);
    let service = Scripted::new(&fake, &[None, Some(0)]);
    let mut layered = RetryLayer::new(policy).by_verdict().clock(&fake.clock()).layer(service);
    let (answer, waits) = drive(&fake, oneshot(&mut layered, "it"));
    assert_eq!((answer.unwrap(), waits), ("it answered".to_owned(), vec![7]));
}

#[test]
fn a_retried_service_stops_with_the_budget_or_its_predicate() {
    let fake = FakeClock::new();
    let budget = RetryBudget::builder().capacity(1).min_per_second(0.0).build().unwrap();
    let layer = RetryLayer::new(RetryPolicy::constant(SECOND)).clock(&fake.clock());
    let service = Scripted::new(&fake, &[None, None, None]);
    let mut layered = layer.clone().budget(&budget).layer(service.clone());
    let error = drive(&fake, oneshot(&mut layered, "it")).0.unwrap_err();
    assert_eq!((error.gave_up(), error.attempts().count()), (GaveUp::Budget, 2));
    let mut layered = layer.retry_if(|_: &Busy| false).layer(service);
    let error = drive(&fake, oneshot(&mut layered, "it")).0.unwrap_err();
    assert_eq!((error.gave_up(), error.attempts().count()), (GaveUp::Fatal, 1));
}

#[test]
fn services_behind_one_breaker_layer_share_it() {
    let fake = FakeClock::new();
    let breaker = CircuitBreaker::builder("x").minimum_calls(2).clock(&fake.clock());
    let breaker = breaker.build().unwrap();
    let service = Scripted::new(&fake, &[None, None, Some(0)]);
    let layer = BreakerLayer::new(&breaker);
    let (mut one, mut two) = (layer.layer(service.clone()), layer.layer(service.clone()));
    assert!(drive(&fake, oneshot(&mut one, "it")).0.is_err());
    assert!(drive(&fake, oneshot(&mut two, "it")).0.is_err());
    assert_eq!(breaker.state(), BreakerState::Open);
    let refused = drive(&fake, oneshot(&mut one, "it")).0;
    assert!(matches!(refused, Err(crate::BreakerError::Open(_))));
    assert_eq!(service.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_slow_call_of_a_hedged_service_is_overtaken_by_its_copy() {
    let fake = FakeClock::new();
    let hedger = Hedge::after(2 * SECOND).build().unwrap().clock(&fake.clock());
    let service = Scripted::new(&fake, &[Some(60), Some(1)]);
    let mut layered = HedgeLayer::new(&hedger).layer(service);
    let (answer, waits) = drive(&fake, oneshot(&mut layered, "it"));
    assert_eq!((answer.unwrap(), waits), ("it answered".to_owned(), vec![2, 1]));
}

#[test]
fn a_hedged_service_that_asks_to_be_left_alone_gets_no_copy() {
    let fake = FakeClock::new();
    let hedger = Hedge::after(2 * SECOND).build().unwrap().clock(&fake.clock());
    let service = Scripted::new(&fake, &[None, Some(0), None]);
    let layer = HedgeLayer::new(&hedger);
    let mut heeded = layer.clone().by_verdict().layer(service.clone());
    assert!(drive(&fake, oneshot(&mut heeded, "it")).0.is_err());
    assert_eq!(service.calls.load(Ordering::SeqCst), 1);
    fake.advance(7 * SECOND);
    assert!(drive(&fake, oneshot(&mut heeded, "it")).0.is_ok(), "the pause is over");
    let mut picky = layer.tolerate_if(|_: &Busy| false).layer(service.clone());
    assert!(drive(&fake, oneshot(&mut picky, "it")).0.is_err());
    assert_eq!(service.calls.load(Ordering::SeqCst), 3);
}
