//! Breakers on virtual time: their states, their permits, and storms.

use std::future::{IntoFuture, pending};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use concurry_time::{FakeClock, block_on};
use proptest::prelude::*;

use super::*;
use crate::virtual_time::SECOND;

/// Opens after 2 failures among at least 4 calls; 10 s; 2 probes; no jitter, no ramp-up.
fn builder(fake: &FakeClock) -> CircuitBreakerBuilder {
    CircuitBreaker::builder("pricing")
        .count_window(10)
        .minimum_calls(4)
        .open_for(10 * SECOND)
        .open_jitter(0.0)
        .probes(2)
        .probe_timeout(5 * SECOND)
        .ramp_up(0)
        .clock(&fake.clock())
}

fn record(breaker: &CircuitBreaker, outcomes: &[Outcome]) {
    for outcome in outcomes {
        breaker.try_acquire().unwrap().record(*outcome);
    }
}

fn trip(breaker: &CircuitBreaker) {
    while breaker.state() == BreakerState::Closed {
        record(breaker, &[Outcome::Failure]);
    }
}

/// One that has just closed, and lets three run at a time: at five it is through.
fn ramping_up(fake: &FakeClock) -> CircuitBreaker {
    let breaker = builder(fake).ramp_up(5).build().unwrap();
    trip(&breaker);
    fake.advance(10 * SECOND);
    record(&breaker, &[Success, Success]);
    assert_eq!(breaker.state(), BreakerState::RampingUp);
    breaker
}

use Outcome::{Failure, Ignore, Success};

#[test]
fn the_longest_times_are_as_good_as_for_ever() {
    let fake = FakeClock::new();
    for jitter in [0.0, 0.1, 1.0] {
        let breaker = builder(&fake).open_for(Duration::MAX).open_jitter(jitter).build().unwrap();
        trip(&breaker);
        fake.advance(1_000_000 * SECOND);
        assert!(breaker.try_acquire().is_err(), "{jitter}");
    }
    let breaker = builder(&fake).probe_timeout(Duration::MAX).build().unwrap();
    trip(&breaker);
    fake.advance(1_000_000 * SECOND);
    let probes: Vec<_> = (0..9).filter_map(|_| breaker.try_acquire().ok()).collect();
    assert_eq!(probes.len(), 2);
}

#[test]
fn a_listener_that_panics_takes_no_place_along() {
    let fake = FakeClock::new();
    let half_open = |change: &StateChange| assert_ne!(change.to, BreakerState::HalfOpen);
    let breaker = builder(&fake).probes(1).on_change(half_open).build().unwrap();
    trip(&breaker);
    fake.advance(10 * SECOND);
    let probe = std::panic::AssertUnwindSafe(|| drop(breaker.try_acquire()));
    assert!(std::panic::catch_unwind(probe).is_err());
    assert!(breaker.try_acquire().is_ok());
}

#[test]
fn it_opens_at_the_ratio_and_not_before_the_minimum_of_calls() {
    let breaker = builder(&FakeClock::new()).build().unwrap();
    record(&breaker, &[Failure, Failure, Ignore, Ignore, Failure]);
    assert_eq!(breaker.state(), BreakerState::Closed);
    record(&breaker, &[Failure]);
    assert_eq!(breaker.state(), BreakerState::Open);

    let breaker = builder(&FakeClock::new()).build().unwrap();
    record(&breaker, &[Success, Success, Success, Failure, Failure]);
    assert_eq!(breaker.state(), BreakerState::Closed, "2 of 5");
    record(&breaker, &[Failure]);
    assert_eq!(breaker.state(), BreakerState::Open, "3 of 6");
}

#[test]
fn it_finds_out_by_itself_that_the_service_is_back() {
    let fake = FakeClock::new();
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&changes);
    let breaker = builder(&fake)
        .on_change(move |change| seen.lock().unwrap().push((change.from, change.to)))
        .build()
        .unwrap();
    trip(&breaker);
    fake.advance(4 * SECOND);
    let refused = breaker.try_acquire().unwrap_err();
    assert_eq!(refused.retry_after, Some(6 * SECOND));
    assert_eq!(
        refused.to_string(),
        "circuit breaker \"pricing\" refuses calls (open), next try in 6.0s"
    );
    fake.advance(6 * SECOND);
    record(&breaker, &[Success, Success]);
    assert_eq!(breaker.state(), BreakerState::Closed);
    use BreakerState::{Closed, HalfOpen, Open};
    assert_eq!(*changes.lock().unwrap(), [(Closed, Open), (Open, HalfOpen), (HalfOpen, Closed)]);
}

