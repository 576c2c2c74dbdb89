//! Tells equal calls of a graph apart, in the same way each time that the program is run.
//!
//! Two calls are equal here if they call the same method of the same pool, and their arguments are
//! equal or come out of equal nodes. They are numbered in the order in which they were written down.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use concurry_core::__private::panic_message;

use super::collect::Collected;
use super::merge::dependencies_first;
use crate::journal::Occurrence;
use crate::node::{AnyNode, Header};

/// Which of the equal calls each is, by the number of its node.
pub(crate) fn occurrences(collected: &Collected, run: u32) -> HashMap<u32, Occurrence> {
    let structures = structures(collected, run);
    let mut calls: Vec<(u32, u32)> = Vec::new();
    for (place, node) in collected.nodes.iter().enumerate() {
        if is_own_call(&**node, run) {
            calls.push((node.header().number, super::index(place)));
        }
    }
    calls.sort_unstable();
    let mut pools: HashMap<(&str, u32), u32> = HashMap::new();
    let mut pools_of: HashMap<&str, u32> = HashMap::new();
    let mut equals: HashMap<(u32, u64), u32> = HashMap::new();
    let mut occurrences = HashMap::with_capacity(calls.len());
    for (number, place) in calls {
        let node = &collected.nodes[place as usize];
        let (worker, pool) = (node.about().worker, node.place().pool().unwrap_or(0));
        let pool = *pools.entry((worker, pool)).or_insert_with(|| {
            let next = pools_of.entry(worker).or_default();
            *next += 1;
            *next - 1
        });
        let before = equals.entry((pool, structures[place as usize])).or_default();
        occurrences.insert(number, (pool, *before));
        *before += 1;
    }
    occurrences
}

fn is_own_call(node: &dyn AnyNode, run: u32) -> bool {
    let header = node.header();
    header.is_call && !header.is_copy() && header.claim().is_some_and(|claim| claim.run == run)
}

/// For each node a hash that equal ones share.
fn structures(collected: &Collected, run: u32) -> Vec<u64> {
    let mut structures = vec![0; collected.nodes.len()];
    for place in dependencies_first(&collected.dependencies) {
        let node = &*collected.nodes[place as usize];
        let structure = is_own_call(node, run).then(|| {
            let of_node = |header: &Header, _| match header.claim() {
                Some(claim) if claim.run == run => structures[claim.place as usize],
                // It is over, or somebody else's.
                _ => 0,
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
