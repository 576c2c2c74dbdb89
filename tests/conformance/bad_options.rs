//! Options that no pool can have: typed errors that name the option, its value and what is legal.

use std::time::Duration;

use concurry::prelude::*;
use concurry::{Balance, InitError, OptionsError};

use crate::workers::{Counter, CounterHandle};

conformance!(every:
    zeros_are_refused_by_name,
    too_many_workers_are_refused,
    a_retry_predicate_for_no_methods_error_is_refused,
    a_reserve_without_limits_is_refused,
    an_illegal_retry_policy_is_refused_with_the_methods_name,
);
conformance!(in_this_process:
    retries_of_arguments_that_cannot_be_copied_are_refused_with_the_methods_name,
);
conformance!(at_the_call:
    sync_mode_has_one_worker_and_none_on_demand,
);
conformance!(overlapping:
    async_mode_has_no_workers_on_demand,
);
conformance!(on_demand:
    there_is_nothing_to_balance_on_demand,
);

type Refused = Result<CounterHandle, InitError<std::convert::Infallible>>;

fn refusal(init: Refused) -> OptionsError {
    match init {
        Err(InitError::Options(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn zeros_are_refused_by_name(mode: Mode) {
    type Change = fn(<Counter as TestOptions>::Options) -> <Counter as TestOptions>::Options;
    let zeros: [(&str, Change); 6] = [
        ("concurrency", |options| options.concurrency(0)),
        ("max_queued", |options| options.max_queued(0)),
        ("init_timeout", |options| options.init_timeout(Duration::ZERO)),
        ("stop_timeout", |options| options.stop_timeout(Duration::ZERO)),
        ("timeout", |options| options.timeout(Duration::ZERO)),
        ("deadline", |options| options.deadline(Duration::ZERO)),
    ];
    for (option, change) in zeros {
        let error = refusal(change(Counter::options(mode, 1)).init(0));
        let text = error.to_string();
        assert!(text.contains("Counter") && text.contains(option), "{option}: {text}");
        assert!(text.contains("zero") || text.contains("0, but"), "{option}: {text}");
    }
    let error = refusal(Counter::options(mode, 0).init(0));
    let OptionsError::OutOfRange { worker, option, got, .. } = error else { panic!("{error:?}") };
    assert_eq!((worker, option, got.as_str()), ("Counter", "max_workers", "0"));
}

/// Names the type that `options` gives, which users do not need to.
trait TestOptions {
    type Options;
}

impl TestOptions for Counter {
    type Options = crate::workers::CounterOptions;
}

fn too_many_workers_are_refused(mode: Mode) {
    let error = refusal(Counter::options(mode, usize::MAX).init(0));
    assert!(error.to_string().contains("max_workers"), "{error}");
}

fn a_retry_predicate_for_no_methods_error_is_refused(mode: Mode) {
    let options = Counter::options(mode, 1).retry_if(|_: &std::io::Error| true);
    let error = refusal(options.init(0));
    assert!(matches!(error, OptionsError::Contradiction { .. }), "{error:?}");
    assert!(error.to_string().contains("std::io::error::Error"), "{error}");
}

fn a_reserve_without_limits_is_refused(mode: Mode) {
    let options = Counter::options(mode, 1)
        .on_checked(|checked| checked.reserve(|&(number,)| [("tokens", number)]));
    let error = refusal(options.init(0));
    let OptionsError::Method { worker, method, option, .. } = error else { panic!("{error:?}") };
    assert_eq!((worker, method, option), ("Counter", "checked", "reserve"));
}

fn an_illegal_retry_policy_is_refused_with_the_methods_name(mode: Mode) {
    let policy = RetryPolicy::exponential_by(Duration::from_secs(1), f64::NAN);
    let error = refusal(Counter::options(mode, 1).on_add(|add| add.retry(policy)).init(0));
    let OptionsError::Method { method, option, .. } = error else { panic!("{error:?}") };
    assert_eq!((method, option), ("add", "retry"));
}

fn retries_of_arguments_that_cannot_be_copied_are_refused_with_the_methods_name(mode: Mode) {
    #[derive(Worker)]
    struct Consumer;

    struct Unique;

    #[worker]
    impl Consumer {
        fn new() -> Self {
            Self
        }

        pub fn copy(&self, number: u64) -> u64 {
            number
        }

        pub fn consume(&self, _unique: Unique) -> u64 {
            1
        }
    }

    let retry = || RetryPolicy::constant(Duration::from_secs(1)).max_retries(2);
    let error = match Consumer::options(mode, 1).retry(retry()).init() {
        Err(InitError::Options(error)) => error,
        other => panic!("{other:?}"),
    };
    let text = error.to_string();
    let OptionsError::Method { worker, method, option, .. } = error else { panic!("{text}") };
    assert_eq!((worker, method, option), ("Consumer", "consume", "retry"));
    assert!(text.contains("Unique") && text.contains("RetryPolicy::none()"), "{text}");
    // What the message says to do is enough.
    let options = Consumer::options(mode, 1).retry(retry());
    let pool = options.on_consume(|consume| consume.retry(RetryPolicy::none())).init().unwrap();
    assert_eq!(pool.consume(Unique).result().unwrap(), 1);
    assert_eq!(pool.copy(2).result().unwrap(), 2);
}

fn sync_mode_has_one_worker_and_none_on_demand(mode: Mode) {
    let error = refusal(Counter::options(mode, 2).init(0));
    assert!(matches!(error, OptionsError::Contradiction { worker: "Counter", .. }), "{error:?}");
    assert!(error.to_string().contains("sync mode"), "{error}");
    let error = refusal(Counter::options(mode, 1).on_demand(true).init(0));
    assert!(error.to_string().contains("on-demand"), "{error}");
}

fn async_mode_has_no_workers_on_demand(mode: Mode) {
    let error = refusal(Counter::options(mode, 2).on_demand(true).init(0));
    assert!(error.to_string().contains("on_demand"), "{error}");
}

fn there_is_nothing_to_balance_on_demand(mode: Mode) {
    let options = Counter::options(mode, 2).on_demand(true).load_balance(Balance::RoundRobin);
    let error = refusal(options.init(0));
    assert!(error.to_string().contains("load_balance"), "{error}");
    assert!("fastest".parse::<Balance>().unwrap_err().to_string().contains("round_robin"));
}

// With the feature, the mode has its backend.
#[cfg(not(feature = "ray"))]
#[test]
fn a_mode_without_a_backend_says_what_to_use_instead() {
    let init = crate::workers::Probe::options(Mode::Ray, 1)
        .init(concurry_testkit::Recorder::new(), concurry_testkit::Dropped::new());
    let Err(InitError::Options(error)) = init else { panic!("{init:?}") };
    let OptionsError::ModeUnavailable { worker, mode, remedy } = error else { panic!("{error:?}") };
    assert_eq!((worker, mode), ("Probe", Mode::Ray));
    assert!(!remedy.is_empty());
}
