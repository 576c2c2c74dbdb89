//! The start of a call that goes through the layers.

use std::sync::Arc;

use super::drive::Drive;
use super::first;
use crate::call::{CallEnvironment, EnvironmentRef, trace};
use crate::error::CallSite;
use crate::future::TaskFuture;
use crate::pool::Handle;
use crate::shared::{Stage, running};
use crate::worker::{Method, Worker};
use crate::{CallError, Mode};

/// Makes a call that goes through the layers.
pub(crate) fn call<M: Method>(
    handle: &Handle<M::Worker>,
    args: M::Args,
) -> TaskFuture<M::Output, M::Error>
where
    M::Worker: Worker,
{
    // In sync mode a call is done when it returns, so there is none to join. A call with options of
    // its own is not like others.
    if handle.options.is_none()
        && handle.pool.mode != Mode::Sync
        && handle.pool.layers.dedups(M::SPEC.index)
        && let Some(dedup) = handle.pool.layers.find::<M>().and_then(|layers| layers.dedup.as_ref())
    {
        return Arc::clone(dedup).call(handle, args, call_through::<M>);
    }
    call_through::<M>(handle, args)
}

fn call_through<M: Method>(
    handle: &Handle<M::Worker>,
    args: M::Args,
) -> TaskFuture<M::Output, M::Error> {
    let pool = &handle.pool;
    let site = CallSite::new(const { &M::SPEC });
    if pool.shared.shutdown.stage() >= Stage::Draining {
        return TaskFuture::from_outcome(Err(CallError::Stopped(site)));
    }
    // Here, on the caller's thread, and not when the limits let it go: that may be on a timer's.
    let (place, args) = match pool.place::<M>(args) {
        Ok(placed) => placed,
        Err(error) => return TaskFuture::from_outcome(Err(error)),
    };
    let deadline = running::deadline();
    if pool.layers.passes(M::SPEC.index)
        && handle.options.is_none()
        && deadline.is_none()
        && let Some(layers) = pool.layers.find::<M>()
    {
        // It is only batched.
        let trace = trace::wanted();
        let environment = (place.is_some() || trace.is_some()).then(|| {
            let mut environment = CallEnvironment::first(place);
            environment.trace = trace;
            EnvironmentRef::new(environment)
        });
        return layers.submit(pool, args, environment);
    }
    let options = handle.options.clone();
    if pool.mode == Mode::Sync {
        let drive = Drive::<M>::new(pool.clone(), options, deadline, place);
        drive.tell_started();
        // The call runs at the call, and so do its waits.
        return TaskFuture::from_outcome(concurry_time::block_on(drive.run(args)));
    }
    first::start::<M>(pool, options, deadline, place, args)
}
