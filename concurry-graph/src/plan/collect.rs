//! Everything that a root depends on and that is not over yet.
//!
//! A node notes the run that collects it and its place there, so no table of addresses is needed. A
//! node that another run has taken is only waited for.

use std::collections::HashMap;

use concurry_core::__private::SlabArc;

use super::edges::{Edges, index};
use super::lanes::Lanes;
use super::row::{self, Row};
use crate::node::{Claim, Dependency, Place, SharedNode, Stretch};

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
    /// The units that are rows, with their places.
    pub(crate) rows: Vec<(u32, SlabArc<Row>)>,
}

/// Collects what the roots depend on, for a run. They are sole if there is no way to them but by it.
/// Calls that only one container wants are put into rows if asked.
pub(crate) fn collect(
    roots: Vec<SharedNode>,
    are_sole: bool,
    in_rows: bool,
    run: u32,
) -> Collected {
    let mut collector = Collector { run, dependencies: Edges::new(), ..Collector::default() };
    for node in roots {
        collector.place_of(&Root { node, is_sole: are_sole }, true);
    }
    let mut opened = 0;
    while let Some(&place) = collector.open.get(opened) {
        opened += 1;
        collector.dependencies.end_lists_before(place);
        let node = collector.nodes[place as usize].clone();
        collector.open(&node, in_rows);
        collector.dependencies.end_list();
    }
    collector.dependencies.end_lists_before(index(collector.nodes.len()));
    let mut foreign: Vec<u32> = collector.foreign.into_values().collect();
    foreign.sort_unstable();
    Collected {
        nodes: collector.nodes,
        dependencies: collector.dependencies,
        foreign,
        calls: collector.calls,
        has_pure: collector.has_pure,
        has_costs: collector.has_costs,
        lanes: collector.lanes,
        rows: collector.rows,
    }
}

/// What is noted of a node when it is found, while it is at hand.
#[derive(Default)]
struct Collector {
    run: u32,
    nodes: Vec<SharedNode>,
    /// What each of the nodes depends on that were opened.
    dependencies: Edges,
    /// Places of nodes that may depend on others.
    open: Vec<u32>,
    rows: Vec<(u32, SlabArc<Row>)>,
    /// Nodes of other runs, by address.
    foreign: HashMap<usize, u32>,
    calls: u64,
    has_pure: bool,
    has_costs: bool,
    lanes: Lanes,
}

impl Collector {
    /// Finds what a node depends on.
    fn open(&mut self, node: &SharedNode, in_rows: bool) {
        let is_unseen = !node.header().is_looked_at();
        let nodes = node.takes_early().filter(|_| in_rows).unwrap_or(0);
        if nodes < row::FEWEST {
            return node.dependencies(&mut |dependency| self.depend_on(dependency, is_unseen));
        }
        let mut rest = 0;
        for stretch in node.rows(row::FEWEST) {
            let before = rest..stretch.nodes.start;
            rest = stretch.nodes.end;
            node.dependencies_of(before, &mut |dependency| self.depend_on(dependency, is_unseen));
            self.depend_on_row(node, stretch);
        }
        node.dependencies_of(rest..nodes, &mut |dependency| self.depend_on(dependency, is_unseen));
    }

    /// The node that is opened depends on this one.
    fn depend_on(&mut self, dependency: &dyn Dependency, is_unseen: bool) {
        if let Some(place) = self.place_of(dependency, is_unseen) {
            self.dependencies.push(place);
        }
    }

    /// The node that is opened depends on a row of those that it puts together.
    fn depend_on_row(&mut self, node: &SharedNode, stretch: Stretch) {
        let (place, calls) = (index(self.nodes.len()), stretch.nodes.len());
        self.lanes.push(stretch.place);
        self.calls += calls as u64;
        let row = Row::of(node, stretch);
        self.nodes.push(row.clone().see_as(|cell| cell as _));
        self.rows.push((place, row));
        self.dependencies.push(place);
    }

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
