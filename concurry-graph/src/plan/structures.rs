//! Finds which calls of a graph are equal, in the same way each time that the program is run.
//!
//! Two calls are equal here if they call the same method of the same pool, and their arguments are
//! equal or come out of equal nodes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use concurry_core::__private::panic_message;

use super::collect::Collected;
use super::merge::dependencies_first;
use crate::journal::Expected;
use crate::node::{AnyNode, Header};

/// The calls that a run is to make, in the order in which they were written down.
pub(crate) fn expected(collected: &Collected, run: u32) -> Vec<Expected> {
    let structures = structures(collected, run);
    let own = collected.nodes.iter().zip(structures).filter(|(node, _)| is_own_call(&***node, run));
    let mut calls: Vec<Expected> = own
        .map(|(node, structure)| Expected {
            number: node.header().number,
            worker: node.about().worker,
            pool: node.place().pool().unwrap_or(0),
            structure,
        })
        .collect();
    calls.sort_unstable_by_key(|call| call.number);
    calls
}

fn is_own_call(node: &dyn AnyNode, run: u32) -> bool {
    let header = node.header();
    header.is_call() && !header.is_copy() && header.claim().is_some_and(|claim| claim.run == run)
}

/// For each node a hash that equal ones share.
fn structures(collected: &Collected, run: u32) -> Vec<u64> {
    let mut structures = vec![0; collected.nodes.len()];
    for place in dependencies_first(&collected.dependencies) {
        let node = &*collected.nodes[place as usize];
        let structure = is_own_call(node, run).then(|| {
            let of_node = |header: &Header, _| match header.claim() {
                Some(claim) if claim.run == run => structures[claim.place as usize],
                // It is over, or somebody else's: all that is known is that it is no other.
                _ => u64::from(header.number),
            };
            // The arguments hash themselves. If that panics, nothing is known of them.
            let hash = catch_unwind(AssertUnwindSafe(|| node.structure(&of_node)));
            hash.unwrap_or_else(|payload| {
                drop(panic_message(payload));
                None
            })
        });
        structures[place as usize] = structure.flatten().unwrap_or_else(|| {
            let mut hasher = DefaultHasher::new();
            (node.about().worker, node.about().method).hash(&mut hasher);
            for &dependency in collected.dependencies.of(place) {
                structures[dependency as usize].hash(&mut hasher);
            }
            hasher.finish()
        });
    }
    structures
}
