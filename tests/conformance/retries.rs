//! Retries: how often, of what, after how long, and with what the worker is told.

use std::time::Duration;

use concurry::prelude::*;
use concurry::retry::GaveUp;
use concurry_testkit::{Gate, Recorder, wait_until};
use concurry_time::FakeClock;

conformance!(every:
    a_call_is_tried_again_until_it_succeeds,
    exhausted_retries_keep_every_attempts_error,
    an_error_that_the_filter_refuses_comes_out_at_once,
    several_filters_each_say_what_is_tried_again,
    the_error_type_itself_says_whether,
    a_result_that_until_refuses_is_tried_again,
    a_refused_result_without_retries_is_an_error,
    one_method_may_have_a_policy_of_its_own,
    every_attempt_sees_its_number_and_the_same_idempotency_key,
    a_panic_is_tried_again_for_idempotent_methods_only,
    a_fallback_stands_in_after_the_last_attempt,
);
conformance!(queued:
    backoff_waits_on_the_clock_and_holds_no_worker,
    a_wait_that_the_service_asked_for_is_honoured,
    an_attempt_that_times_out_is_tried_again,
    a_deadline_ends_a_call_between_its_attempts,
    a_call_that_backs_off_can_be_cancelled,
    a_call_that_is_cancelled_while_its_error_is_judged_pays_for_no_retry,
    a_stop_drains_calls_that_back_off_and_a_stop_now_fails_them,
);

#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
enum ApiError {
    Busy,
    BusyFor(u64),
    Refused,
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl Retryable for ApiError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Busy => Verdict::Retry,
            Self::BusyFor(seconds) => Verdict::RetryAfter(Duration::from_secs(*seconds)),
            Self::Refused => Verdict::Fatal,
        }
    }
}

/// Fails as it is told, attempt by attempt.
#[derive(Worker)]
struct Api {
    seen: Recorder<(u32, Option<String>)>,
}

#[worker]
impl Api {
    fn new(seen: Recorder<(u32, Option<String>)>) -> Self {
        Self { seen }
    }

    /// The attempt's number, or the error at its place in the script.
    pub fn ask(&self, ctx: &CallContext, script: Vec<ApiError>) -> Result<u32, ApiError> {
        self.seen.record((ctx.attempt(), ctx.idempotency_key().map(str::to_owned)));
        match script.get(ctx.attempt() as usize - 1) {
            Some(error) => Err(error.clone()),
            None => Ok(ctx.attempt()),
        }
    }

    /// Panics at the first attempt.
    pub fn break_once(&self, ctx: &CallContext) -> u32 {
        assert!(ctx.attempt() > 1, "the first attempt");
        ctx.attempt()
    }

    #[idempotent]
    pub fn break_once_idempotent(&self, ctx: &CallContext) -> u32 {
        self.break_once(ctx)
    }

    /// Never ends at the first attempt.
    pub async fn stall_once(&self, ctx: &CallContext) -> u32 {
        self.seen.record((ctx.attempt(), None));
        if ctx.attempt() == 1 {
            std::future::pending::<()>().await;
        }
        ctx.attempt()
    }

    pub fn number(&self, ctx: &CallContext) -> u32 {
        ctx.attempt()
    }
}

struct Setup {
    api: ApiHandle,
    seen: Recorder<(u32, Option<String>)>,
    fake: FakeClock,
}

/// Waits of zero where nobody advances the clock; else of the given seconds.
fn setup(mode: Mode, policy: RetryPolicy, change: fn(ApiOptions) -> ApiOptions) -> Setup {
    let (fake, seen) = (FakeClock::new(), Recorder::new());
    let options = Api::options(mode, 1).clock(fake.clock()).retry(policy);
    let api = change(options).init(seen.clone()).unwrap();
    Setup { api, seen, fake }
}

fn at_once(retries: u32) -> RetryPolicy {
    RetryPolicy::waits([Duration::ZERO; 10]).max_retries(retries)
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn a_call_is_tried_again_until_it_succeeds(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, at_once(5), |options| options);
    assert_eq!(api.ask(vec![ApiError::Busy, ApiError::Busy]).result().unwrap(), 3);
    assert_eq!(seen.count(), 3);
    let stats = api.stats();
    assert_eq!((stats.retries, stats.done, stats.failed), (2, 1, 2));
}

