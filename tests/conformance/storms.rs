//! Many callers of a service that is down, and cancels at every point of a call's way: nothing is
//! multiplied, and nothing that was taken is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use concurry::prelude::*;
use concurry::retry::{BreakerState, CircuitBreaker};
use concurry_testkit::{Gate, wait_until};
use concurry_time::FakeClock;

conformance!(in_this_process:
    callers_of_a_dead_service_add_no_more_than_the_budget,
    a_method_that_is_not_idempotent_runs_once_for_each_attempt_that_failed_by_itself,
);
conformance!(queued_in_this_process:
    a_service_that_comes_back_is_not_overrun,
    a_cancel_at_any_point_gives_everything_back,
);

const SECOND: Duration = Duration::from_secs(1);
const CALLERS: u32 = 10_000;

/// What the test and the workers share.
#[derive(Clone, Debug, Default)]
struct Service {
    up: Arc<AtomicBool>,
    requests: Arc<AtomicU32>,
}

#[derive(Worker)]
struct Client {
    service: Service,
}

#[worker]
impl Client {
    fn new(service: Service) -> Self {
        Self { service }
    }

    pub fn ask(&self) -> Result<(), String> {
        self.service.requests.fetch_add(1, Ordering::Relaxed);
        if self.service.up.load(Ordering::Relaxed) { Ok(()) } else { Err("down".into()) }
    }

    /// Waits at the gate, then fails.
    #[idempotent]
    pub async fn hold(&self, gate: Gate) -> Result<(), String> {
        gate.passed().await;
        Err("down".into())
    }

    pub fn break_down(&self) {
        self.service.requests.fetch_add(1, Ordering::Relaxed);
        panic!("on purpose");
    }
}

fn at_once(retries: u32) -> RetryPolicy {
    RetryPolicy::waits([Duration::ZERO; 9]).max_retries(retries)
}

fn callers_of_a_dead_service_add_no_more_than_the_budget(mode: Mode) {
    let service = Service::default();
    let budget = RetryBudget::builder().capacity(50).min_per_second(0.0).build().unwrap();
    let options = Client::options(mode, 1).retry(at_once(3)).retry_budget(budget.clone());
    let client = options.init(service.clone()).unwrap();
    let calls: Vec<_> = (0..CALLERS).map(|_| client.ask()).collect();
    assert!(calls.into_iter().all(|call| call.result().is_err()));
    assert_eq!(service.requests.load(Ordering::Relaxed), CALLERS + 50);
    assert_eq!((budget.balance(), client.stats().retries), (0, 50));
    // Ten successes pay for one retry.
    service.up.store(true, Ordering::Relaxed);
    (0..10).for_each(|_| client.ask().result().unwrap());
    assert_eq!(budget.balance(), 1);
}

fn a_method_that_is_not_idempotent_runs_once_for_each_attempt_that_failed_by_itself(mode: Mode) {
    let service = Service::default();
    let options = Client::options(mode, 1).retry(at_once(3)).hedge(Hedge::redundant(3));
    let client = options.init(service.clone()).unwrap();
    assert!(client.break_down().result().unwrap_err().is_panic());
    assert_eq!(service.requests.load(Ordering::Relaxed), 1, "it may have done its work");
    assert!(client.ask().result().is_err());
    assert_eq!(service.requests.load(Ordering::Relaxed), 1 + 4, "no copies, and three retries");
}

fn a_service_that_comes_back_is_not_overrun(mode: Mode) {
    let (fake, service) = (FakeClock::new(), Service::default());
    let breaker = CircuitBreaker::builder("service")
        .open_for(SECOND * 10)
        .open_jitter(0.0)
        .probes(3)
        .ramp_up(8)
        .clock(&fake.clock())
        .build()
        .unwrap();
    let options = Client::options(mode, 1).clock(fake.clock()).breaker(breaker.clone());
    let client = options.retry(at_once(3)).init(service.clone()).unwrap();
    let storm = || {
        let before = service.requests.load(Ordering::Relaxed);
        let calls: Vec<_> = (0..CALLERS).map(|_| client.ask()).collect();
        let good = calls.into_iter().filter_map(|call| call.result().ok()).count();
        (service.requests.load(Ordering::Relaxed) - before, u32::try_from(good).unwrap())
    };
    let (asked, good) = storm();
    assert_eq!((good, breaker.state()), (0, BreakerState::Open));
    assert!(asked <= CALLERS * 4);
    assert_eq!(storm(), (0, 0), "an open breaker lets nothing through");
    // It is still down: no more than the probes find that out.
    fake.advance(SECOND * 10);
    let (asked, _) = storm();
    assert!((1..=3).contains(&asked), "{asked} probes");
    assert_eq!(breaker.state(), BreakerState::Open);
    // It is back: everybody who is let through is answered, and in the end everybody is.
    fake.advance(SECOND * 10);
    service.up.store(true, Ordering::Relaxed);
    let (asked, good) = storm();
    assert_eq!(asked, good);
    wait_until("it has closed", || {
        let _ = client.ask().result();
        breaker.state() == BreakerState::Closed
    });
    assert_eq!(storm(), (CALLERS, CALLERS));
}

