//! The spans of calls and their attempts.

use std::time::Duration;

use concurry::prelude::*;
use concurry::testing::{FakeClock, Script};
use concurry_testkit::within;
use tracing::subscriber::with_default;

use crate::collected::Collected;
use crate::service::Service;

fn retry() -> RetryPolicy {
    RetryPolicy::constant(Duration::from_secs(2)).max_retries(2).jitter(Jitter::None)
}

#[test]
fn a_call_is_a_span_under_its_callers_with_a_span_for_each_attempt() {
    within(|| {
        let collected = Collected::default();
        let fake = FakeClock::new();
        with_default(collected.subscriber(), || {
            let service = Service::options(Mode::Thread, 1)
                .clock(fake.clock())
                .retry(retry())
                .init(Service { script: Script::new(7).fail("down") })
                .unwrap();
            let request = tracing::info_span!("request").entered();
            let answer = service.ask();
            drop(request);
            fake.wait_for_sleepers(1);
            fake.advance(Duration::from_secs(2));
            assert_eq!(answer.result().unwrap(), 7);
        });

        let (request, _) = collected.named("request").remove(0);
        let calls = collected.named("call");
        assert_eq!(calls.len(), 1);
        let (id, call) = &calls[0];
        assert_eq!(call.parent, Some(request));
        assert!(call.closed);
        assert_eq!(call.fields["worker"], "\"Service\"");
        assert_eq!(call.fields["method"], "\"ask\"");
        assert_eq!(call.fields["ok"], "true");
        assert_eq!(call.fields["attempts"], "2");
        assert_eq!(call.fields["total"], "2.0");
        assert_eq!(call.messages, ["will try again"]);

        let attempts = collected.named("attempt");
        let numbers: Vec<_> = attempts
            .iter()
            .map(|(_, span)| (&*span.fields["attempt"], &*span.fields["ok"]))
            .collect();
        assert_eq!(numbers, [("1", "false"), ("2", "true")]);
        for (_, attempt) in &attempts {
            assert_eq!(attempt.parent, Some(*id));
            assert!(attempt.closed);
            assert_eq!(attempt.fields["worker_index"], "0");
            for time in ["limit_wait", "queued", "running"] {
                assert_eq!(attempt.fields[time], "0.0", "{time}: the clock stood still");
            }
            // Logged by the method, through `ctx.span()`, on the worker's thread. That thread has
            // another default subscriber, so the event goes there; see below for one thread.
            assert!(attempt.messages.is_empty());
        }
    });
}

#[test]
fn what_a_method_logs_in_the_contexts_span_belongs_to_its_attempt() {
    let collected = Collected::default();
    with_default(collected.subscriber(), || {
        let options = Service::options(Mode::Sync, 1).retry(retry());
        let service = options.init(Service { script: Script::new(7) }).unwrap();
        assert_eq!(service.ask().result().unwrap(), 7);
    });
    let attempts = collected.named("attempt");
    assert_eq!(attempts[0].1.messages, ["asked"]);
}

#[test]
fn a_wait_for_a_limit_is_the_attempts_limit_wait() {
    within(|| {
        let collected = Collected::default();
        let fake = FakeClock::new();
        with_default(collected.subscriber(), || {
            let limits = LimitSet::builder().with(CallLimit::per_minute(1)).clock(fake.clock());
            let service = Service::options(Mode::Thread, 1)
                .clock(fake.clock())
                .limits(limits.build().unwrap())
                .init(Service { script: Script::new(7) })
                .unwrap();
            service.ask().result().unwrap();
            let second = service.ask();
            fake.wait_for_sleepers(1);
            fake.advance(Duration::from_secs(60));
            second.result().unwrap();
        });
        let attempts = collected.named("attempt");
        let waits: Vec<f64> =
            attempts.iter().map(|(_, span)| span.fields["limit_wait"].parse().unwrap()).collect();
        assert_eq!(waits[0], 0.0);
        assert!((59.0..=60.0).contains(&waits[1]), "{waits:?}");
        assert_eq!(attempts[1].1.messages, ["waits for a limit"]);
    });
}

#[test]
fn plain_calls_make_spans_only_if_they_are_observed() {
    for observe in [false, true] {
        let collected = Collected::default();
        with_default(collected.subscriber(), || {
            let options = Service::options(Mode::Sync, 1).observe_calls(observe);
            let service = options.init(Service { script: Script::new(7) }).unwrap();
            service.plain().result().unwrap();
        });
        assert_eq!(collected.named("call").len(), usize::from(observe));
    }
}
