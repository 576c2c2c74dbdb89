//! The pass `fuse`: a chain of calls of one pool becomes one unit, run by one worker.
//!
//! Two calls are linked if the second needs only the first, only the second needs the first, and both
//! are made on visits of the same pool. A link needs no dispatch, no entry in a ready list and no
//! count of dependencies: the worker goes on with the next call.

use super::chain::Chain;
use super::collect::Collected;
use super::edges::{Edges, index};
use crate::node::{Claim, Place, SharedNode};

/// Puts chains into units. Gives the dependants of the units, or `None` if there is no chain.
pub(crate) fn fuse(collected: &mut Collected, dependants: &Edges, run: u32) -> Option<Edges> {
    let next = links(collected, dependants);
    if next.iter().all(|&next| next == NONE) {
        return None;
    }
    // The unit of each node: that of its chain's last node, which has its place in the order.
    let mut unit_of = vec![NONE; next.len()];
    let nodes = std::mem::take(&mut collected.nodes);
    let mut has_previous = vec![false; next.len()];
    for &next in next.iter().filter(|&&next| next != NONE) {
        has_previous[next as usize] = true;
    }
    let mut units: Vec<SharedNode> = Vec::new();
    let mut heads: Vec<u32> = Vec::new();
    for head in (0..index(nodes.len())).filter(|&node| !has_previous[node as usize]) {
        let unit = index(units.len());
        unit_of[head as usize] = unit;
        heads.push(head);
        if next[head as usize] == NONE {
            units.push(nodes[head as usize].clone());
            continue;
        }
        let mut chain = vec![nodes[head as usize].clone()];
        let mut link = head;
        while next[link as usize] != NONE {
            link = next[link as usize];
            unit_of[link as usize] = unit;
            chain.push(nodes[link as usize].clone());
        }
        units.push(Chain::of(chain));
    }
    // A chain depends on what its head depends on; who depends on a chain depends on its last node.
    let mut dependencies = Edges::new();
    for &head in &heads {
        for &dependency in collected.dependencies.of(head) {
            dependencies.push(unit_of[dependency as usize]);
        }
        dependencies.end_list();
    }
    drop(nodes);
    collected.foreign.iter_mut().for_each(|place| *place = unit_of[*place as usize]);
    collected.foreign.sort_unstable();
    for (place, unit) in (0..).zip(&units) {
        // Who has a node of another run is not ours to say.
        if collected.foreign.binary_search(&place).is_err() {
            unit.header().move_to(Claim { run, place });
        }
    }
    collected.rows.iter_mut().for_each(|(place, _)| *place = unit_of[*place as usize]);
    let of = heads.iter().map(|&head| collected.lanes.of[head as usize]).collect();
    collected.lanes.of = of;
    collected.nodes = units;
    collected.dependencies = dependencies;
    Some(collected.dependencies.reversed())
}

const NONE: u32 = u32::MAX;

/// The next link after each node.
fn links(collected: &Collected, dependants: &Edges) -> Vec<u32> {
    let mut next = vec![NONE; collected.nodes.len()];
    let linked = |first: u32| {
        let &[second] = dependants.of(first) else { return None };
        let alone = collected.dependencies.degree(second) == 1;
        let lanes = &collected.lanes;
        let together = lanes.of[first as usize] == lanes.of[second as usize];
        (alone && together).then_some(second)
    };
    for first in 0..index(next.len()) {
        if matches!(collected.lanes.place_of(first), Place::Visit { .. })
            && let Some(second) = linked(first)
        {
            next[first as usize] = second;
        }
    }
    next
}
