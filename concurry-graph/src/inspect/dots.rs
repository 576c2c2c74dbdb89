//! Where the nodes of a large graph stand: as dots, in a picture that fits on a screen.
//!
//! A layer with many nodes is folded into several columns, and a graph with many layers into several
//! bands, one below the other. Over the layers stands which methods they call.

use std::collections::BTreeMap;

use super::Graph;
use super::layout::Layout;

/// Between two dots of a layer, in pixels.
const STEP: f64 = 14.0;
/// Between two layers: of few layers, so that captions have room, and of many.
const GAPS: (f64, f64) = (84.0, 26.0);
/// So many layers are few.
const FEW_LAYERS: usize = 16;
/// Layers of a band.
const BAND: usize = 64;
/// A layer of so many nodes is not folded.
const SHORT: usize = 30;
/// What a caption has over its layer, and the room of its text.
const CAPTION: (f64, f64) = (30.0, 80.0);
/// The width of a letter of a caption.
const LETTER: f64 = 6.5;

/// Where the dots stand, in pixels from the top left.
pub(super) struct Dots {
    pub(super) at: Vec<(f64, f64)>,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Two lines of text each, with the place of the first.
    pub(super) captions: Vec<(f64, f64, [String; 2])>,
}

impl Dots {
    pub(super) fn of(graph: &Graph, layout: &Layout) -> Self {
        let members = members(layout);
        let longest = members.iter().map(Vec::len).max().unwrap_or(0);
        let rows = ((graph.nodes().len() as f64).sqrt() * 1.2).ceil().max(SHORT as f64) as usize;
        let folded = longest > rows;
        let gap = if layout.layers <= FEW_LAYERS { GAPS.0 } else { GAPS.1 };
        let mut dots = Self {
            at: vec![(0.0, 0.0); graph.nodes().len()],
            width: 0.0,
            height: 0.0,
            captions: Vec::new(),
        };
        for band in members.chunks(BAND) {
            let top = dots.height + CAPTION.0;
            let heights = band.iter().flatten().map(|&node| layout.height[node]);
            let highest = heights.clone().fold(f64::INFINITY, f64::min);
            let columns_of = |layer: &[usize]| match folded {
                true => layer.len().div_ceil(rows).max(1),
                false => 1,
            };
            let rows_of = |layer: &Vec<usize>| layer.len().div_ceil(columns_of(layer));
            let band_rows = match folded {
                true => band.iter().map(rows_of).max().unwrap_or(0) as f64,
                false => heights.fold(0.0, f64::max) - highest + 1.0,
            };
            let (mut x, mut captioned) = (0.0, f64::NEG_INFINITY);
            let mut said = None;
            for layer in band {
                let (columns, column_rows) = (columns_of(layer), rows_of(layer));
                for (place, &node) in layer.iter().enumerate() {
                    let (column, row) = (place / column_rows.max(1), place % column_rows.max(1));
                    let row = match folded {
                        true => row as f64 + (band_rows - column_rows as f64) / 2.0,
                        false => layout.height[node] - highest,
                    };
                    dots.at[node] = (x + column as f64 * STEP, top + row * STEP);
                }
                let room = (columns - 1) as f64 * STEP + gap;
                let caption = caption(graph, layer, room);
                if said.as_ref() != Some(&caption) && x - captioned >= CAPTION.1 {
                    dots.captions.push((x, top - CAPTION.0, caption.clone()));
                    (captioned, said) = (x, Some(caption));
                }
                x += room;
            }
            dots.width = dots.width.max(x - gap + CAPTION.1);
            dots.height = top + band_rows * STEP + STEP;
        }
        dots
    }
}

/// The nodes of each layer, from the top.
fn members(layout: &Layout) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); layout.layers];
    for (node, &layer) in layout.layer.iter().enumerate() {
        members[layer].push(node);
    }
    for layer in &mut members {
        layer.sort_by(|&a, &b| layout.height[a].total_cmp(&layout.height[b]));
    }
    members
}

/// The method that most nodes of a layer call, and how many nodes there are.
fn caption(graph: &Graph, layer: &[usize], room: f64) -> [String; 2] {
    let letters = (room.max(CAPTION.1) / LETTER) as usize;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for &node in layer {
        *counts.entry(graph.nodes()[node].name.method()).or_default() += 1;
    }
    let (methods, most) = (counts.len(), counts.into_iter().max_by_key(|(_, count)| *count));
    let method = most.map_or("", |(method, _)| method);
    let more = if methods > 1 { "…" } else { "" };
    [format!("{}{more}", super::svg::shortened(method, letters)), format!("× {}", layer.len())]
}
