//! Running nodes as they are made, for debugging.

use std::cell::Cell;
use std::future::poll_fn;

use concurry_core::__private::block_on_pools;

use crate::compute::IN_FLIGHT;
use crate::error::Cause;
use crate::node::SharedNode;
use crate::plan::{Passes, plan};
use crate::run::{self, Driver, Limits};

thread_local! {
    static EAGER: Cell<bool> = const { Cell::new(false) };
}

/// Runs a block in which every node runs at the moment when it is made, on its own pool, one after
/// the other. For debugging: a breakpoint or a panic shows the line that made the call, and the
/// results are the same.
///
/// It holds for the current thread, and ends with the block. What was made before the block runs when a
/// node in it needs it.
///
/// ```
/// use concurry_core::{Mode, TaskPool};
/// use concurry_graph::{LazyHandle, Stage, eager};
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// let three = eager(|| pool.lazy().submit((), |()| 3));
/// assert_eq!(three.stage(), Stage::Done);
/// assert_eq!(three.compute()?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn eager<R>(block: impl FnOnce() -> R) -> R {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            EAGER.set(self.0);
        }
    }
    let _back = Back(EAGER.replace(true));
    block()
}

pub(crate) fn is_eager() -> bool {
    EAGER.get()
}

/// Runs a node that was just made. What it depends on is over, unless it was made outside of the block.
pub(crate) fn run(node: SharedNode) {
    let mut is_ready = true;
    node.dependencies(&mut |dependency| is_ready &= dependency.header().is_over());
    if is_ready {
        return node.run_here();
    }
    let plan = plan(node.clone(), false, run::next_number(), &Passes::none(), None);
    let lanes = &plan.ranked.lanes;
    let pools: Vec<u32> = lanes.iter().filter_map(|lane| lane.place.pool()).collect();
    let limits = Limits { in_flight: IN_FLIGHT, batch: false };
    let mut driver = Driver::new(plan, limits, None, None);
    let ended =
        block_on_pools(|pool| pools.contains(&pool), poll_fn(|context| driver.poll(context)));
    if ended.is_none() {
        drop(driver);
        node.abort(Cause::Deadlock);
    }
}