fn a_cancel_at_any_point_gives_everything_back(mode: Mode) {
    let fake = FakeClock::new();
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 2)).build().unwrap();
    let budget = RetryBudget::builder().capacity(5).min_per_second(0.0).build().unwrap();
    let breaker = CircuitBreaker::builder("service")
        .count_window(1)
        .minimum_calls(1)
        .open_for(SECOND)
        .open_jitter(0.0)
        .probes(1)
        .ramp_up(0)
        .clock(&fake.clock())
        .build()
        .unwrap();
    let (other_gate, spare) = (Gate::new(), Service::default());
    let other = Client::options(mode, 1).init(spare.clone()).unwrap();
    let (fallback, held) = (other.clone(), other_gate.clone());
    let client = Client::options(mode, 2)
        .clock(fake.clock())
        .limits(&limits)
        .retry_budget(budget.clone())
        .breaker(breaker.clone())
        .on_hold(move |hold| {
            hold.reserve(|_| [("slots", 1)])
                .retry(RetryPolicy::constant(SECOND).max_retries(1))
                .hedge(Hedge::redundant(2))
                .fallback_to(move |_, _| fallback.hold(held.clone()))
        })
        .init(Service::default())
        .unwrap();
    // Each point is reached from a half-open breaker, whose one probe the call is.
    let whole = |point: &str| {
        wait_until("all copies have ended", || limits.try_acquire([("slots", 2)]).is_ok());
        assert_eq!(budget.balance(), 5, "{point}: the budget");
        match breaker.state() {
            BreakerState::Open => fake.advance(SECOND),
            state => assert_ne!(state, BreakerState::Isolated),
        }
        assert!(breaker.try_acquire().is_ok(), "{point}: the probe's place");
        assert_eq!((client.stats().throttled, client.stats().backing_off), (0, 0), "{point}");
    };
    let cancel = |mut call: TaskFuture<(), String>, point: &str| {
        let _ = call.cancel();
        assert!(call.result().unwrap_err().is_cancelled(), "{point}");
        whole(point);
    };
    breaker.try_acquire().unwrap().record(concurry::retry::Outcome::Failure);
    fake.advance(SECOND);

    let taken = limits.try_acquire([("slots", 2)]).unwrap();
    let waiting = client.hold(Gate::new());
    wait_until("it waits for a limit", || client.stats().throttled >= 1);
    drop(waiting.cancel_on_drop());
    drop(taken);
    whole("waiting for a limit");

    let gate = Gate::new();
    let running = client.hold(gate.clone());
    gate.wait_for_arrivals(1);
    assert!(breaker.try_acquire().is_err(), "it is the probe, and a probe has no copies");
    cancel(running, "running");

    breaker.reset();
    let gate = Gate::new();
    let running = client.hold(gate.clone());
    gate.wait_for_arrivals(2);
    cancel(running, "two copies running");

    let gate = Gate::new();
    gate.open();
    let failed = client.hold(gate);
    wait_until("it backs off", || client.stats().backing_off == 1);
    assert_eq!(budget.balance(), 4, "the retry is paid for before its wait");
    cancel(failed, "backing off");

    // Without a retry left to pay for, the fallback is asked, and waits in another pool.
    let paid: Vec<_> = (0..5).map(|_| budget.withdraw(fake.clock().now())).collect();
    assert!(paid.into_iter().all(|paid| paid));
    let gate = Gate::new();
    gate.open();
    let fallen = client.hold(gate);
    other_gate.wait_for_arrivals(1);
    (0..5).for_each(|_| budget.refund());
    cancel(fallen, "in the fallback");

    assert!(client.stop().result().unwrap().drained);
    assert!(other.stop().result().unwrap().drained, "the fallback's call was cancelled as well");
}
