//! The start of a call that goes through the layers.

use std::sync::Arc;

use super::any_pool::{PoolOwner, place, send};
use super::arguments::{Arguments, Given};
use super::dedup::Dedups;
use super::drive::Drive;
use super::failure::Failure;
use super::first;
use super::types::{MethodTypes, types};
use crate::call::{CallEnvironment, CallOptions, EnvironmentRef, trace};
use crate::future::{Done, TaskFuture, UntypedFuture};
use crate::pool::Handle;
use crate::shared::{Stage, running};
use crate::worker::{Method, Worker};
use crate::{CallError, Mode, panics};

/// Makes a call that goes through the layers.
pub(crate) fn call<M: Method>(
    handle: &Handle<M::Worker>,
    args: M::Args,
) -> TaskFuture<M::Output, M::Error>
where
    M::Worker: Worker,
{
    match dedup::<M>(handle) {
        Some(dedup) => Arc::clone(dedup).call(handle, args, call_through::<M>),
        None => call_through::<M>(handle, args),
    }
}

/// What lets the call join another one.
fn dedup<M: Method>(handle: &Handle<M::Worker>) -> Option<&Arc<dyn Dedups<M>>> {
    // In sync mode a call is done when it returns, so there is none to join. A call with options of
    // its own is not like others, nor is one that the deadline of another bounds.
    let pool = &handle.pool;
    let is_own = || handle.options.is_some() || running::deadline().is_some();
    if pool.mode == Mode::Sync || !pool.layers.dedups(M::SPEC.index) || is_own() {
        return None;
    }
    pool.layers.find(types::<M>())?.dedup.as_ref()?.downcast_ref()
}

fn call_through<M: Method>(
    handle: &Handle<M::Worker>,
    args: M::Args,
) -> TaskFuture<M::Output, M::Error> {
    let mut args = Given::<M>::new(args);
    match begin(&handle.pool, types::<M>(), handle.options.as_ref(), &mut args) {
        // SAFETY: a call of the method.
        Ok(future) => unsafe { future.typed() },
        Err(failure) => {
            // SAFETY: as above.
            let error = unsafe { failure.into_error::<M::Output, M::Error>() };
            TaskFuture::from_outcome(Err(error))
        }
    }
}

/// Begins a call whose types nobody needs to know.
fn begin(
    pool: &dyn PoolOwner,
    types: &'static MethodTypes,
    options: Option<&Arc<CallOptions>>,
    args: &mut dyn Arguments,
) -> Result<UntypedFuture, Failure> {
    let known = pool.pool();
    if known.shared().shutdown.stage() >= Stage::Draining {
        return Err(CallError::Stopped(types.site()).into());
    }
    // Here, on the caller's thread, and not when the limits let it go: that may be on a timer's.
    let place = place(known, types.site(), args)?;
    let deadline = running::deadline();
    if known.layers().passes(types.spec.index)
        && options.is_none()
        && deadline.is_none()
        && let Some(layers) = known.layers().find(types)
    {
        // It is only batched or shared.
        let trace = trace::wanted();
        let environment = (place.is_some() || trace.is_some()).then(|| {
            let mut environment = CallEnvironment::first(place);
            environment.trace = trace;
            EnvironmentRef::new(environment)
        });
        return Ok(match &layers.batcher {
            Some(batcher) => Arc::clone(batcher).submit(pool, args, environment),
            None => send(known, args, environment),
        });
    }
    let options = options.cloned();
    if known.mode() == Mode::Sync {
        let mut drive = Drive::new(pool.share(), options, types, deadline);
        if place.is_some() {
            drive.rest_mut().place = place;
        }
        drive.tell_started();
        // The call runs at the call, and so do its waits. A panic of a closure of the options is that of
        // the call, as in the other modes.
        let run = || concurry_time::block_on(drive.run(args)).map(Done::into_future);
        return panics::caught(types.site(), run)
            .unwrap_or_else(|panic| Err(CallError::Panicked(Box::new(panic)).into()));
    }
    Ok(first::start(pool, types, options, deadline, place, args))
}
