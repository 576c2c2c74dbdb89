//! From a root to what has to be run, in which order: the graph is collected, optimised, and ranked.

mod collect;
mod edges;
mod lanes;
mod occurrences;
mod passes;
mod rank;
mod stretch;

pub(crate) mod fuse;
pub(crate) mod merge;

use std::sync::Arc;

use crate::journal::Ledger;
use crate::node::AnyNode;

pub(crate) use collect::{Collected, collect};
pub(crate) use edges::{Edges, index};
pub use passes::Passes;
pub(crate) use rank::{Lane, Ranked, rank};

/// What a run has to do.
pub(crate) struct Plan {
    /// What is run one by one: nodes, and chains of them.
    pub(crate) units: Vec<Arc<dyn AnyNode>>,
    /// Units that other runs work on.
    pub(crate) foreign: Vec<u32>,
    /// Which units wait for each.
    pub(crate) dependants: Edges,
    /// How many units each waits for.
    pub(crate) waiting: Vec<u32>,
    /// Where each is run, and how urgent it is.
    pub(crate) ranked: Ranked,
    /// How many calls there are in it.
    pub(crate) calls: u64,
}

/// Plans a run. With a journal all calls are begun by the driver, who owns it.
pub(crate) fn plan(
    root: Arc<dyn AnyNode>,
    run: u32,
    passes: &Passes,
    ledger: Option<&mut Ledger>,
) -> Plan {
    let mut collected = collect(vec![root], run);
    if passes.merge && collected.has_pure {
        collected = merge::merge(collected, run, passes.prune);
    }
    if let Some(ledger) = ledger {
        ledger.expect(occurrences::occurrences(&collected, run));
        // Whoever makes a call asks the journal before.
        collected.lanes.without_visits();
    }
    let calls = collected.calls;
    let mut dependants = collected.dependencies.reversed();
    if passes.fuse
        && let Some(fused) = fuse::fuse(&mut collected, &dependants, run)
    {
        dependants = fused;
    }
    let ranked = rank(&mut collected, &dependants);
    let waiting = collected.dependencies.degrees();
    let Collected { nodes: units, foreign, .. } = collected;
    Plan { units, foreign, dependants, waiting, ranked, calls }
}
