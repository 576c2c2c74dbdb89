//! The nodes and edges of a graph, as they stand.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use concurry_core::Mode;

use crate::error::NodeName;
use crate::node::{AnyNode, Dependency, SharedNode, Stage};
use crate::plan::{Edges, index};

/// The nodes and edges of a graph, as they stand at the moment: from [`Lazy::graph`](crate::Lazy::graph).
///
/// Nodes are in topological order: each after what it depends on.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) nodes: Vec<GraphNode>,
    pub(crate) dependencies: Edges,
}

/// A node of a graph, for people.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GraphNode {
    /// The method that it calls, and its number.
    pub name: NodeName,
    /// Where its pool runs. `None` for what is no call: values put together, closures over them.
    pub mode: Option<Mode>,
    /// The pool that makes the call: pools are numbered as they are made. `None` for what is no call.
    pub pool: Option<u32>,
    /// How far it is.
    pub stage: Stage,
    /// What it is expected to take, if somebody said so.
    pub expected: Option<Duration>,
    /// How long it took, if it ran. Of very short calls that ran together, the mean.
    pub took: Option<Duration>,
    /// The worker that ran it, if that is known.
    pub worker: Option<usize>,
    /// How often its call was tried again.
    pub retries: u32,
}

impl Graph {
    pub(crate) fn of<'d>(roots: impl IntoIterator<Item = &'d dyn Dependency>) -> Self {
        let roots: Vec<SharedNode> = roots.into_iter().map(Dependency::node).collect();
        let (order, dependencies) = dependencies_first(roots);
        let nodes = order.iter().map(|node| GraphNode::of(&**node)).collect();
        Self { nodes, dependencies }
    }

    /// The nodes, each after what it depends on.
    #[must_use]
    pub fn nodes(&self) -> &[GraphNode] {
        &self.nodes
    }

    /// What a node depends on, as places among the nodes.
    ///
    /// # Panics
    ///
    /// If there is no such node.
    pub fn dependencies_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.dependencies.of(index(node)).iter().map(|&dependency| dependency as usize)
    }

    /// The longest path through the graph, as places among the nodes, by what each node took or is
    /// expected to take; of a node that nothing is known of, one millisecond if it is a call.
    #[must_use]
    pub fn critical_path(&self) -> Vec<usize> {
        // The length of the longest path that ends at each node, and the node before on it.
        let mut best: Vec<(f64, Option<usize>)> = Vec::with_capacity(self.nodes.len());
        for (place, node) in self.nodes.iter().enumerate() {
            let before = self
                .dependencies_of(place)
                .max_by(|&one, &other| best[one].0.total_cmp(&best[other].0));
            let length = before.map_or(0.0, |before| best[before].0);
            best.push((length + node.seconds(), before));
        }
        let last = (0..best.len()).max_by(|&one, &other| best[one].0.total_cmp(&best[other].0));
        let mut path: Vec<usize> = std::iter::successors(last, |&place| best[place].1).collect();
        path.reverse();
        path
    }

    /// How long the critical path is: no number of workers makes the graph faster.
    #[must_use]
    pub fn critical_time(&self) -> Duration {
        let seconds: f64 =
            self.critical_path().iter().map(|&place| self.nodes[place].seconds()).sum();
        Duration::from_secs_f64(seconds)
    }

    /// The edges of the critical path.
    pub(super) fn critical_edges(&self) -> HashSet<(usize, usize)> {
        self.critical_path().windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// The edges, as pairs of places among the nodes: what is depended on, and what depends on it.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.nodes.len()).flat_map(|node| {
            let dependencies = self.dependencies.of(index(node));
            dependencies.iter().map(move |&dependency| (dependency as usize, node))
        })
    }
}

impl GraphNode {
    /// What it took, or is expected to take.
    fn seconds(&self) -> f64 {
        let unknown = if self.mode.is_some() { 1e-3 } else { 0.0 };
        self.took.or(self.expected).map_or(unknown, |time| time.as_secs_f64())
    }

    fn of(node: &dyn AnyNode) -> Self {
        let header = node.header();
        let seconds = |seconds: f32| Duration::try_from_secs_f32(seconds).ok();
        Self {
            name: node.name(),
            mode: node.about().mode,
            pool: node.place().pool(),
            stage: header.stage(),
            expected: header.cost().and_then(seconds),
            took: header.took().and_then(seconds),
            worker: header.worker(),
            retries: header.retries(),
        }
    }
}

/// All nodes that the roots lead to, each after what it depends on. Without recursion: graphs are
/// deep.
fn dependencies_first(roots: Vec<SharedNode>) -> (Vec<SharedNode>, Edges) {
    let address = |node: &SharedNode| node.address();
    // Places in the order in which nodes are found, then in the order that is asked for.
    let mut places: HashMap<usize, u32> = HashMap::new();
    let mut found: Vec<SharedNode> = Vec::new();
    let mut edges = Edges::new();
    for root in roots {
        places.entry(address(&root)).or_insert_with(|| {
            found.push(root);
            index(found.len() - 1)
        });
    }
    let mut current = 0;
    while let Some(node) = found.get(current).cloned() {
        node.dependencies(&mut |dependency| {
            let node = dependency.node();
            let place = *places.entry(address(&node)).or_insert_with(|| {
                found.push(node);
                index(found.len() - 1)
            });
            edges.push(place);
        });
        edges.end_list();
        current += 1;
    }
    let order = crate::plan::merge::dependencies_first(&edges);
    let mut place_in_order = vec![0; order.len()];
    for (place, &node) in order.iter().enumerate() {
        place_in_order[node as usize] = index(place);
    }
    let mut ordered = Edges::new();
    for &node in &order {
        edges.of(node).iter().for_each(|&other| ordered.push(place_in_order[other as usize]));
        ordered.end_list();
    }
    let nodes = order.iter().map(|&node| found[node as usize].clone()).collect();
    (nodes, ordered)
}
