//! `#[resilient]`: who is asked, who answers, and how a service is found to be back.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::cell::Cell;
use std::time::Duration;

use concurry::prelude::*;
use concurry::retry::{BreakerError, BreakerOpen, BreakerState, CircuitBreaker, service};
use concurry_time::{FakeClock, block_on};

#[derive(Clone, Debug, PartialEq)]
enum Failure {
    Down,
    BadRequest,
    Refused,
}

impl From<BreakerOpen> for Failure {
    fn from(_: BreakerOpen) -> Self {
        Self::Refused
    }
}

impl Retryable for Failure {
    fn verdict(&self) -> Verdict {
        match self {
            Self::BadRequest => Verdict::Fatal,
            _ => Verdict::Retry,
        }
    }
}

/// A breaker that opens at two failures, for 10 s of the clock.
fn watched(name: &str) -> (CircuitBreaker, FakeClock) {
    let fake = FakeClock::new();
    let breaker = CircuitBreaker::builder(name)
        .count_window(4)
        .minimum_calls(2)
        .open_for(Duration::from_secs(10))
        .open_jitter(0.0)
        .probes(1)
        .ramp_up(0)
        .clock(&fake.clock())
        .build()
        .unwrap();
    breaker.register();
    (breaker, fake)
}

#[resilient(service = "quotes", fallback = default_quote)]
fn quote(sku: String, answer: Result<usize, Failure>) -> Result<usize, Failure> {
    let length = sku.len();
    drop(sku);
    Ok(answer? + length)
}

fn default_quote(
    error: &BreakerError<Failure>,
    sku: String,
    _answer: Result<usize, Failure>,
) -> usize {
    match error {
        BreakerError::Open(_) => sku.len() * 1000,
        _ => sku.len() * 100,
    }
}