#[test]
fn only_so_many_probes_run_and_a_dropped_one_gives_its_place_back() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).build().unwrap();
    trip(&breaker);
    fake.advance(10 * SECOND);
    let first = breaker.try_acquire().unwrap();
    let second = breaker.try_acquire_owned().unwrap();
    assert_eq!(breaker.try_acquire().unwrap_err().state, BreakerState::HalfOpen);
    drop(second);
    let second = breaker.try_acquire().unwrap();
    second.record(Ignore);
    let second = breaker.try_acquire().unwrap();
    first.record(Success);
    assert!(breaker.try_acquire().is_err(), "one succeeded and one runs: no third is needed");
    second.record(Failure);
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn a_probe_that_takes_too_long_loses_its_place_and_is_heard_only_if_it_succeeds() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).probes(1).build().unwrap();
    trip(&breaker);
    fake.advance(10 * SECOND);
    let hung = breaker.try_acquire().unwrap();
    fake.advance(5 * SECOND);
    let next = breaker.try_acquire().unwrap();
    hung.record(Failure);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    fake.advance(5 * SECOND);
    let last = breaker.try_acquire().unwrap();
    next.record(Success);
    assert_eq!(breaker.state(), BreakerState::Closed, "slow, but it works");
    drop(last);
}

#[test]
fn a_result_from_before_the_change_of_state_does_not_count() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).build().unwrap();
    let old: Vec<_> = (0..3).map(|_| breaker.try_acquire().unwrap()).collect();
    trip(&breaker);
    fake.advance(10 * SECOND);
    let probe = breaker.try_acquire().unwrap();
    old.into_iter().for_each(|permit| permit.record(Success));
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    probe.record(Success);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
}

#[test]
fn failures_of_calls_from_before_a_reset_do_not_open_it_again() {
    let breaker = builder(&FakeClock::new()).build().unwrap();
    let old: Vec<_> = (0..10).map(|_| breaker.try_acquire().unwrap()).collect();
    trip(&breaker);
    breaker.reset();
    old.into_iter().for_each(|permit| permit.record(Failure));
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn calls_that_are_too_slow_open_it_without_a_failure() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).slow_calls(SECOND, 0.5).build().unwrap();
    for slow in [false, true, false, true] {
        let permit = breaker.try_acquire().unwrap();
        fake.advance(if slow { 2 * SECOND } else { SECOND });
        permit.record(Success);
    }
    assert_eq!(breaker.state(), BreakerState::Open);
}

#[test]
fn a_time_window_forgets_what_is_older() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).time_window(10 * SECOND).build().unwrap();
    record(&breaker, &[Failure, Failure, Failure]);
    fake.advance(11 * SECOND);
    record(&breaker, &[Success, Success]);
    fake.advance(2 * SECOND);
    record(&breaker, &[Success, Success, Success, Failure, Failure, Failure]);
    assert_eq!(breaker.state(), BreakerState::Closed, "3 of 8");
    fake.advance(9 * SECOND);
    record(&breaker, &[Failure]);
    assert_eq!(breaker.state(), BreakerState::Open, "4 of 7: two successes are out by now");
}

#[test]
fn after_closing_each_success_lets_one_more_run_at_a_time() {
    let fake = FakeClock::new();
    let breaker = ramping_up(&fake);
    let mut running: Vec<_> = (0..3).map(|_| breaker.try_acquire().unwrap()).collect();
    assert!(breaker.try_acquire().is_err());
    drop(running.pop());
    running.push(breaker.try_acquire().unwrap());
    running.pop().unwrap().record(Success);
    running.push(breaker.try_acquire().unwrap());
    running.push(breaker.try_acquire().unwrap());
    assert!(breaker.try_acquire().is_err());
    running.pop().unwrap().record(Success);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn calls_that_hang_do_not_hold_up_the_ramp_up_for_ever() {
    let fake = FakeClock::new();
    let breaker = ramping_up(&fake);
    let hanging: Vec<_> = (0..3).map(|_| breaker.try_acquire().unwrap()).collect();
    fake.advance(4 * SECOND);
    assert!(breaker.try_acquire().is_err());
    fake.advance(SECOND);
    record(&breaker, &[Success]);
    assert_eq!(breaker.state(), BreakerState::RampingUp);
    // What they say in the end counts, and frees no place that they have lost.
    let others: Vec<_> = (0..4).map(|_| breaker.try_acquire().unwrap()).collect();
    drop(hanging);
    assert!(breaker.try_acquire().is_err());
    others.into_iter().for_each(|other| other.record(Success));
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn isolation_and_reset_work_from_every_state() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).build().unwrap();
    breaker.isolate();
    fake.advance(1000 * SECOND);
    assert_eq!(breaker.try_acquire().unwrap_err().retry_after, None);
    breaker.reset();
    record(&breaker, &[Success]);
    trip(&breaker);
    breaker.reset();
    record(&breaker, &[Failure, Failure, Failure]);
    assert_eq!(breaker.state(), BreakerState::Closed, "the failures before are forgotten");
}

