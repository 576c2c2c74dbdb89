//! The passes `merge` and `prune`: equal calls of pure methods are made once.
//!
//! Nodes are looked at after what they depend on. So when two calls are compared, equal calls among
//! their arguments are one node by then, and a comparison never goes deeper than the arguments
//! themselves (hash consing).

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use concurry_core::__private::panic_message;

use super::collect::{Collected, collect};
use super::edges::{Edges, index};
use crate::node::SharedNode;

/// Lets each call of which there was an equal one before take that one's value.
pub(crate) fn merge(collected: Collected, run: u32, prune: bool, in_rows: bool) -> Collected {
    let mut originals: HashMap<u64, Vec<u32>> = HashMap::new();
    let mut merged = 0;
    for place in dependencies_first(&collected.dependencies) {
        let node = &collected.nodes[place as usize];
        if !node.header().is_pure() || node.header().claim().is_none_or(|claim| claim.run != run) {
            continue;
        }
        let Some(hash) = guarded(|| node.pure_hash()).flatten() else { continue };
        let equals = originals.entry(hash).or_default();
        let original = equals.iter().copied().find(|&other| {
            let other = &collected.nodes[other as usize];
            guarded(|| node.is_equal(&**other)) == Some(true) && node.become_copy_of(other.clone())
        });
        match original {
            Some(_) => merged += 1,
            None => equals.push(place),
        }
    }
    if merged == 0 {
        return collected;
    }
    // Copies depend on their originals now, and on nothing else.
    let mut roots = collected.nodes;
    release(&roots, run);
    if prune {
        roots.truncate(1);
    }
    // Rows are found again, by way of what puts them together.
    let is_row = |place| collected.rows.binary_search_by_key(&place, |&(row, _)| row).is_ok();
    let roots = (0..).zip(roots).filter(|&(place, _)| !is_row(place)).map(|(_, root)| root);
    collect(roots.collect(), false, in_rows, run)
}

/// Arguments compare themselves. One whose code panics is like no other.
fn guarded<R>(compare: impl FnOnce() -> R) -> Option<R> {
    let compared = catch_unwind(AssertUnwindSafe(compare));
    compared.map_err(|payload| drop(panic_message(payload))).ok()
}

/// Leaves the nodes to whoever waits for them: not all may be wanted any more.
fn release(nodes: &[SharedNode], run: u32) {
    let own = |node: &&SharedNode| node.header().claim().is_some_and(|claim| claim.run == run);
    nodes.iter().filter(own).for_each(|node| node.unclaim());
}

/// All nodes, each after what it depends on.
pub(crate) fn dependencies_first(dependencies: &Edges) -> Vec<u32> {
    let dependants = dependencies.reversed();
    let mut waiting = dependencies.degrees();
    let mut order: Vec<u32> =
        (0..index(waiting.len())).filter(|&node| waiting[node as usize] == 0).collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        next += 1;
        for &dependant in dependants.of(node) {
            waiting[dependant as usize] -= 1;
            if waiting[dependant as usize] == 0 {
                order.push(dependant);
            }
        }
    }
    order
}
