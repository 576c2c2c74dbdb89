//! Limits of a pool: who waits for them, and whom that holds up.

use std::time::Duration;

use concurry::limits::UsageEstimates;
use concurry::prelude::*;
use concurry_testkit::{Dropped, Gate, Recorder};
use concurry_time::FakeClock;
use serde::{Deserialize, Serialize};

use crate::workers::{Counter, Probe};

conformance!(every:
    a_set_given_to_two_pools_is_one_budget,
    what_a_method_reserves_is_settled_by_its_permit,
    what_is_not_settled_counts_as_used,
    a_failing_or_panicking_call_gives_its_permit_back,
    a_method_sees_unlimited_limits_where_none_are_set,
    a_reservation_that_can_never_be_met_is_an_error,
    a_method_learns_what_to_reserve,
    a_method_need_not_know_what_its_pool_reserves,
    calls_are_spread_over_the_sets_of_a_limit_pool,
    a_limit_pool_given_to_two_pools_is_one_budget,
    many_permits_in_a_row_are_counted_and_settled_one_by_one,
);
conformance!(queued:
    waiting_for_the_call_limit_holds_no_worker,
    waiting_for_a_limit_inside_the_body_holds_its_worker_only,
    a_call_that_waits_for_a_limit_can_be_cancelled,
    a_stop_now_fails_calls_that_wait_for_a_limit,
    a_deadline_bounds_the_wait_for_a_limit,
    a_full_limit_pool_serves_from_the_set_that_is_free_first,
    a_worker_keeps_from_nobody_what_it_does_not_use,
);

/// Spends tokens, and says what it was told to have used.
#[derive(Clone, Deserialize, Serialize, Worker)]
struct Spender;

#[worker]
impl Spender {
    pub fn spend(&self, ctx: &CallContext, used: u64) -> Result<u64, String> {
        match used {
            0 => Err("nothing used".to_owned()),
            13 => panic!("thirteen"),
            _ => {
                let settled = ctx.permit().update([("tokens", used)]);
                settled.map(|()| used).map_err(|error| error.to_string())
            }
        }
    }

    pub async fn forget(&self, ctx: &CallContext) -> bool {
        ctx.permit().config("region").as_deref() == Some("north")
    }

    pub fn region(&self, ctx: &CallContext) -> Option<String> {
        ctx.permit().config("region")
    }

    pub fn unlimited(&self, ctx: &CallContext) -> bool {
        ctx.limits().try_acquire([("anything", 1_000_000)]).is_ok()
    }

    pub async fn hold(&self, ctx: &CallContext, gate: Gate) -> Result<usize, String> {
        let permit = ctx.limits().acquire([("connections", 1)]).await;
        let _permit = permit.map_err(|error| error.to_string())?;
        gate.passed().await;
        Ok(gate.arrived())
    }
}

/// Takes permits inside of its methods, one after the other.
#[derive(Clone, Deserialize, Serialize, Worker)]
struct Taker;

#[worker]
impl Taker {
    /// Of so many permits of three tokens each it settles every second one, as two that were used.
    pub fn take(&self, ctx: &CallContext, permits: u64) -> Result<(), String> {
        for number in 0..permits {
            let permit = ctx.limits().acquire([("tokens", 3)]).wait();
            let mut permit = permit.map_err(|error| error.to_string())?;
            if number % 2 == 1 {
                permit.update([("tokens", 2)]).map_err(|error| error.to_string())?;
            }
        }
        Ok(())
    }

    /// The same, when the gate is open: then somebody else may want some.
    pub async fn pause(&self, ctx: &CallContext, gate: Gate) -> bool {
        let mut taken = true;
        for _ in 0..10 {
            taken &= ctx.limits().acquire([("connections", 1)]).await.is_ok();
        }
        gate.passed().await;
        taken && ctx.limits().acquire([("connections", 1)]).await.is_ok()
    }
}

fn many_permits_in_a_row_are_counted_and_settled_one_by_one(mode: Mode) {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 1_000);
    let taker = Taker::options(mode, 1).limits(&limits).clock(fake.clock()).init(Taker).unwrap();
    let mut left = 1_000.0;
    for permits in [1, 2, 3, 4, 50, 1, 0, 30] {
        taker.take(permits).result().unwrap();
        let settled = permits / 2;
        left -= (3 * permits - settled) as f64;
        assert!((available(&limits) - left).abs() < 1e-6, "{permits}: as soon as it is done");
    }
}