#[test]
fn a_cancelled_call_counts_as_nothing_and_frees_its_probe() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).probes(1).build().unwrap();
    trip(&breaker);
    fake.advance(10 * SECOND);
    let mut call = Box::pin(breaker.call(pending::<Result<(), &str>>).into_future());
    assert_eq!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending);
    assert!(breaker.try_acquire().is_err());
    drop(call);
    assert!(breaker.call_blocking(|| Ok::<_, &str>(1)).wait().is_ok());
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn an_error_that_is_the_callers_fault_is_no_failure() {
    let breaker = builder(&FakeClock::new()).build().unwrap();
    for _ in 0..10 {
        let bad = breaker.call(|| async { Err::<(), _>(400) }).failure_if(|status| *status >= 500);
        assert_eq!(block_on(bad.into_future()), Err(BreakerError::Failed(400)));
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn options_out_of_range_are_named() {
    let options = || CircuitBreaker::builder("x");
    for (built, name) in [
        (options().failure_ratio(0.0).build(), "failure_ratio"),
        (options().failure_ratio(f64::NAN).build(), "failure_ratio"),
        (options().slow_calls(SECOND, 2.0).build(), "slow_calls"),
        (options().open_for(Duration::ZERO).build(), "open_for"),
        (options().open_jitter(-0.1).build(), "open_jitter"),
        (options().probes(0).build(), "probes"),
        (options().count_window(5).build(), "minimum_calls"),
        (options().time_window(Duration::ZERO).build(), "time_window"),
    ] {
        let message = built.unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
}

/// The service is down, then up: ten thousand callers ask once a second.
#[test]
fn a_storm_meets_the_recovering_service_as_a_trickle() {
    let fake = FakeClock::new();
    let breaker = builder(&fake).ramp_up(100).build().unwrap();
    let mut most_at_once = Vec::new();
    for second in 0..40 {
        let up = second >= 15;
        let permits: Vec<_> = (0..10_000).map_while(|_| breaker.try_acquire().ok()).collect();
        most_at_once.push(permits.len());
        for permit in permits {
            permit.record(if up { Success } else { Failure });
        }
        fake.advance(SECOND);
    }
    // Closed at first; two probes at 10 s (still down) and at 20 s; then twice as many each time.
    let expected = |second: usize| match second {
        0 => 10_000,
        10 | 20 => 2,
        21 => 3,
        22 => 6,
        23 => 12,
        24 => 24,
        25 => 48,
        26 => 96,
        27.. => 10_000,
        _ => 0,
    };
    let expected: Vec<_> = (0..40).map(expected).collect();
    assert_eq!(most_at_once, expected);
}

proptest! {
    #[test]
    fn no_order_of_events_lets_more_through_than_the_state_allows(
        steps in prop::collection::vec((0_u8..6, 0_usize..8, 0_u64..4000), 1..300),
    ) {
        let fake = FakeClock::new();
        let breaker = builder(&fake).ramp_up(6).build().unwrap();
        // Each permit with the moment and the stay in a state it was given in.
        let mut running = Vec::new();
        let (mut stay, mut opens_at) = (0, None);
        for (action, index, millis) in steps {
            let before = breaker.state();
            let now = fake.clock().now();
            match action {
                0..=2 => match breaker.try_acquire() {
                    Ok(permit) => {
                        prop_assert!(opens_at.is_none_or(|at| now >= at));
                        stay += u32::from(before != breaker.state());
                        running.push((permit, now, stay));
                    }
                    Err(refused) => prop_assert!(refused.state != BreakerState::Closed),
                },
                _ if running.is_empty() => fake.advance(Duration::from_millis(millis)),
                3 => running.swap_remove(index % running.len()).0.record(Success),
                4 => running.swap_remove(index % running.len()).0.record(Failure),
                _ => drop(running.swap_remove(index % running.len())),
            }
            let after = breaker.state();
            let entered = before != after && after != BreakerState::HalfOpen;
            stay += u32::from(entered);
            if after != BreakerState::Open {
                opens_at = None;
            } else if entered {
                opens_at = Some(now + 10 * SECOND);
            }
            let of_this_stay = running.iter().filter(|(_, _, given_in)| *given_in == stay);
            let fresh = of_this_stay.clone().filter(|(_, at, _)| now < *at + 5 * SECOND).count();
            match after {
                BreakerState::HalfOpen => prop_assert!(fresh <= 2),
                BreakerState::RampingUp => prop_assert!(fresh <= 5),
                _ => {}
            }
        }
        // Whatever happened, once everything is back and time has passed the breaker can close.
        running.clear();
        fake.advance(10 * SECOND);
        while breaker.state() != BreakerState::Closed {
            let permit = breaker.try_acquire();
            prop_assert!(permit.is_ok(), "stuck: {permit:?}");
            permit.unwrap().record(Success);
        }
    }
}

#[test]
fn keys_have_breakers_of_their_own_and_a_closed_one_makes_room() {
    let fake = FakeClock::new();
    let breakers = builder(&fake).max_keys(2).keyed::<u32>().unwrap();
    trip(&breakers.get(&1));
    assert_eq!(breakers.get(&1).name(), "pricing/1");
    record(&breakers.get(&2), &[Success]);
    record(&breakers.get(&3), &[Success]);
    let mut states = breakers.states();
    states.sort_by_key(|(key, _)| *key);
    assert_eq!(states, [(1, BreakerState::Open), (3, BreakerState::Closed)]);
    assert!(builder(&fake).max_keys(0).keyed::<u32>().is_err());
}
