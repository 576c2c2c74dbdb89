//! What a worker does to the limits reaches those of the pool.

use std::time::Duration;

use concurry::prelude::*;

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
