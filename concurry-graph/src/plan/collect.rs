//! Everything that a root depends on and that is not over yet.
//!
//! A node notes the run that collects it and its place there, so no table of addresses is needed. A
//! node that another run has taken is only waited for.

use std::collections::HashMap;

use super::edges::{Edges, index};
use super::lanes::Lanes;
use crate::node::{Claim, Dependency, Place, SharedNode};

/// Everything that a root depends on.
pub(crate) struct Collected {
    /// The roots first; each node before what only it depends on.
    pub(crate) nodes: Vec<SharedNode>,
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

/// Collects what the roots depend on, for a run. They are sole if there is no way to them but by it.
pub(crate) fn collect(roots: Vec<SharedNode>, are_sole: bool, run: u32) -> Collected {
    let mut collector = Collector { run, ..Collector::default() };
    for node in roots {
        collector.place_of(&Root { node, is_sole: are_sole }, true);
    }
    let mut dependencies = Edges::new();
    let mut opened = 0;
    while let Some(&place) = collector.open.get(opened) {
        opened += 1;
        dependencies.end_lists_before(place);
        let node = collector.nodes[place as usize].clone();
        let is_unseen = !node.header().is_looked_at();
        node.dependencies(&mut |dependency| {
            if let Some(place) = collector.place_of(dependency, is_unseen) {
                dependencies.push(place);
            }
        });
        dependencies.end_list();
    }
    dependencies.end_lists_before(index(collector.nodes.len()));
    let Collector { nodes, foreign, calls, has_pure, has_costs, lanes, .. } = collector;
    let mut foreign: Vec<u32> = foreign.into_values().collect();
    foreign.sort_unstable();
    Collected { nodes, dependencies, foreign, calls, has_pure, has_costs, lanes }
}

/// What is noted of a node when it is found, while it is at hand.
#[derive(Default)]
struct Collector {
    run: u32,
    nodes: Vec<SharedNode>,
    /// Places of nodes that may depend on others.
    open: Vec<u32>,
    /// Nodes of other runs, by address.
    foreign: HashMap<usize, u32>,
    calls: u64,
    has_pure: bool,
    has_costs: bool,
    lanes: Lanes,
}

impl Collector {
    /// The place of a node, which it gets if it has none. `None` if the node is over. What is found by
    /// way of a node that nobody sees, and by no other, is not seen either.
    fn place_of(&mut self, dependency: &dyn Dependency, is_unseen: bool) -> Option<u32> {
        let header = dependency.header();
        if header.is_over() {
            return None;
        }
        let next = index(self.nodes.len());
        let claim = Claim { run: self.run, place: next };
        let is_unseen = is_unseen && header.is_last_use() && !dependency.is_shared();
        let claimed = match is_unseen {
            // Nobody else can want it.
            true => {
                header.move_to(claim);
                Ok(())
            }
            false => header.try_claim(claim),
        };
        match claimed {
            Ok(()) => {
                if is_unseen {
                    header.set_unseen();
                }
                let node = dependency.node();
                self.lanes.push(node.place());
                self.has_costs |= header.cost().is_some();
                self.calls += u64::from(header.is_call());
                self.has_pure |= header.is_pure();
                if !header.is_leaf() || header.is_copy() {
                    self.open.push(next);
                }
                self.nodes.push(node);
                Some(next)
            }
            Err(claim) if claim.run == self.run => Some(claim.place),
            Err(_) => {
                let node = dependency.node();
                let address = node.address();
                let place = *self.foreign.entry(address).or_insert(next);
                if place == next {
                    self.lanes.push(Place::Elsewhere);
                    self.nodes.push(node);
                }
                Some(place)
            }
        }
    }
}

struct Root {
    node: SharedNode,
    is_sole: bool,
}

impl Dependency for Root {
    fn header(&self) -> &crate::node::Header {
        self.node.header()
    }

    fn node(&self) -> SharedNode {
        self.node.clone()
    }

    fn is_shared(&self) -> bool {
        !self.is_sole
    }
}