fn a_worker_keeps_from_nobody_what_it_does_not_use(mode: Mode) {
    // Its time stands still: nothing happens because it is over.
    let fake = FakeClock::new();
    let limits = LimitSet::builder().with(ResourceLimit::new("connections", 4)).build().unwrap();
    let options = Taker::options(mode, 2).concurrency(1).limits(&limits).clock(fake.clock());
    let (taker, gate) = (options.init(Taker).unwrap(), Gate::new());
    let paused: Vec<_> = (0..2).map(|_| taker.pause(gate.clone())).collect();
    gate.wait_for_arrivals(2);
    let all = limits.acquire([("connections", 4)]).timeout(Duration::from_secs(60)).wait().unwrap();
    gate.open();
    drop(all);
    assert_eq!(gather(paused).results().unwrap(), [true, true]);
    assert!((available(&limits) - 4.0).abs() < 1e-6);
}

fn tokens(fake: &FakeClock, per_minute: u64) -> LimitSet {
    let limit = RateLimit::per_minute("tokens", per_minute);
    let limit = limit.algorithm(RateAlgorithm::TokenBucket);
    let builder = LimitSet::builder().with(limit).config([("region", "north")]);
    builder.clock(fake.clock()).build().unwrap()
}

fn available(limits: &LimitSet) -> f64 {
    limits.stats().limits[0].available
}

fn spender(mode: Mode, limits: &LimitSet, fake: &FakeClock, reserve: u64) -> SpenderHandle {
    Spender::options(mode, 1)
        .limits(limits)
        .clock(fake.clock())
        .on_spend(move |spend| spend.reserve(move |_| [("tokens", reserve)]))
        .on_forget(move |forget| forget.reserve(move |()| [("tokens", reserve)]))
        .init(Spender)
        .unwrap()
}

fn what_a_method_reserves_is_settled_by_its_permit(mode: Mode) {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 100);
    let spender = spender(mode, &limits, &fake, 40);
    assert_eq!(spender.spend(10).result().unwrap(), 10);
    assert!((available(&limits) - 90.0).abs() < 1e-6, "30 are given back");
    assert_eq!(spender.spend(60).result().unwrap(), 60);
    assert!((available(&limits) - 30.0).abs() < 1e-6, "20 more are charged");
}

fn what_is_not_settled_counts_as_used(mode: Mode) {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 100);
    let spender = spender(mode, &limits, &fake, 40);
    assert!(spender.forget().result().unwrap(), "the permit knows its set's configuration");
    assert!((available(&limits) - 60.0).abs() < 1e-6);
}

fn a_failing_or_panicking_call_gives_its_permit_back(mode: Mode) {
    let limits = LimitSet::builder().with(ResourceLimit::new("connections", 1)).build().unwrap();
    let spender = Spender::options(mode, 1)
        .limits(&limits)
        .on_spend(|spend| spend.reserve(|_| [("connections", 1)]))
        .init(Spender)
        .unwrap();
    for used in [0, 13, 0, 13] {
        assert!(spender.spend(used).result().is_err());
        assert!((available(&limits) - 1.0).abs() < 1e-6, "after {used}");
    }
}

fn a_set_given_to_two_pools_is_one_budget(mode: Mode) {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 100);
    let here = spender(mode, &limits, &fake, 30);
    let there = spender(Mode::Thread, &limits, &fake, 30);
    assert_eq!(here.spend(30).result().unwrap(), 30);
    assert_eq!(there.spend(30).result().unwrap(), 30);
    assert!((available(&limits) - 40.0).abs() < 1e-6);
}

fn a_method_sees_unlimited_limits_where_none_are_set(mode: Mode) {
    let spender = Spender::options(mode, 1).init(Spender).unwrap();
    assert!(spender.unlimited().result().unwrap());
    assert_eq!(spender.spend(5).result().unwrap(), 5, "there is no permit to settle");
}

fn a_reservation_that_can_never_be_met_is_an_error(mode: Mode) {
    let fake = FakeClock::new();
    let spender = spender(mode, &tokens(&fake, 100), &fake, 101);
    let error = spender.spend(1).result().unwrap_err();
    let CallError::Limits(limits) = error else { panic!("{error:?}") };
    assert!(limits.to_string().contains("tokens"), "{limits}");
}

