//! A pool, whatever its worker: what the layers need of it.

use std::any::Any;
use std::convert::Infallible;
use std::sync::Arc;

use super::arguments::Arguments;
use super::held::LetGo;
use super::table::LayerTable;
use crate::call::{Copies, EnvironmentRef};
use crate::error::{CallSite, Rejected, Rejection};
use crate::future::{Call, PoolSide, UntypedFuture};
use crate::pool::Pool;
use crate::shared::{Bound, PoolShared, QueuePlace, Share, Stage, StockedArc};
use crate::worker::{Queueing, Worker};
use crate::{CallError, Mode};

/// A pool, whatever its worker.
pub(crate) trait AnyPool: Any + Send + Sync {
    fn shared(&self) -> &Arc<PoolShared>;
    fn layers(&self) -> &LayerTable;
    fn mode(&self) -> Mode;
    fn bound(&self) -> Option<&Arc<Bound>>;
    /// Whether it says which worker a call goes to: then copies of a call have to know of each other.
    fn has_places(&self) -> bool;
    /// How its calls are queued. `None`: they run here and now.
    fn queueing(&self) -> Option<Queueing>;
    /// Sends a call that was made. Copies of one attempt go to different workers.
    ///
    /// # Safety
    /// The call is for a worker of this pool.
    unsafe fn dispatch(&self, call: PoolSide, copies: Option<&Arc<Copies>>);
}

impl<W: Worker> AnyPool for Pool<W> {
    fn shared(&self) -> &Arc<PoolShared> {
        &self.shared
    }

    fn layers(&self) -> &LayerTable {
        &self.layers
    }

    fn mode(&self) -> Mode {
        self.mode
    }

    fn bound(&self) -> Option<&Arc<Bound>> {
        self.bound.as_ref()
    }

    fn has_places(&self) -> bool {
        self.has_places()
    }

    fn queueing(&self) -> Option<Queueing> {
        self.queueing()
    }

    unsafe fn dispatch(&self, call: PoolSide, copies: Option<&Arc<Copies>>) {
        // SAFETY: by contract.
        self.dispatch(unsafe { Call::new(call) }, copies);
    }
}

impl dyn AnyPool {
    /// The pool as one of its workers.
    ///
    /// # Panics
    ///
    /// If its workers are of another type.
    pub(crate) fn of<W: Worker>(&self) -> &Pool<W> {
        let any: &dyn Any = self;
        any.downcast_ref()
            .unwrap_or_else(|| unreachable!("a call is made in the pool of its worker"))
    }
}

/// A share of a pool, whatever its worker.
pub(crate) type PoolShare = Share<dyn AnyPool>;

/// Who has a share of a pool, and can give others.
pub(crate) trait PoolOwner {
    fn pool(&self) -> &dyn AnyPool;
    fn share(&self) -> PoolShare;
}

impl<W: Worker> PoolOwner for StockedArc<Pool<W>> {
    fn pool(&self) -> &dyn AnyPool {
        &**self
    }

    fn share(&self) -> PoolShare {
        // SAFETY: it is the same cell.
        unsafe { self.share_as(|cell| cell as *mut _) }
    }
}

impl PoolOwner for PoolShare {
    fn pool(&self) -> &dyn AnyPool {
        &**self
    }

    fn share(&self) -> Self {
        self.clone()
    }
}

/// Gets a call a place in the bounded queue, if it is bounded. May wait, so this is for the caller's
/// own thread.
pub(crate) fn place(
    pool: &dyn AnyPool,
    site: CallSite,
    args: &mut dyn Arguments,
) -> Result<Option<QueuePlace>, CallError<Infallible>> {
    let Some(bound) = pool.bound() else { return Ok(None) };
    let shutdown = &pool.shared().shutdown;
    match bound.enter(shutdown, LetGo::new) {
        Ok(place) => Ok(Some(place)),
        Err(_) if shutdown.stage() >= Stage::Draining => Err(CallError::Stopped(site)),
        Err(_) => {
            let reason = Rejection::QueueFull { max_queued: bound.max };
            let rejected = Rejected::new(site, reason, Some(args.take_boxed()));
            Err(CallError::Rejected(Box::new(rejected)))
        }
    }
}

/// Sends a call to a worker, past the layers.
pub(super) fn send(
    pool: &dyn AnyPool,
    args: &mut dyn Arguments,
    environment: Option<EnvironmentRef>,
) -> UntypedFuture {
    let copies = environment.as_ref().and_then(|environment| environment.copy.get());
    let copies = copies.map(|copy| Arc::clone(&copy.copies));
    let (call, future) = make(pool, args, environment);
    if let Some(call) = call {
        // SAFETY: made just now, for a worker of the pool.
        unsafe { pool.dispatch(call, copies.as_ref()) };
    }
    future
}

/// Makes a call that is to be sent to a worker. In sync mode it has run then.
#[inline]
pub(super) fn make(
    pool: &dyn AnyPool,
    args: &mut dyn Arguments,
    environment: Option<EnvironmentRef>,
) -> (Option<PoolSide>, UntypedFuture) {
    let Some(queueing) = pool.queueing() else {
        return (None, args.run_here(pool, environment).into_future());
    };
    let (call, future) = args.queue(environment, pool.shared().id, queueing);
    (Some(call), future)
}