fn exhausted_retries_keep_every_attempts_error(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, at_once(2), |options| options);
    let script = vec![ApiError::Busy, ApiError::BusyFor(0), ApiError::Busy, ApiError::Refused];
    let error = api.ask(script).result().unwrap_err();
    assert_eq!(seen.count(), 3, "one attempt and two retries");
    assert_eq!(error.failure(), Some(&ApiError::Busy));
    let CallError::RetriesExhausted(exhausted) = &error else { panic!("{error:?}") };
    assert_eq!(exhausted.gave_up(), GaveUp::RetriesExhausted);
    let records = exhausted.attempts().records();
    let errors: Vec<_> = records.iter().map(|r| r.error.failure().unwrap().clone()).collect();
    assert_eq!(errors, [ApiError::Busy, ApiError::BusyFor(0), ApiError::Busy]);
    assert_eq!(records.iter().map(|r| r.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(records.iter().all(|record| record.worker == Some(0)));
    assert_eq!(error.into_failure().unwrap(), ApiError::Busy);
}

fn an_error_that_the_filter_refuses_comes_out_at_once(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, at_once(5), |options| {
        options.retry_if(|error: &ApiError| *error == ApiError::Refused)
    });
    let error = api.ask(vec![ApiError::Busy]).result().unwrap_err();
    assert!(matches!(error, CallError::Failed(ApiError::Busy)), "{error:?}");
    assert_eq!(seen.count(), 1);
    assert_eq!(api.ask(vec![ApiError::Refused]).result().unwrap(), 2, "the filter says yes");
}

fn several_filters_each_say_what_is_tried_again(mode: Mode) {
    let is = |one: ApiError| move |error: &ApiError| *error == one;
    let common = Api::options(mode, 1).retry(at_once(5));
    let common = common.retry_if(is(ApiError::Busy)).retry_if(is(ApiError::Refused));
    let own = Api::options(mode, 1).retry(at_once(5)).retry_if(|_: &ApiError| true);
    let own =
        own.on_ask(move |ask| ask.retry_if(is(ApiError::Busy)).retry_if(is(ApiError::Refused)));
    for options in [common, own] {
        let api = options.init(Recorder::new()).unwrap();
        assert_eq!(api.ask(vec![ApiError::Busy, ApiError::Refused]).result().unwrap(), 3);
        let error = api.ask(vec![ApiError::BusyFor(0)]).result().unwrap_err();
        assert!(matches!(error, CallError::Failed(ApiError::BusyFor(0))), "{error:?}");
    }
}

fn the_error_type_itself_says_whether(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, at_once(5), |options| options);
    let error = api.ask(vec![ApiError::Refused]).result().unwrap_err();
    assert!(matches!(error, CallError::Failed(ApiError::Refused)), "{error:?}");
    assert_eq!(seen.count(), 1);
}

fn a_result_that_until_refuses_is_tried_again(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, at_once(5), |options| {
        options.on_ask(|ask| ask.until(|&attempt| attempt > 1).until(|&attempt| attempt > 3))
    });
    // An error, two refused results, and one that every condition accepts: one budget.
    assert_eq!(api.ask(vec![ApiError::Busy]).result().unwrap(), 4);
    assert_eq!(seen.count(), 4);
}

fn a_refused_result_without_retries_is_an_error(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, RetryPolicy::none(), |options| {
        options.on_ask(|ask| ask.until(|&attempt| attempt > 1))
    });
    let error = api.ask(Vec::new()).result().unwrap_err();
    let CallError::InvalidResult(invalid) = error else { panic!("{error:?}") };
    assert_eq!((invalid.attempts, invalid.site.method()), (1, "ask"));
    assert_eq!(seen.count(), 1);
}

fn one_method_may_have_a_policy_of_its_own(mode: Mode) {
    let Setup { api, seen, .. } =
        setup(mode, at_once(5), |options| options.on_ask(|ask| ask.retry(at_once(1))));
    assert!(api.ask(vec![ApiError::Busy; 9]).result().is_err());
    assert_eq!(seen.count(), 2);
}

fn every_attempt_sees_its_number_and_the_same_idempotency_key(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, at_once(5), |options| options);
    let keyed = api.with(CallOptions::new().idempotency_key("order-17"));
    assert_eq!(keyed.ask(vec![ApiError::Busy]).result().unwrap(), 2);
    let key = Some("order-17".to_owned());
    assert_eq!(seen.events(), [(1, key.clone()), (2, key)]);
    // Other calls of the same pool have neither.
    assert_eq!(api.ask(Vec::new()).result().unwrap(), 1);
    assert_eq!(seen.events()[2], (1, None));
}

fn a_panic_is_tried_again_for_idempotent_methods_only(mode: Mode) {
    let Setup { api, .. } = setup(mode, at_once(5), |options| options);
    assert!(api.break_once().result().unwrap_err().is_panic());
    assert_eq!(api.number().result().unwrap(), 1);
    assert_eq!(api.break_once_idempotent().result().unwrap(), 2);
}

fn a_fallback_stands_in_after_the_last_attempt(mode: Mode) {
    let Setup { api, seen, .. } = setup(mode, at_once(1), |options| {
        options.on_ask(|ask| {
            ask.fallback(|error| match error {
                CallError::RetriesExhausted(_) => 99,
                _ => 98,
            })
        })
    });
    assert_eq!(api.ask(vec![ApiError::Busy; 9]).result().unwrap(), 99);
    assert_eq!(seen.count(), 2);
}

