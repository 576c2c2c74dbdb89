//! The start of a call that goes through the layers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::drive::{Drive, InLayers};
use crate::call::CallOptions;
use crate::error::CallSite;
use crate::future::{TaskFuture, drive_future};
use crate::pool::Handle;
use crate::shared::Stage;
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
    let pool = Arc::clone(&handle.pool);
    let site = CallSite::new(const { &M::SPEC });
    if pool.shared.shutdown.stage() >= Stage::Draining {
        return TaskFuture::from_outcome(Err(CallError::Stopped(site)));
    }
    // Here, on the caller's thread, and not when the limits let it go: that may be on a timer's.
    let (place, args) = match pool.place::<M>(args) {
        Ok(placed) => placed,
        Err(error) => return TaskFuture::from_outcome(Err(error)),
    };
    let begun = Arc::new(AtomicBool::new(false));
    let options = handle.options.as_deref().cloned().unwrap_or_else(CallOptions::new);
    let id = pool.shared.id;
    let runs_at_call = pool.mode == Mode::Sync;
    let in_layers = InLayers::enter(&pool.shared);
    let drive = Drive::<M>::new(pool, options, Arc::clone(&begun), in_layers, place);
    let run = drive.run(args);
    if runs_at_call {
        // The call runs at the call, and so do its waits.
        return TaskFuture::from_outcome(concurry_time::block_on(run));
    }
    // Relaxed: only tells a cancel what to report.
    drive_future(site, id, run, move || begun.load(Ordering::Relaxed))
}
