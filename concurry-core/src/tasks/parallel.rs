//! Data-parallel maps over plain functions, through rayon.
//!
//! Items are taken in blocks; while one block is worked on, the next is filled, so an input of any
//! length takes bounded memory beside its results.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use crate::CallError;
use crate::Mode;
use crate::error::CallSite;
use crate::future::Outcome;
use crate::gather::Watch;
use crate::panics;
use crate::pool::Handle;
use crate::progress::Progress;
use crate::shared::Stage;
use crate::worker::{Method, TaskFunction};

/// Items in a block: enough to split well, little enough to stay in the caches.
const BLOCK: usize = 1 << 16;

type Function<M> = fn(<M as Method>::Args) -> Result<<M as Method>::Output, <M as Method>::Error>;

/// How a map is run in parallel.
pub(super) struct Plan<M: TaskFunction> {
    function: Function<M>,
    threads: Arc<rayon::ThreadPool>,
    stage: Stage,
}

impl<M: TaskFunction> Plan<M> {
    /// `None` if each item has to be a call: the function needs its worker, or calls have layers.
    pub(super) fn of(handle: &Handle<M::Worker>) -> Option<Self> {
        let function = M::DIRECT?;
        let pool = &handle.pool;
        let plain = handle.options.is_none() && pool.layers.is_plain(M::SPEC.index);
        if pool.mode != Mode::Thread || !plain || pool.bound.is_some() {
            return None;
        }
        let threads = pool.parallel()?;
        Some(Self { function, threads, stage: pool.shared.shutdown.stage() })
    }

    pub(super) fn results<I>(
        self,
        items: I,
        progress: Option<Progress>,
    ) -> Result<Vec<M::Output>, CallError<M::Error>>
    where
        I: Iterator<Item = M::Item> + Send,
    {
        let site = CallSite::new(const { &M::SPEC });
        if self.stage >= Stage::Draining {
            return Err(CallError::Stopped(site));
        }
        let (least, most) = items.size_hint();
        let total = most.filter(|most| *most == least).map(|most| most as u64);
        let watch = progress.and_then(|progress| Watch::new(progress, total));
        let function = self.function;
        let threads = self.threads;
        let run =
            AssertUnwindSafe(|| threads.install(|| run::<M, I>(items, function, watch.as_ref())));
        // Rayon hands a panic of any item on to here.
        let outcome: Outcome<Vec<M::Output>, M::Error> = match catch_unwind(run) {
            Ok(result) => result.map_err(CallError::Failed),
            Err(payload) => Err(CallError::Panicked(Box::new(panics::describe(site, payload)))),
        };
        if let Some(watch) = watch {
            if outcome.is_ok() { watch.end() } else { watch.fail() }
        }
        outcome
    }
}

fn run<M: TaskFunction, I: Iterator<Item = M::Item> + Send>(
    mut items: I,
    function: Function<M>,
    watch: Option<&Watch>,
) -> Result<Vec<M::Output>, M::Error> {
    let mut results: Vec<Result<M::Output, M::Error>> = Vec::with_capacity(items.size_hint().0);
    let (mut block, mut next) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
    block.extend(items.by_ref().take(BLOCK));
    while !block.is_empty() {
        let count = block.len();
        rayon::join(
            || next.extend(items.by_ref().take(BLOCK)),
            || {
                let calls = block.par_drain(..).map(|item| function(M::into_args(item)));
                results.par_extend(calls);
            },
        );
        let done = results.len() - count;
        if results[done..].iter().any(Result::is_err) {
            break;
        }
        if let Some(watch) = watch {
            watch.record_many(count as u64);
        }
        std::mem::swap(&mut block, &mut next);
    }
    results.into_iter().collect()
}
