//! Everything that a root depends on and that is not over yet.
//!
//! A node notes the run that collects it and its place there, so no table of addresses is needed. A
//! node that another run has taken is only waited for.

use std::collections::HashMap;
use std::sync::Arc;

use super::edges::{Edges, index};
use super::lanes::Lanes;
use crate::node::{AnyNode, Claim, Dependency, Place};

/// Everything that a root depends on.
pub(crate) struct Collected {
    /// The roots first; each node before what only it depends on.
    pub(crate) nodes: Vec<Arc<dyn AnyNode>>,
    /// What each depends on.
    pub(crate) dependencies: Edges,
    /// Places of nodes that other runs work on.
    pub(crate) foreign: Vec<u32>,
    /// How many of our own nodes are calls.
    pub(crate) calls: u64,
    /// Some calls may be merged.
    pub(crate) has_pure: bool,
    /// Somebody said what some call will take.
    pub(crate) has_costs: bool,
    /// Where each is run. Found here, while each node is at hand anyway: going through all of them
    /// once more would cost more than everything else.
    pub(crate) lanes: Lanes,
}

/// Collects what the roots depend on, for a run.
pub(crate) fn collect(roots: Vec<Arc<dyn AnyNode>>, run: u32) -> Collected {
    let mut collector = Collector { run, nodes: Vec::new(), foreign: HashMap::new() };
    for root in roots {
        collector.place_of(&Root(root));
    }
    let (mut dependencies, mut lanes) = (Edges::new(), Lanes::default());
    let (mut calls, mut has_pure, mut has_costs) = (0, false, false);
    let mut current = 0;
    while current < collector.nodes.len() {
        let node = Arc::clone(&collector.nodes[current]);
        if collector.is_foreign(&node) {
            lanes.push(Place::Elsewhere);
        } else {
            lanes.push(node.place());
            has_costs |= node.header().cost().is_some();
            calls += u64::from(node.header().is_call);
            has_pure |= node.header().is_pure;
            node.dependencies(&mut |dependency| {
                if let Some(place) = collector.place_of(dependency) {
                    dependencies.push(place);
                }
            });
        }
        dependencies.end_list();
        current += 1;
    }
    let mut foreign: Vec<u32> = collector.foreign.into_values().collect();
    foreign.sort_unstable();
    let nodes = collector.nodes;
    Collected { nodes, dependencies, foreign, calls, has_pure, has_costs, lanes }
}

struct Collector {
    run: u32,
    nodes: Vec<Arc<dyn AnyNode>>,
    /// Nodes of other runs, by address.
    foreign: HashMap<usize, u32>,
}

impl Collector {
    /// The place of a node, which it gets if it has none. `None` if the node is over.
    fn place_of(&mut self, dependency: &dyn Dependency) -> Option<u32> {
        let header = dependency.header();
        if header.is_over() {
            return None;
        }
        let next = index(self.nodes.len());
        match header.try_claim(Claim { run: self.run, place: next }) {
            Ok(()) => {
                self.nodes.push(dependency.node());
                Some(next)
            }
            Err(claim) if claim.run == self.run => Some(claim.place),
            Err(_) => {
                let node = dependency.node();
                let address = Arc::as_ptr(&node).addr();
                let place = *self.foreign.entry(address).or_insert(next);
                if place == next {
                    self.nodes.push(node);
                }
                Some(place)
            }
        }
    }

    /// Whether another run works on it.
    fn is_foreign(&self, node: &Arc<dyn AnyNode>) -> bool {
        !self.foreign.is_empty() && self.foreign.contains_key(&Arc::as_ptr(node).addr())
    }
}

struct Root(Arc<dyn AnyNode>);

impl Dependency for Root {
    fn header(&self) -> &crate::node::Header {
        self.0.header()
    }

    fn node(&self) -> Arc<dyn AnyNode> {
        Arc::clone(&self.0)
    }
}
