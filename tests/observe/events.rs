//! The order of the events of a call.

use std::sync::{Arc, Mutex};

use concurry::Event;
use concurry::prelude::*;
use concurry::testing::{FakeClock, Script};
use concurry_testkit::within;

use crate::service::Service;

#[test]
fn a_cancelled_call_is_done_exactly_once() {
    within(|| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let fake = FakeClock::new();
        let hook = {
            let seen = Arc::clone(&seen);
            move |event: &Event| {
                let told = match event {
                    Event::CallStarted { .. } => "call started",
                    Event::AttemptStarted { .. } => "attempt started",
                    Event::AttemptDone { ok: false, .. } => "attempt failed",
                    Event::Retrying { .. } => "retrying",
                    Event::CallDone { ok: false, attempts: 1, .. } => "call failed",
                    _ => "something else",
                };
                seen.lock().unwrap().push(told);
            }
        };
        let service = Service::options(Mode::Thread, 1)
            .clock(fake.clock())
            .retry(RetryPolicy::constant(std::time::Duration::from_secs(5)).max_retries(1))
            .on_event(hook)
            .init(Service { script: Script::new(7).fail("down") })
            .unwrap();
        let mut call = service.ask();
        fake.wait_for_sleepers(1);
        let _ = call.cancel();
        assert!(call.result().unwrap_err().is_cancelled());
        let seen = seen.lock().unwrap().clone();
        let expected =
            ["call started", "attempt started", "attempt failed", "retrying", "call failed"];
        assert_eq!(seen, expected);
    });
}