#[test]
fn an_open_circuit_gives_the_default_and_recovers_by_itself() {
    let (breaker, fake) = watched("quotes");
    let ask = |answer| quote("abc".into(), answer).unwrap();
    let down = [(); 3].map(|()| ask(Err(Failure::Down)));
    assert_eq!(down, [300, 300, 3000], "failures, then the open circuit");
    assert_eq!(ask(Ok(1)), 3000, "the service is not even asked");
    fake.advance(Duration::from_secs(10));
    assert_eq!(ask(Ok(1)), 4);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[resilient(service = format!("shard-{shard}"))]
fn by_argument(shard: u32, answer: Result<u32, Failure>) -> Result<u32, Failure> {
    answer
}

#[test]
fn the_service_may_depend_on_the_arguments_and_a_refusal_becomes_the_error() {
    let ((one, _), (two, _)) = (watched("shard-1"), watched("shard-2"));
    assert_eq!(by_argument(1, Err(Failure::Down)), Err(Failure::Down));
    assert_eq!(by_argument(1, Err(Failure::Down)), Err(Failure::Down));
    assert_eq!(by_argument(1, Ok(7)), Err(Failure::Refused));
    assert_eq!(by_argument(2, Ok(7)), Ok(7));
    assert_eq!((one.state(), two.state()), (BreakerState::Open, BreakerState::Closed));
}

#[test]
fn the_errors_own_verdict_says_what_trips_the_breaker() {
    let (breaker, _) = watched("shard-3");
    for _ in 0..9 {
        assert_eq!(by_argument(3, Err(Failure::BadRequest)), Err(Failure::BadRequest));
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[resilient(service = "main", fallback = second)]
async fn first(question: &str) -> Result<String, Failure> {
    std::future::ready(()).await;
    if question.is_empty() { Err(Failure::Down) } else { Ok(question.to_owned()) }
}

#[resilient(service = "spare", fallback = third)]
async fn second(_error: &BreakerError<Failure>, question: &str) -> Result<String, Failure> {
    first_word(question)
}

fn first_word(question: &str) -> Result<String, Failure> {
    question.split_whitespace().next().map(str::to_owned).ok_or(Failure::BadRequest)
}

async fn third(
    error: &BreakerError<Failure>,
    _cause: &BreakerError<Failure>,
    _question: &str,
) -> Result<String, Failure> {
    match error {
        BreakerError::Failed(Failure::BadRequest) => Ok("nobody knows".into()),
        _ => Err(Failure::Down),
    }
}

#[test]
fn fallbacks_that_are_resilient_themselves_make_a_chain() {
    let _main = watched("main");
    let _spare = watched("spare");
    assert_eq!(block_on(first("why")).unwrap(), "why");
    assert_eq!(block_on(first("")).unwrap(), "nobody knows");
}

#[test]
fn futures_of_resilient_functions_are_send() {
    fn require_send<T: Send>(value: T) -> T {
        value
    }
    let _main = watched("main-send");
    assert!(block_on(require_send(first("why"))).is_ok());
}

/// A shop that remembers its last price.
struct Shop {
    last: Cell<u32>,
    sold: u32,
}

impl Shop {
    #[resilient(service = "shop", fallback = Self::last_price)]
    fn price(&self, name: &str) -> Result<u32, Failure> {
        let price = name.parse().map_err(|_| Failure::Down)?;
        self.last.set(price);
        Ok(price)
    }

    fn last_price(&self, _error: &BreakerError<Failure>, name: &str) -> Result<u32, Failure> {
        if name.is_empty() { Err(Failure::BadRequest) } else { Ok(self.last.get()) }
    }

    #[resilient(service = "shop-sales", fallback = Self::not_sold)]
    async fn sell(&mut self, mut number: u32) -> Result<u32, Failure> {
        number += self.sold;
        self.sold = number;
        if number > 10 {
            return Err(Failure::Down);
        }
        Ok(number)
    }

    async fn not_sold(&mut self, _error: &BreakerError<Failure>, number: u32) -> u32 {
        self.sold -= number;
        0
    }
}

#[test]
fn methods_fall_back_on_their_own_state() {
    let mut shop = Shop { last: Cell::new(0), sold: 0 };
    assert_eq!(shop.price("17"), Ok(17));
    assert_eq!(shop.price("?"), Ok(17));
    assert_eq!(shop.price(""), Err(Failure::BadRequest));
    assert_eq!(block_on(shop.sell(6)), Ok(6));
    assert_eq!(block_on(shop.sell(6)), Ok(0));
    assert_eq!(shop.sold, 6);
}

/// A worker with a resilient method.
#[derive(Worker)]
struct Pricing;

#[worker]
impl Pricing {
    fn new() -> Self {
        Self
    }

    #[resilient(service = "pricing-worker", fallback = unpriced)]
    pub fn price(&self, name: String) -> Result<u32, Failure> {
        name.parse().map_err(|_| Failure::Down)
    }
}

fn unpriced(_error: &BreakerError<Failure>, name: String) -> u32 {
    name.len() as u32
}

#[test]
fn methods_of_workers_and_tasks_may_be_resilient() {
    let pricing = Pricing::options(Mode::Thread, 1).init().unwrap();
    assert_eq!(pricing.price("17".into()).result().unwrap(), 17);
    assert_eq!(pricing.price("what".into()).result().unwrap(), 4);
    let pool = halve::options(Mode::Thread, 1).init().unwrap();
    assert_eq!(pool.submit(8).result().unwrap(), 4);
    assert_eq!(pool.submit(7).result().unwrap(), 0);
}

#[task]
#[resilient(service = "halves", fallback = no_half)]
fn halve(number: u32) -> Result<u32, Failure> {
    if number.is_multiple_of(2) { Ok(number / 2) } else { Err(Failure::Down) }
}

fn no_half(_error: &BreakerError<Failure>, _number: u32) -> u32 {
    0
}

#[test]
fn a_call_that_is_dropped_or_panics_counts_as_nothing() {
    #[resilient(service = "dropped")]
    async fn wait(ready: bool) -> Result<(), Failure> {
        assert!(ready);
        std::future::pending().await
    }
    #[resilient(service = "dropped")]
    fn fail() -> Result<(), Failure> {
        Err(Failure::Down)
    }
    let (breaker, fake) = watched("dropped");
    assert!(fail().is_err() && fail().is_err());
    fake.advance(Duration::from_secs(10));
    for ready in [true, false] {
        let mut probe = Box::pin(wait(ready));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let poll = std::panic::AssertUnwindSafe(|| probe.as_mut().poll(&mut context).is_pending());
        assert_eq!(std::panic::catch_unwind(poll).is_ok(), ready);
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        if ready {
            assert_eq!(fail(), Err(Failure::Refused), "the probe has the only place");
        }
        drop(probe);
        assert!(service("dropped").try_acquire().is_ok(), "and gives it back");
    }
}