fn calls_limited(mode: Mode, fake: &FakeClock) -> CounterPool {
    let limits = LimitSet::builder().with(CallLimit::per_minute(1)).clock(fake.clock());
    let limits = limits.build().unwrap();
    let limited = Counter::options(mode, 1).limits(&limits).clock(fake.clock()).init(0).unwrap();
    // Takes what there is.
    assert_eq!(limited.add(1).result().unwrap(), 1);
    limited
}

type CounterPool = crate::workers::CounterHandle;

fn waiting_for_the_call_limit_holds_no_worker(mode: Mode) {
    let (fake, seen) = (FakeClock::new(), Recorder::new());
    let limits = tokens(&fake, 60);
    let options = Probe::options(mode, 1).limits(&limits).clock(fake.clock());
    let reserving = options.on_record(|record| record.reserve(|_| [("tokens", 60)]));
    let probe = reserving.init(seen.clone(), Dropped::new()).unwrap();
    assert_eq!(probe.record(1).result().unwrap(), 1);
    let throttled = probe.record(2);
    assert_eq!(probe.stats().throttled, 1);
    // The only worker is free for methods that reserve nothing.
    let gate = Gate::new();
    gate.open();
    assert_eq!(probe.hold(gate).result().unwrap(), 1);
    assert!(!throttled.is_done());
    fake.advance(Duration::from_secs(60));
    assert_eq!(throttled.result().unwrap(), 2);
    assert_eq!(probe.stats().throttled_time, Duration::from_secs(60));
}

fn waiting_for_a_limit_inside_the_body_holds_its_worker_only(mode: Mode) {
    let limits = LimitSet::builder().with(ResourceLimit::new("connections", 1)).build().unwrap();
    let options = Spender::options(mode, 3).concurrency(1).limits(&limits);
    let (spender, gate) = (options.init(Spender).unwrap(), Gate::new());
    let held: Vec<_> = (0..2).map(|_| spender.hold(gate.clone())).collect();
    gate.wait_for_arrivals(1);
    assert!(spender.unlimited().result().is_ok(), "the third worker goes on");
    assert_eq!(gate.arrived(), 1, "the second call waits for the connection");
    gate.open();
    let mut arrivals = gather(held).results().unwrap();
    arrivals.sort_unstable();
    assert_eq!(arrivals.last(), Some(&2));
}

fn a_call_that_waits_for_a_limit_can_be_cancelled(mode: Mode) {
    let fake = FakeClock::new();
    let limited = calls_limited(mode, &fake);
    let mut waiting = limited.add(1);
    assert_eq!(waiting.cancel(), concurry::Cancel::Dequeued);
    assert!(waiting.result().unwrap_err().is_cancelled());
    // It left the queue of the limit: the next one gets what it would have got.
    let next = limited.add(10);
    fake.advance(Duration::from_secs(60));
    assert_eq!(next.result().unwrap(), 11);
}

fn a_stop_now_fails_calls_that_wait_for_a_limit(mode: Mode) {
    let fake = FakeClock::new();
    let limited = calls_limited(mode, &fake);
    let waiting: Vec<_> = (0..5).map(|_| limited.add(1)).collect();
    assert!(limited.stop_now().result().unwrap().complete);
    for outcome in gather(waiting).outcomes() {
        assert!(matches!(outcome, Err(CallError::Stopped(_))), "{outcome:?}");
    }
}

fn a_deadline_bounds_the_wait_for_a_limit(mode: Mode) {
    let fake = FakeClock::new();
    let limited = calls_limited(mode, &fake);
    let hurried = limited.with(CallOptions::new().deadline(Duration::from_secs(1)));
    let waiting = hurried.add(1);
    assert!(!waiting.is_done());
    fake.advance(Duration::from_secs(1));
    let error = waiting.result().unwrap_err();
    assert!(matches!(error, CallError::TimedOut(concurry::Timeout::Deadline)), "{error:?}");
    assert_eq!(limited.stats().throttled, 0);
}

