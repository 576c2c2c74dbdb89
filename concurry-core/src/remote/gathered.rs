//! How the calls that the function of a map makes are gathered, so that they can go to workers together.
//!
//! While the function runs, the map's [`Gatherer`] is with the thread. A call of a pool that can take
//! several together finds it there, and becomes one of the map's calls: without a node, but with a
//! future that makes one as soon as it is used in any other way than being given back to the map
//! (`future/ticket.rs`). Each run of the function gathers one call at most, and where its future is not
//! what comes back, no further one of that map.

use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;

use super::call::Anywhere;
pub(crate) use super::collector::Arrivals;
use super::collector::{Collector, future_of};
use crate::future::{Call, TaskFuture, Ticket};
use crate::shared::PoolId;
use crate::worker::Method;

thread_local! {
    static HERE: Cell<Option<Box<Gatherer>>> = const { Cell::new(None) };
    /// Whether it takes a call: every call of a pool elsewhere looks at this.
    static GATHERS: Cell<bool> = const { Cell::new(false) };
}

/// What a map gathers its calls with.
#[derive(Default)]
pub(crate) struct Gatherer {
    /// The map's number for the call that is being made.
    number: usize,
    /// What the calls so far were of: other ones are not gathered.
    calls: Option<Calls>,
    /// The ticket of the call that was gathered in this run.
    issued: bool,
    /// It was seen that futures are not given back as they are.
    is_off: bool,
}

struct Calls {
    /// A `Collector<M>`.
    collector: Arc<dyn Any + Send + Sync>,
    /// The same, as an `Arc<dyn Arrivals<T, E>>`.
    arrivals: Box<dyn Any + Send>,
    ticket: Arc<Ticket>,
    /// The same ticket, while no future has it.
    spare: Option<Arc<Ticket>>,
}

/// What came of a run of the function.
pub(crate) enum Made<T, E> {
    /// A future.
    Future(TaskFuture<T, E>),
    /// A call that was gathered: its outcome comes by the [`Arrivals`].
    Gathered,
}

impl Gatherer {
    /// Runs the function of the map, whose call gets that number.
    pub(crate) fn gather<T: Send + 'static, E: Send + 'static>(
        place: &mut Option<Box<Self>>,
        number: usize,
        call: impl FnOnce() -> TaskFuture<T, E>,
    ) -> Made<T, E> {
        let mut own = place.take().unwrap_or_default();
        if own.is_off {
            *place = Some(own);
            return Made::Future(call());
        }
        (own.number, own.issued) = (number, false);
        let future = {
            let (outer, gathered) = (HERE.replace(Some(own)), GATHERS.replace(true));
            let _entered = Entered { place, outer, gathered };
            call()
        };
        match place {
            Some(own) if own.issued => own.check(future),
            _ => Made::Future(future),
        }
    }

    /// Whether the future is that of the call that was gathered.
    fn check<T: Send + 'static, E: Send + 'static>(
        &mut self,
        future: TaskFuture<T, E>,
    ) -> Made<T, E> {
        let Some(calls) = &mut self.calls else { return Made::Future(future) };
        if future.ticket().is_some_and(|ticket| Arc::ptr_eq(ticket, &calls.ticket)) {
            calls.spare = future.into_ticket();
            return Made::Gathered;
        }
        // Whoever has that future gets the outcome, and not the map.
        let _ = calls.ticket.node();
        self.is_off = true;
        Made::Future(future)
    }

    /// Where the outcomes come of the calls that were gathered.
    pub(crate) fn arrivals<T: Send + 'static, E: Send + 'static>(
        &self,
    ) -> Option<Arc<dyn Arrivals<T, E>>> {
        let calls = self.calls.as_ref()?;
        calls.arrivals.downcast_ref::<Arc<dyn Arrivals<T, E>>>().cloned()
    }

    fn add<M: Method>(&mut self, pool: PoolId, args: M::Args) -> Result<Added<M>, M::Args> {
        let calls = self.calls.get_or_insert_with(|| Calls::of::<M>(pool));
        let known = calls.collector.downcast_ref::<Known<M>>().filter(|known| known.0.pool == pool);
        let (Some(Known(collector)), Some(ticket)) = (known, calls.spare.take()) else {
            return Err(args);
        };
        ticket.renumber(self.number);
        self.issued = true;
        let announcement = collector.add(self.number, args);
        Ok((future_of::<M>(ticket), announcement))
    }
}

/// A collector in a box of unknown type.
struct Known<M: Method>(Arc<Collector<M>>);

impl Calls {
    fn of<M: Method>(pool: PoolId) -> Self {
        let collector = Collector::<M>::new(pool);
        let arrivals: Arc<dyn Arrivals<M::Output, M::Error>> =
            Arc::<Collector<M>>::clone(&collector);
        let ticket = collector.ticket();
        let spare = Some(Arc::clone(&ticket));
        Self { collector: Arc::new(Known(collector)), arrivals: Box::new(arrivals), ticket, spare }
    }
}

/// The future of a call that was gathered, and what is to go into the queue of its pool.
type Added<M> = (TaskFuture<<M as Method>::Output, <M as Method>::Error>, Option<Call<Anywhere>>);

/// Whether this thread runs the function of a map that gathers.
#[inline]
pub(crate) fn is_gathering() -> bool {
    GATHERS.get()
}

/// Makes a call one of the map whose function this thread runs.
///
/// # Errors
///
/// Gives the arguments back if it is not to be one.
pub(crate) fn add<M: Method>(pool: PoolId, args: M::Args) -> Result<Added<M>, M::Args> {
    GATHERS.set(false);
    let Some(mut here) = HERE.take() else { return Err(args) };
    let added = here.add::<M>(pool, args);
    HERE.set(Some(here));
    added
}

/// The thread has the gatherer of a map. It goes back to its place with this.
struct Entered<'p> {
    place: &'p mut Option<Box<Gatherer>>,
    outer: Option<Box<Gatherer>>,
    gathered: bool,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        *self.place = HERE.replace(self.outer.take());
        GATHERS.set(self.gathered);
    }
}
