//! How the options and the attribute of a method become its batcher.

use std::sync::Arc;

use super::assemble::Wishes;
use super::seen;
use super::table::MethodLayers;
use crate::Mode;
use crate::error::OptionsError;
use crate::pool::batching::{Batcher, Plan};
use crate::worker::{BatchedForm, BatchedFormVisitor, Method};

/// How many calls the workers of a pool can run at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) mode: Mode,
    pub(crate) workers: usize,
    /// Of one worker, for async methods by shared reference.
    pub(crate) concurrency: usize,
}

impl Places {
    fn of<M: Method>(self) -> usize {
        let overlaps = self.mode == Mode::Async && M::SPEC.asynchronous && !M::SPEC.exclusive;
        self.workers.saturating_mul(if overlaps { self.concurrency } else { 1 })
    }
}

/// Gives the method its batcher, and what the attribute says beside, if it has a batched form and is to
/// be batched.
pub(super) fn add<M: Method>(
    layers: &mut MethodLayers,
    places: Places,
    wishes: &Wishes<'_>,
) -> Result<(), OptionsError> {
    M::visit_batched_form(Maker { layers, places, wishes }).unwrap_or(Ok(()))
}

struct Maker<'a> {
    layers: &'a mut MethodLayers,
    places: Places,
    wishes: &'a Wishes<'a>,
}

impl<M: Method> BatchedFormVisitor<M> for Maker<'_> {
    type Output = Result<(), OptionsError>;

    fn visit<B: BatchedForm<Single = M, Worker = M::Worker>>(self) -> Self::Output {
        let Self { layers, places, wishes } = self;
        let limits = wishes.limits;
        if let Some(limit) = B::SETTINGS.limit
            && layers.reserve.is_none()
            && limits.sets().any(|set| set.stats().limits.iter().any(|known| known.key == limit))
        {
            layers.reserve = Some(Arc::new(move |limits, args| {
                limits.reserve_request([(limit, B::weight(seen::<M::Args>(args)))])
            }));
        }
        let items_are_clone = B::batch_abilities().clone_item.is_some();
        let plan = Plan::new(layers.batching.as_ref(), B::SETTINGS, items_are_clone).map_err(
            |(problem, remedy)| OptionsError::Method {
                worker: M::SPEC.worker,
                method: M::SPEC.name,
                option: "batch",
                problem,
                remedy: remedy.to_owned(),
            },
        )?;
        // A call in sync mode is done when it returns, so none can wait for others.
        let Some(plan) = plan.filter(|_| places.mode != Mode::Sync) else { return Ok(()) };
        layers.batcher = Some(Batcher::<B>::new(plan, places.of::<B>(), wishes.clock.clone()));
        Ok(())
    }
}
