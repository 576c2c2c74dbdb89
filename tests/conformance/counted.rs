//! Calls that are only counted: they have a permit, too, though none is made before somebody looks at it.

use std::time::Duration;

use concurry::prelude::*;
use concurry_time::FakeClock;
use serde::{Deserialize, Serialize};

conformance!(every:
    a_call_that_was_only_counted_has_a_permit_too,
    a_call_that_was_only_counted_pauses_its_limits_if_it_is_throttled,
);

/// The service asks for a minute without calls.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("busy")
    }
}

impl Retryable for Busy {
    fn verdict(&self) -> Verdict {
        Verdict::Throttle(Some(Duration::from_secs(60)))
    }
}

/// Tells what its calls are told of their permits.
#[derive(Clone, Deserialize, Serialize, Worker)]
struct Teller;

#[worker]
impl Teller {
    /// How many calls its permit is for, and what is left of that when it was detached.
    pub fn counted(&self, ctx: &CallContext) -> (Option<f64>, Option<String>, bool, Option<f64>) {
        let permit = ctx.permit();
        let (calls, region) = (permit.amount(CallLimit::KEY), permit.config("region"));
        let detached = permit.detach().and_then(|permit| permit.amount(CallLimit::KEY));
        (calls, region, detached == calls, ctx.permit().amount(CallLimit::KEY))
    }

    pub fn be_throttled(&self) -> Result<(), Busy> {
        Err(Busy)
    }
}

/// A pool that counts calls, many of which are approved in advance by the first.
fn counting(mode: Mode, fake: &FakeClock) -> (TellerHandle, LimitSet) {
    let calls = CallLimit::per_minute(1_000_000).algorithm(RateAlgorithm::TokenBucket);
    let builder = LimitSet::builder().with(calls).config([("region", "north")]);
    let limits = builder.clock(fake.clock()).build().unwrap();
    let options = Teller::options(mode, 1).limits(&limits).clock(fake.clock());
    (options.init(Teller).unwrap(), limits)
}

fn a_call_that_was_only_counted_has_a_permit_too(mode: Mode) {
    let (teller, limits) = counting(mode, &FakeClock::new());
    for _ in 0..20 {
        let told = teller.counted().result().unwrap();
        assert_eq!(told, (Some(1.0), Some("north".to_owned()), true, None));
    }
    assert!((limits.stats().limits[0].available - 999_980.0).abs() < 1e-6);
}

fn a_call_that_was_only_counted_pauses_its_limits_if_it_is_throttled(mode: Mode) {
    let (teller, limits) = counting(mode, &FakeClock::new());
    for _ in 0..3 {
        teller.counted().result().unwrap();
    }
    assert_eq!(limits.stats().paused_for, None);
    let error = teller.be_throttled().result().unwrap_err();
    assert!(error.to_string().ends_with("busy"), "{error}");
    assert_eq!(limits.stats().paused_for, Some(Duration::from_secs(60)));
}