fn backoff_waits_on_the_clock_and_holds_no_worker(mode: Mode) {
    let policy = RetryPolicy::exponential(seconds(1)).jitter(concurry::retry::Jitter::None);
    let Setup { api, seen, fake } = setup(mode, policy.max_retries(3), |options| options);
    let call = api.ask(vec![ApiError::Busy; 3]);
    for (attempts, wait) in [(1, 1), (2, 2), (3, 4)] {
        fake.wait_for_sleepers(1);
        assert_eq!((seen.count(), api.stats().backing_off), (attempts, 1));
        assert_eq!(api.number().result().unwrap(), 1, "the only worker is free");
        assert_eq!(fake.advance_to_next(), Some(seconds(wait)));
    }
    assert_eq!(call.result().unwrap(), 4);
    assert_eq!(api.stats().backing_off, 0);
}

fn a_wait_that_the_service_asked_for_is_honoured(mode: Mode) {
    let Setup { api, fake, .. } = setup(mode, at_once(3), |options| options);
    let call = api.ask(vec![ApiError::BusyFor(7)]);
    fake.wait_for_sleepers(1);
    fake.advance(seconds(6));
    assert!(!call.is_done());
    fake.advance(seconds(1));
    assert_eq!(call.result().unwrap(), 2);
}

fn an_attempt_that_times_out_is_tried_again(mode: Mode) {
    let Setup { api, seen, fake } = setup(mode, at_once(1), |options| options.timeout(seconds(5)));
    let call = api.stall_once();
    concurry_testkit::wait_until("the first attempt has begun", || seen.count() == 1);
    fake.advance(seconds(5));
    assert_eq!(call.result().unwrap(), 2);
    assert_eq!(api.number().result().unwrap(), 1, "the attempt does not hold its worker");
}

fn a_deadline_ends_a_call_between_its_attempts(mode: Mode) {
    let policy = RetryPolicy::constant(seconds(3)).jitter(concurry::retry::Jitter::None);
    let policy = policy.max_retries(9);
    let Setup { api, seen, fake } = setup(mode, policy, |options| options.deadline(seconds(5)));
    let call = api.ask(vec![ApiError::Busy; 9]);
    concurry_testkit::wait_until("it waits for its second attempt", || {
        api.stats().backing_off == 1 && fake.sleepers() == 1
    });
    fake.advance(seconds(3));
    let error = call.result().unwrap_err();
    assert_eq!(seen.count(), 2, "a wait past the deadline is not begun");
    assert!(error.is_timeout());
    assert_eq!(error.failure(), Some(&ApiError::Busy));
    let CallError::RetriesExhausted(error) = error else { panic!("{error:?}") };
    assert_eq!((error.gave_up(), error.attempts().count()), (GaveUp::Deadline, 2));
}

fn a_call_that_backs_off_can_be_cancelled(mode: Mode) {
    let Setup { api, seen, fake } =
        setup(mode, RetryPolicy::constant(seconds(3)).max_retries(9), |options| options);
    let mut call = api.ask(vec![ApiError::Busy; 9]);
    fake.wait_for_sleepers(1);
    let _ = call.cancel();
    assert!(call.result().unwrap_err().is_cancelled());
    fake.advance(seconds(60));
    assert_eq!(api.number().result().unwrap(), 1);
    assert_eq!((seen.count(), fake.sleepers()), (1, 0));
}

fn a_call_that_is_cancelled_while_its_error_is_judged_pays_for_no_retry(mode: Mode) {
    let budget = RetryBudget::builder().capacity(1).min_per_second(0.0).build().unwrap();
    let (judging, fake) = (Gate::new(), FakeClock::new());
    let gate = judging.clone();
    let options = Api::options(mode, 1).clock(fake.clock()).retry_budget(budget.clone());
    let options = options.retry(RetryPolicy::constant(seconds(3))).retry_if(move |_: &ApiError| {
        gate.pass();
        true
    });
    let api = options.init(Recorder::new()).unwrap();
    let mut call = api.ask(vec![ApiError::Busy; 9]);
    judging.wait_for_arrivals(1);
    let _ = call.cancel();
    judging.open();
    assert!(call.result().unwrap_err().is_cancelled());
    wait_until("the retry is paid back", || budget.balance() == 1);
}

fn a_stop_drains_calls_that_back_off_and_a_stop_now_fails_them(mode: Mode) {
    let policy = RetryPolicy::constant(seconds(3)).max_retries(9);
    let Setup { api, fake, .. } = setup(mode, policy.clone(), |options| options);
    let call = api.ask(vec![ApiError::Busy]);
    fake.wait_for_sleepers(1);
    let stop = api.stop();
    fake.advance(seconds(3));
    assert_eq!(call.result().unwrap(), 2);
    assert!(stop.result().unwrap().drained);

    let Setup { api, fake, .. } = setup(mode, policy, |options| options);
    let call = api.ask(vec![ApiError::Busy]);
    fake.wait_for_sleepers(1);
    assert!(api.stop_now().result().unwrap().complete);
    assert!(matches!(call.result(), Err(CallError::Stopped(_))));
}
