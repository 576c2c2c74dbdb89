//! The spans of calls and their attempts.

use std::time::Duration;

use concurry::prelude::*;
use concurry::testing::{FakeClock, Script};
use concurry_testkit::within;
use tracing::info_span;

use crate::collected::Collected;
use crate::service::Service;

#[test]
fn a_call_is_a_span_under_its_callers_with_a_span_for_each_attempt() {
    within(|| {
        let collected = Collected::installed();
        let fake = FakeClock::new();
        let retry =
            RetryPolicy::constant(Duration::from_secs(2)).max_retries(2).jitter(Jitter::None);
        let service = Service::options(Mode::Thread, 1)
            .clock(fake.clock())
            .retry(retry)
            .init(Service { script: Script::new(7).fail("down") })
            .unwrap();
        let answer = info_span!("twice").in_scope(|| service.ask());
        fake.wait_for_sleepers(1);
        fake.advance(Duration::from_secs(2));
        assert_eq!(answer.result().unwrap(), 7);

        let calls = collected.children(collected.named("twice"));
        assert_eq!(calls.len(), 1);
        let (id, call) = &calls[0];
        assert_eq!(call.name, "call");
        assert!(call.closed);
        assert_eq!(call.fields["worker"], "\"Service\"");
        assert_eq!(call.fields["method"], "\"ask\"");
        assert_eq!(call.fields["ok"], "true");
        assert_eq!(call.fields["attempts"], "2");
        assert_eq!(call.fields["total"], "2.0");
        assert_eq!(call.messages, ["will try again"]);

        let attempts = collected.children(*id);
        assert_eq!(attempts.len(), 2);
        for ((_, attempt), (number, ok)) in attempts.iter().zip([("1", "false"), ("2", "true")]) {
            assert_eq!(attempt.name, "attempt");
            assert_eq!(attempt.fields["attempt"], number);
            assert_eq!(attempt.fields["ok"], ok);
            assert!(attempt.closed);
            assert_eq!(attempt.fields["worker_index"], "0");
            for time in ["limit_wait", "queued", "running"] {
                assert_eq!(attempt.fields[time], "0.0", "{time}: the clock stood still");
            }
        }
    });
}

#[test]
fn what_a_method_logs_in_the_contexts_span_belongs_to_its_attempt() {
    within(|| {
        let collected = Collected::installed();
        let options = Service::options(Mode::Thread, 1).timeout(Duration::from_secs(3600));
        let service = options.init(Service { script: Script::new(7) }).unwrap();
        info_span!("logged").in_scope(|| service.log()).result().unwrap();
        let (call, _) = collected.children(collected.named("logged")).remove(0);
        assert_eq!(collected.children(call)[0].1.messages, ["asked"]);
    });
}

#[test]
fn a_wait_for_a_limit_is_the_attempts_limit_wait() {
    within(|| {
        let collected = Collected::installed();
        let fake = FakeClock::new();
        let limits = LimitSet::builder().with(CallLimit::per_minute(1)).clock(fake.clock());
        let service = Service::options(Mode::Thread, 1)
            .clock(fake.clock())
            .limits(limits.build().unwrap())
            .init(Service { script: Script::new(7) })
            .unwrap();
        service.ask().result().unwrap();
        let second = info_span!("throttled").in_scope(|| service.ask());
        fake.wait_for_sleepers(1);
        fake.advance(Duration::from_secs(60));
        second.result().unwrap();
        let (call, _) = collected.children(collected.named("throttled")).remove(0);
        let (_, attempt) = collected.children(call).remove(0);
        let waited: f64 = attempt.fields["limit_wait"].parse().unwrap();
        assert!((59.0..=60.0).contains(&waited), "{waited}");
        assert_eq!(attempt.messages, ["waits for a limit"]);
    });
}

#[test]
fn plain_calls_make_spans_only_if_they_are_observed() {
    let collected = Collected::installed();
    for (observe, name) in [(false, "plain"), (true, "observed")] {
        let options = Service::options(Mode::Sync, 1).observe_calls(observe);
        let service = options.init(Service { script: Script::new(7) }).unwrap();
        let span = if observe { info_span!("observed") } else { info_span!("plain") };
        span.in_scope(|| service.plain()).result().unwrap();
        let calls = collected.children(collected.named(name));
        assert_eq!(calls.len(), usize::from(observe));
    }
}