fn a_method_learns_what_to_reserve(mode: Mode) {
    let fake = FakeClock::new();
    let limits = tokens(&fake, 1_000);
    let usual = UsageEstimates::from([("tokens", 400)]);
    let (of_spend, of_forget) = (usual.clone(), usual.clone());
    let spender = Spender::options(mode, 1)
        .limits(&limits)
        .clock(fake.clock())
        .on_spend(move |spend| spend.reserve_learned(&of_spend))
        .on_forget(move |forget| forget.reserve_learned(&of_forget))
        .init(Spender)
        .unwrap();
    assert!(spender.forget().result().unwrap());
    assert!((available(&limits) - 600.0).abs() < 1e-6, "the guess, of which nothing was told");
    assert_eq!(spender.spend(30).result().unwrap(), 30);
    assert!(spender.spend(0).result().is_err(), "a call that fails teaches nothing");
    assert_eq!(usual.amount("tokens"), Some(30.0));
    let before = available(&limits);
    assert!(spender.forget().result().unwrap());
    assert!((before - available(&limits) - 30.0).abs() < 1e-6, "what was really used");
}

fn a_method_need_not_know_what_its_pool_reserves(mode: Mode) {
    let fake = FakeClock::new();
    let limits = region(&fake, "north", 2);
    let spender = Spender::options(mode, 1).limits(&limits).clock(fake.clock()).init(Spender);
    assert_eq!(spender.unwrap().spend(5).result().unwrap(), 5, "only the call is counted");
    assert!((available(&limits) - 1.0).abs() < 1e-6);
}

fn region(fake: &FakeClock, name: &str, calls: u32) -> LimitSet {
    let limit = CallLimit::per_minute(calls).algorithm(RateAlgorithm::TokenBucket);
    let builder = LimitSet::builder().with(limit).config([("region", name)]);
    builder.clock(fake.clock()).build().unwrap()
}

fn regions(fake: &FakeClock, calls: [u32; 2], balance: LoadBalance) -> LimitPool {
    let sets = [region(fake, "east", calls[0]), region(fake, "west", calls[1])];
    LimitPool::new(sets).unwrap().load_balance(balance)
}

fn in_regions(mode: Mode, pool: &LimitPool, fake: &FakeClock) -> SpenderHandle {
    Spender::options(mode, 1).limits(pool).clock(fake.clock()).init(Spender).unwrap()
}

fn calls_are_spread_over_the_sets_of_a_limit_pool(mode: Mode) {
    let fake = FakeClock::new();
    for (balance, expected) in [
        (LoadBalance::RoundRobin, ["east", "west", "east", "west"]),
        (LoadBalance::FirstFree, ["east", "east", "west", "west"]),
        (LoadBalance::LeastLoaded, ["east", "west", "east", "west"]),
    ] {
        let spender = in_regions(mode, &regions(&fake, [2, 2], balance), &fake);
        let seen: Vec<_> = (0..4).map(|_| spender.region().result().unwrap().unwrap()).collect();
        assert_eq!(seen, expected, "{balance:?}");
    }
    let pool = regions(&fake, [3, 3], LoadBalance::Random);
    let spender = in_regions(mode, &pool, &fake);
    let mut seen: Vec<_> = (0..6).map(|_| spender.region().result().unwrap().unwrap()).collect();
    seen.sort_unstable();
    assert_eq!(seen, ["east", "east", "east", "west", "west", "west"], "no free set is left out");
}

fn a_limit_pool_given_to_two_pools_is_one_budget(mode: Mode) {
    let fake = FakeClock::new();
    let pool = regions(&fake, [2, 1], LoadBalance::RoundRobin);
    let (here, there) = (in_regions(mode, &pool, &fake), in_regions(Mode::Thread, &pool, &fake));
    assert!(here.region().result().is_ok());
    assert!(there.region().result().is_ok());
    assert!(here.region().result().is_ok());
    let left: f64 = pool.sets().iter().map(available).sum();
    assert!(left < 1e-6, "three calls were counted: {left} are left");
}

fn a_full_limit_pool_serves_from_the_set_that_is_free_first(mode: Mode) {
    let fake = FakeClock::new();
    // The east gets a call every minute, the west every twenty seconds.
    let pool = regions(&fake, [1, 3], LoadBalance::FirstFree);
    let spender = in_regions(mode, &pool, &fake);
    for _ in 0..4 {
        assert!(spender.region().result().is_ok());
    }
    let waiting = spender.region();
    assert_eq!(spender.stats().throttled, 1);
    fake.advance(Duration::from_secs(20));
    assert_eq!(waiting.result().unwrap().as_deref(), Some("west"));
    let waiting: Vec<usize> = pool.sets().iter().map(|set| set.stats().waiting).collect();
    assert_eq!(waiting, [0, 0], "its place in the east was given back");
}
