//! How the options and the attribute of a method become its batcher.

use std::marker::PhantomData;
use std::sync::Arc;

use concurry_limits::Limits;
use concurry_time::Clock;

use super::table::{MethodLayers, Reserve};
use crate::Mode;
use crate::error::OptionsError;
use crate::pool::batching::{AnyBatcher, Batcher, Batches, Plan};
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

/// Gives the method its batcher, and what the attribute says beside. `None` if it has no batched form
/// or is not to be batched.
pub(super) fn add<M: Method>(
    layers: &mut MethodLayers<M>,
    places: Places,
    clock: &Clock,
    limits: &Limits,
) -> Result<Option<Arc<dyn AnyBatcher>>, OptionsError> {
    let maker = Maker { layers, places, clock, limits, method: PhantomData };
    M::visit_batched_form(maker).unwrap_or(Ok(None))
}

struct Maker<'a, M: Method> {
    layers: &'a mut MethodLayers<M>,
    places: Places,
    clock: &'a Clock,
    limits: &'a Limits,
    method: PhantomData<M>,
}

impl<M: Method> BatchedFormVisitor<M> for Maker<'_, M> {
    type Output = Result<Option<Arc<dyn AnyBatcher>>, OptionsError>;

    fn visit<B: BatchedForm<Single = M, Worker = M::Worker>>(self) -> Self::Output {
        let Self { layers, places, clock, limits, .. } = self;
        if let Some(limit) = B::SETTINGS.limit
            && layers.reserve.is_none()
            && limits.sets().any(|set| set.stats().limits.iter().any(|known| known.key == limit))
        {
            let reserve: Arc<Reserve<M::Args>> =
                Arc::new(move |limits, args| limits.reserve_request([(limit, B::weight(args))]));
            layers.reserve = Some(reserve);
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
        let Some(plan) = plan.filter(|_| places.mode != Mode::Sync) else { return Ok(None) };
        let batcher = Batcher::<B>::new(plan, places.of::<B>(), clock.clone());
        layers.batcher = Some(Arc::clone(&batcher) as Arc<dyn Batches<M>>);
        Ok(Some(batcher))
    }
}
