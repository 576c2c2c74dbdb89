//! Where the nodes of a graph stand in a picture: in layers, from left to right.
//!
//! The layered method of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical
//! system structures", 1981), in its simplest useful form: a node's layer is the length of the longest
//! path to it; within the layers nodes are sorted by the mean place of their neighbours, to and fro a
//! few times, which takes most crossings away; then each is drawn towards the mean height of its
//! neighbours, as far as the distance to the next allows. An edge that passes layers by has a stand-in
//! in each of them, so that it does not run behind the nodes there.

use std::collections::HashMap;

use super::Graph;

/// Sweeps to and fro. More change little.
const SWEEPS: usize = 8;
/// The least distance between two nodes of a layer.
const GAP: f64 = 1.0;

/// With more than so many stand-ins a picture is no clearer than without.
const MOST_STAND_INS: usize = 500;

/// Where each node stands.
pub(super) struct Layout {
    /// The layer, from the left.
    pub(super) layer: Vec<usize>,
    /// The height, in nodes, from the top.
    pub(super) height: Vec<f64>,
    /// How many layers there are.
    pub(super) layers: usize,
    /// How high it is, in nodes.
    pub(super) rows: f64,
    /// The heights at which an edge passes layers by.
    pub(super) passes: HashMap<(usize, usize), Vec<f64>>,
}

impl Layout {
    pub(super) fn of(graph: &Graph) -> Self {
        let count = graph.nodes().len();
        let mut before = vec![Vec::new(); count];
        let mut after = vec![Vec::new(); count];
        for (from, to) in graph.edges() {
            before[to].push(from);
            after[from].push(to);
        }
        let mut layer = layers(&before, &after);
        let layers = layer.iter().max().map_or(0, |last| last + 1);
        let stand_ins = stand_ins(graph, &mut layer, &mut before, &mut after);
        let mut members = vec![Vec::new(); layers];
        for (node, &layer) in layer.iter().enumerate() {
            members[layer].push(node);
        }
        let mut height = vec![0.0; layer.len()];
        number(&members, &mut height);
        for sweep in 0..SWEEPS {
            let forward = sweep % 2 == 0;
            let neighbours = if forward { &before } else { &after };
            for step in 0..layers {
                let members = &mut members[if forward { step } else { layers - 1 - step }];
                let mean = |node: usize| mean(&neighbours[node], &height);
                let key = |node: usize| mean(node).unwrap_or(height[node]);
                members.sort_by(|&a, &b| key(a).total_cmp(&key(b)));
                for (place, &node) in members.iter().enumerate() {
                    height[node] = place as f64;
                }
            }
        }
        number(&members, &mut height);
        for sweep in 0..SWEEPS {
            let neighbours = if sweep % 2 == 0 { &before } else { &after };
            for step in 0..layers {
                let step = if sweep % 2 == 0 { step } else { layers - 1 - step };
                straighten(&members[step], neighbours, &mut height);
            }
        }
        let top = height.iter().copied().fold(f64::INFINITY, f64::min);
        height.iter_mut().for_each(|height| *height -= top);
        let rows = height.iter().copied().fold(0.0, f64::max) + 1.0;
        let pass = |(edge, nodes): (_, Vec<usize>)| {
            (edge, nodes.into_iter().map(|node| height[node]).collect())
        };
        let passes = stand_ins.into_iter().map(pass).collect();
        layer.truncate(count);
        height.truncate(count);
        Self { layer, height, layers, rows, passes }
    }
}

/// The length of the longest path to each node; what has nothing before it stands close to what needs
/// it.
fn layers(before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut layer = vec![0_usize; before.len()];
    // Nodes are in topological order.
    for node in 0..before.len() {
        layer[node] = before[node].iter().map(|&other| layer[other] + 1).max().unwrap_or(0);
    }
    for node in 0..before.len() {
        if before[node].is_empty()
            && let Some(next) = after[node].iter().map(|&other| layer[other]).min()
        {
            layer[node] = next.saturating_sub(1);
        }
    }
    layer
}

/// Puts a node into each layer that an edge passes by. Gives the nodes of each such edge.
fn stand_ins(
    graph: &Graph,
    layer: &mut Vec<usize>,
    before: &mut Vec<Vec<usize>>,
    after: &mut Vec<Vec<usize>>,
) -> HashMap<(usize, usize), Vec<usize>> {
    let long: Vec<_> = graph.edges().filter(|&(from, to)| layer[to] > layer[from] + 1).collect();
    let needed: usize = long.iter().map(|&(from, to)| layer[to] - layer[from] - 1).sum();
    let mut stand_ins = HashMap::new();
    if needed > MOST_STAND_INS {
        return stand_ins;
    }
    for edge @ (from, to) in long {
        if stand_ins.contains_key(&edge) {
            continue;
        }
        before[to].retain(|&other| other != from);
        after[from].retain(|&other| other != to);
        let first = layer.len();
        let mut last = from;
        for passed in layer[from] + 1..layer[to] {
            let node = layer.len();
            layer.push(passed);
            before.push(vec![last]);
            after.push(Vec::new());
            after[last].push(node);
            last = node;
        }
        after[last].push(to);
        before[to].push(last);
        stand_ins.insert(edge, (first..layer.len()).collect());
    }
    stand_ins
}

/// Puts the members of each layer under each other, all layers around the same middle.
fn number(members: &[Vec<usize>], height: &mut [f64]) {
    for layer in members {
        let middle = (layer.len() as f64 - 1.0) / 2.0;
        for (place, &node) in layer.iter().enumerate() {
            height[node] = (place as f64 - middle) * GAP;
        }
    }
}

fn mean(nodes: &[usize], height: &[f64]) -> Option<f64> {
    let sum: f64 = nodes.iter().map(|&node| height[node]).sum();
    (!nodes.is_empty()).then(|| sum / nodes.len() as f64)
}

/// Moves each node towards the mean of its neighbours, and keeps order and distance: what was moved
/// down pushes the next; then the whole is pulled back by half of what that cost.
fn straighten(members: &[usize], neighbours: &[Vec<usize>], height: &mut [f64]) {
    let wanted: Vec<f64> = members
        .iter()
        .map(|&node| mean(&neighbours[node], height).unwrap_or(height[node]))
        .collect();
    let (mut down, mut up) = (wanted.clone(), wanted.clone());
    for place in 1..members.len() {
        down[place] = down[place].max(down[place - 1] + GAP);
    }
    for place in (1..members.len()).rev() {
        up[place - 1] = up[place - 1].min(up[place] - GAP);
    }
    for (place, &node) in members.iter().enumerate() {
        height[node] = f64::midpoint(down[place], up[place]);
    }
}
