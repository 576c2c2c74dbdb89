//! From a root to what has to be run, in which order: the graph is collected, optimised, and ranked.

mod chain;
mod collect;
mod edges;
mod gatherings;
mod lanes;
mod pace;
mod passes;
mod rank;
mod row;
mod structures;

pub(crate) mod fuse;
pub(crate) mod merge;

use concurry_core::__private::SlabArc;

use crate::journal::Ledger;
use crate::node::SharedNode;

pub(crate) use collect::{Collected, collect};
pub(crate) use edges::{Edges, index};
pub(crate) use gatherings::Gathering;
use gatherings::gatherings;
pub use passes::Passes;
pub(crate) use rank::{Lane, Ranked, rank};
pub(crate) use row::Row;

/// What a run has to do.
pub(crate) struct Plan {
    /// What is run one by one: nodes, and chains of them.
    pub(crate) units: Vec<SharedNode>,
    /// Units that other runs work on.
    pub(crate) foreign: Vec<u32>,
    /// Units that are rows of calls.
    pub(crate) rows: Vec<(u32, SlabArc<Row>)>,
    /// Which units wait for each.
    pub(crate) dependants: Edges,
    /// How many units each waits for.
    pub(crate) waiting: Vec<u32>,
    /// Where each is run, and how urgent it is.
    pub(crate) ranked: Ranked,
    /// Units that take values of others early.
    pub(crate) gatherings: Vec<Gathering>,
    /// How many calls there are in it.
    pub(crate) calls: u64,
}

/// Plans a run. The root is sole if nobody else has a way to it. With a journal all calls are begun by
/// the driver, who owns it.
pub(crate) fn plan(
    root: SharedNode,
    is_sole: bool,
    run: u32,
    passes: &Passes,
    ledger: Option<&mut Ledger>,
) -> Plan {
    // A journal is asked about each call.
    let in_rows = passes.rows && ledger.is_none();
    let mut collected = collect(vec![root], is_sole, in_rows, run);
    if passes.merge && collected.has_pure {
        collected = merge::merge(collected, run, passes.prune, in_rows);
    }
    if let Some(ledger) = ledger {
        ledger.expect(&structures::expected(&collected, run));
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
    let gatherings = gatherings(&collected, &waiting);
    let Collected { nodes: units, foreign, rows, .. } = collected;
    Plan { units, foreign, rows, dependants, waiting, ranked, gatherings, calls }
}
