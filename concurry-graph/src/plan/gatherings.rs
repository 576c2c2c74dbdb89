//! Which units take the values of others while more of these are to come.
//!
//! Who puts a million values together would take and free a million nodes at the end, alone. So
//! whoever runs the nodes hands their values over at once, while they are at hand, and frees them.

use std::ops::Range;

use super::collect::Collected;
use super::edges::index;
use crate::node::SharedNode;

/// A unit that takes the values of others early.
pub(crate) struct Gathering {
    node: SharedNode,
    /// The units that it puts together, in this order.
    units: Range<u32>,
}

/// Below this it makes no difference.
const FEWEST: u32 = 64;

/// The units that take values early: those that nobody can look at, and all of whose nodes follow each
/// other in the plan.
pub(super) fn gatherings(collected: &Collected, waiting: &[u32]) -> Vec<Gathering> {
    let many = (0..index(waiting.len())).filter(|&unit| waiting[unit as usize] >= FEWEST);
    let gathering = |unit| {
        let node = &collected.nodes[unit as usize];
        let units = collected.dependencies.of(unit);
        let first = *units.first()?;
        let in_order = (first..).zip(units).all(|(expected, &unit)| expected == unit);
        let takes_all = node.takes_early() == Some(units.len());
        (in_order && takes_all)
            .then(|| Gathering { node: node.clone(), units: first..first + index(units.len()) })
    };
    many.filter_map(gathering).collect()
}

impl Gathering {
    /// Takes the values of units that are done, of those in a row.
    pub(crate) fn take(&self, done: &Range<u32>) {
        let (from, to) = (done.start.max(self.units.start), done.end.min(self.units.end));
        if from < to {
            let place = |unit: u32| (unit - self.units.start) as usize;
            self.node.take_early(place(from)..place(to));
        }
    }
}
