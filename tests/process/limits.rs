//! What a worker does to the limits reaches those of the pool.

use std::time::Duration;

use concurry::prelude::*;
use concurry_testkit::Gate;
use concurry_time::FakeClock;

use crate::workers::signal;

#[derive(Worker)]
struct Careful;

#[worker]
impl Careful {
    fn new() -> Self {
        Self
    }

    pub fn pause(&self, ctx: &CallContext) -> Result<(), String> {
        let permit = ctx.limits().acquire([("slots", 1)]).wait();
        let permit = permit.map_err(|error| error.to_string())?;
        permit.limit_set().pause_for(Duration::from_secs(3_600));
        Ok(())
    }

    /// Takes permits that it drops, until it knows that more of them are here, and waits.
    pub fn hoard(&self, ctx: &CallContext, gate: Gate) -> u32 {
        for _ in 0..10 {
            drop(ctx.limits().acquire([("slots", 1)]).wait());
        }
        gate.pass();
        std::process::id()
    }

    pub fn resume(&self, ctx: &CallContext) {
        ctx.limits().sets().for_each(LimitSet::resume);
    }

    pub fn widen(&self, ctx: &CallContext, slots: u64) -> Result<(), String> {
        let limits = ctx.limits();
        let widened = limits.sets().try_for_each(|set| set.set_capacity("slots", slots));
        widened.map_err(|error| error.to_string())
    }
}

#[test]
fn a_pause_or_a_new_capacity_in_a_worker_holds_for_all() {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 2)).build().unwrap();
    let careful = Careful::options(Mode::Process, 1).limits(&limits).init().unwrap();
    careful.pause().result().unwrap();
    assert!(limits.try_acquire([("slots", 1)]).is_err(), "it is paused");
    careful.resume().result().unwrap();
    let held = limits.try_acquire([("slots", 2)]).unwrap();
    assert!(limits.try_acquire([("slots", 1)]).is_err());
    careful.widen(3).result().unwrap();
    let third = limits.try_acquire([("slots", 1)]).unwrap();
    drop((held, third));
    let error = careful.widen(0).result().unwrap_err();
    assert!(error.to_string().contains("slots"), "as where the set is: {error}");
}

/// A pool of one such worker, whose time stands still.
fn careful(limits: &LimitSet) -> CarefulHandle {
    let options = Careful::options(Mode::Process, 1).limits(limits);
    options.clock(FakeClock::new().clock()).init().unwrap()
}

fn free(limits: &LimitSet) -> f64 {
    limits.stats().limits[0].available
}

#[test]
fn a_killed_worker_gives_back_what_it_was_lent() {
    let limits = LimitSet::builder().with(ResourceLimit::new("slots", 8)).build().unwrap();
    let (careful, open) = (careful(&limits), Gate::new());
    open.open();
    let worker = careful.hoard(open).result().unwrap();
    assert_eq!(free(&limits), 8.0, "a worker that does nothing has nothing");
    let gate = Gate::new();
    let hoarding = careful.hoard(gate.clone());
    gate.wait_for_arrivals(1);
    assert!(free(&limits) < 8.0, "it uses none, and has some");
    signal(worker, "-KILL");
    let error = hoarding.result().unwrap_err();
    assert!(matches!(error, CallError::WorkerDied(_)), "{error}");
    let all = limits.acquire([("slots", 8)]).timeout(Duration::from_secs(60)).wait();
    assert!(all.is_ok(), "{all:?}");
}
