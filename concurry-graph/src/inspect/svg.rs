//! A graph as a picture that every browser shows.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::colours::{Colouring, Legend};
use super::dots::Dots;
use super::layout::Layout;
use super::{ColourBy, Graph, GraphNode};
use crate::node::Stage;

/// Up to so many rows, nodes are boxes with their names; beyond, dots that name themselves when the
/// pointer is over them.
const ROWS_OF_BOXES: f64 = 80.0;
/// The same for layers.
const LAYERS_OF_BOXES: usize = 60;
const BOX: (f64, f64) = (166.0, 34.0);
const BOX_STEP: (f64, f64) = (226.0, 50.0);
/// How large what only puts values together is among boxes.
const SMALL: f64 = 5.0;
const DOT: f64 = 5.0;
const MARGIN: f64 = 24.0;
/// A line of text over the picture, and one below.
const TITLE: f64 = 22.0;
const LEGEND: f64 = 44.0;
/// Of the edges of the critical path, and of the others.
const COLOURS: (&str, &str) = ("#ea580c", "#94a3b8");

impl Graph {
    /// Writes the graph as an SVG picture: from left to right, boxes with names up to about a hundred
    /// nodes; beyond, dots with tooltips, with the methods over them, folded so that a thousand fit on a
    /// screen. The critical path is orange. After a run it is coloured by how far each node is.
    ///
    /// ```
    /// use concurry_graph::Lazy;
    ///
    /// let sum = Lazy::join([Lazy::value(1), Lazy::value(2)]).map(|[a, b]| a + b);
    /// let file = std::env::temp_dir().join("graph.svg");
    /// sum.graph().write_svg(&file)?;
    /// assert!(std::fs::read_to_string(&file)?.starts_with("<svg"));
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the system says when the file can't be written.
    pub fn write_svg(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, self.svg(ColourBy::Stage))
    }

    /// The picture as text, with colours of your choice.
    #[must_use]
    pub fn svg(&self, colour_by: ColourBy) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = Picture::new(self, colour_by).write(&mut text);
        text
    }
}

struct Picture<'g> {
    graph: &'g Graph,
    colouring: Colouring,
    /// The middle of each node.
    at: Vec<(f64, f64)>,
    /// As boxes and not as dots.
    boxes: bool,
    captions: Vec<(f64, f64, [String; 2])>,
    /// Where edges pass between nodes of layers that they pass by.
    passes: HashMap<(usize, usize), Vec<(f64, f64)>>,
    /// The nodes of the critical path.
    critical: HashSet<usize>,
    width: f64,
    height: f64,
}

impl<'g> Picture<'g> {
    fn new(graph: &'g Graph, colour_by: ColourBy) -> Self {
        let layout = Layout::of(graph);
        let boxes = layout.rows <= ROWS_OF_BOXES && layout.layers <= LAYERS_OF_BOXES;
        let colouring = Colouring::new(graph, colour_by);
        let critical = graph.critical_path().into_iter().collect();
        let (left, top) = (MARGIN, MARGIN + TITLE);
        if boxes {
            let ((width, height), (step_x, step_y)) = (BOX, BOX_STEP);
            let point = |layer: usize, row: f64| {
                let x = left + width / 2.0 + layer as f64 * step_x;
                (x, top + height / 2.0 + row * step_y)
            };
            let middle = |node: usize| point(layout.layer[node], layout.height[node]);
            let at = (0..graph.nodes().len()).map(middle).collect();
            let pass = |(&edge, rows): (&(usize, usize), &Vec<f64>)| {
                let layers = layout.layer[edge.0] + 1..;
                (edge, layers.zip(rows).map(|(layer, &row)| point(layer, row)).collect())
            };
            let passes = layout.passes.iter().map(pass).collect();
            let width = 2.0 * left + width + (layout.layers.max(1) - 1) as f64 * step_x;
            let height = top + height + (layout.rows - 1.0).max(0.0) * step_y + MARGIN;
            let captions = Vec::new();
            return Self { graph, colouring, at, boxes, captions, passes, critical, width, height };
        }
        let Dots { at, width, height, captions } = Dots::of(graph, &layout);
        let (left, top) = (left + DOT, top + DOT);
        let at = at.into_iter().map(|(x, y)| (x + left, y + top)).collect();
        let (width, height) = (width + 2.0 * left, height + top + MARGIN);
        let captions = captions.into_iter().map(|(x, y, text)| (x + left, y + top, text)).collect();
        let passes = HashMap::new();
        Self { graph, colouring, at, boxes, captions, passes, critical, width, height }
    }

    fn is_box(&self, place: usize) -> bool {
        self.boxes && self.graph.nodes()[place].mode.is_some()
    }

    /// How far it is from the middle of a node to where its edges begin and end.
    fn reach(&self, place: usize) -> f64 {
        match (self.is_box(place), self.boxes) {
            (true, _) => BOX.0 / 2.0,
            (false, true) => SMALL,
            (false, false) => DOT,
        }
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let (width, height) = (self.width.max(560.0), self.height + LEGEND);
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" \
             height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             font-family=\"ui-sans-serif, system-ui, sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"{MARGIN}\" y=\"{MARGIN}\" fill=\"#334155\">{}</text>",
            escaped(&summary(self.graph))
        )?;
        for (x, y, [first, second]) in &self.captions {
            writeln!(
                out,
                "<text x=\"{x:.0}\" y=\"{y1:.0}\" font-size=\"10\" fill=\"#334155\">{}</text>\
                 <text x=\"{x:.0}\" y=\"{y2:.0}\" font-size=\"10\" fill=\"#64748b\">{}</text>",
                escaped(first),
                escaped(second),
                y1 = y + 6.0,
                y2 = y + 17.0,
            )?;
        }
        self.write_edges(out)?;
        for (place, node) in self.graph.nodes().iter().enumerate() {
            self.write_node(out, place, node)?;
        }
        write_legend(out, &self.colouring.legend(), self.height)?;
        writeln!(out, "</svg>")
    }

    fn write_edges(&self, out: &mut String) -> fmt::Result {
        let critical = self.graph.critical_edges();
        let (ours, others): (Vec<_>, Vec<_>) =
            self.graph.edges().partition(|edge| critical.contains(edge));
        // Of very many each is fainter.
        let opacity = if self.boxes { 1.0 } else { (800.0 / others.len() as f64).clamp(0.15, 0.8) };
        let thickness = if self.boxes { 1.2 } else { 0.6 };
        self.write_paths(out, &others, COLOURS.1, thickness, opacity)?;
        self.write_paths(out, &ours, COLOURS.0, 2.0, 1.0)
    }

    fn write_paths(
        &self,
        out: &mut String,
        edges: &[(usize, usize)],
        colour: &str,
        thickness: f64,
        opacity: f64,
    ) -> fmt::Result {
        writeln!(
            out,
            "<g fill=\"none\" stroke=\"{colour}\" stroke-width=\"{thickness}\" \
             opacity=\"{opacity:.2}\">"
        )?;
        for &(from, to) in edges {
            let ((x, mut y), (to_x, to_y)) = (self.at[from], self.at[to]);
            let mut x = x + self.reach(from);
            write!(out, "<path d=\"M{x:.1} {y:.1}")?;
            for &(pass_x, pass_y) in self.passes.get(&(from, to)).into_iter().flatten() {
                write_curve(out, (x, y), (pass_x - BOX.0 / 2.0, pass_y))?;
                (x, y) = (pass_x + BOX.0 / 2.0, pass_y);
                write!(out, "H{x:.1}")?;
            }
            write_curve(out, (x, y), (to_x - self.reach(to), to_y))?;
            writeln!(out, "\"/>")?;
        }
        writeln!(out, "</g>")
    }

    fn write_node(&self, out: &mut String, place: usize, node: &GraphNode) -> fmt::Result {
        let (x, y) = self.at[place];
        let colour = self.colouring.of(node);
        let tip = escaped(&describe(node));
        let (outline, thickness) = match self.critical.contains(&place) {
            true => (COLOURS.0, 1.8),
            false => ("#475569", 0.8),
        };
        writeln!(out, "<g><title>{tip}</title>")?;
        if !self.is_box(place) {
            let radius = self.reach(place);
            writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{colour}\" \
                 stroke=\"{outline}\" stroke-width=\"{thickness}\"/>"
            )?;
            if self.boxes {
                let (text, below) = (escaped(node.name.method()), y + BOX.1 / 2.0);
                writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{below:.1}\" text-anchor=\"middle\" font-size=\"10\" \
                     fill=\"#64748b\">{text}</text>"
                )?;
            }
            return writeln!(out, "</g>");
        }
        let (width, height) = BOX;
        let (left, top) = (x - width / 2.0, y - height / 2.0);
        let (first, second) = (shortened(node.name.method(), 20), second_line(node));
        writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width}\" height=\"{height}\" rx=\"6\" \
             fill=\"{colour}\" stroke=\"{outline}\" stroke-width=\"{thickness}\"/>\n\
             <text x=\"{x:.1}\" y=\"{y1:.1}\" text-anchor=\"middle\" font-weight=\"600\" \
             fill=\"#0f172a\">{first}</text>\n\
             <text x=\"{x:.1}\" y=\"{y2:.1}\" text-anchor=\"middle\" font-size=\"10\" \
             fill=\"#334155\">{second}</text>\n</g>",
            first = escaped(&first),
            second = escaped(&second),
            y1 = y - 2.0,
            y2 = y + 11.0,
        )
    }
}

/// A curve that begins and ends level.
fn write_curve(out: &mut String, (x, y): (f64, f64), (to_x, to_y): (f64, f64)) -> fmt::Result {
    let bend = f64::midpoint(x, to_x);
    write!(out, "C{bend:.1} {y:.1} {bend:.1} {to_y:.1} {to_x:.1} {to_y:.1}")
}

fn write_legend(out: &mut String, legend: &Legend, top: f64) -> fmt::Result {
    let mut x = MARGIN;
    let y = top + 8.0;
    for (colour, text) in &legend.0 {
        writeln!(
            out,
            "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"12\" height=\"12\" rx=\"2\" fill=\"{colour}\" \
             stroke=\"#475569\" stroke-width=\"0.8\"/><text x=\"{tx:.0}\" y=\"{ty:.0}\" \
             fill=\"#334155\">{text}</text>",
            tx = x + 18.0,
            ty = y + 10.5,
            text = escaped(text)
        )?;
        // The shades of a scale touch each other.
        x += match text.chars().count() {
            0 => 12.0,
            length => 34.0 + 6.6 * length as f64,
        };
    }
    Ok(())
}

/// What there is to say of the whole.
fn summary(graph: &Graph) -> String {
    let (nodes, edges) = (graph.nodes().len(), graph.edges().count());
    let path = graph.critical_path().len();
    let mut text = format!("{nodes} nodes, {edges} edges, {path} on the critical path");
    let known = graph.nodes().iter().any(|node| node.took.or(node.expected).is_some());
    if known {
        let _ = write!(text, " ({})", short(graph.critical_time()));
    }
    let failed = graph.nodes().iter().filter(|node| node.stage == Stage::Failed).count();
    if failed > 0 {
        let _ = write!(text, ", {failed} failed");
    }
    let retries: u32 = graph.nodes().iter().map(|node| node.retries).sum();
    if retries > 0 {
        let _ = write!(text, ", {retries} retries");
    }
    text
}

/// Everything that is known of a node.
fn describe(node: &GraphNode) -> String {
    let mut text = node.name.to_string();
    if let Some(mode) = node.mode {
        let _ = write!(text, "\n{mode} mode");
    }
    let _ = write!(text, "\n{}", node.stage);
    if let Some(expected) = node.expected {
        let _ = write!(text, "\nexpected {}", short(expected));
    }
    if let Some(took) = node.took {
        let _ = write!(text, "\ntook {}", short(took));
    }
    if let Some(worker) = node.worker {
        let _ = write!(text, "\nworker {worker}");
        if let Some(pool) = node.pool {
            let _ = write!(text, " of pool {pool}");
        }
    }
    if node.retries > 0 {
        let _ = write!(text, "\n{} retries", node.retries);
    }
    text
}

fn second_line(node: &GraphNode) -> String {
    let worker = shortened(node.name.worker(), 16);
    match (node.took, node.expected) {
        (Some(took), _) => format!("{worker} · {}", short(took)),
        (None, Some(expected)) => format!("{worker} · ~{}", short(expected)),
        (None, None) => worker,
    }
}

/// A time in at most six characters.
pub(super) fn short(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        s if s >= 100.0 => format!("{s:.0} s"),
        s if s >= 1.0 => format!("{s:.1} s"),
        s if s >= 1e-3 => format!("{:.1} ms", s * 1e3),
        s if s >= 1e-6 => format!("{:.1} µs", s * 1e6),
        s => format!("{:.0} ns", s * 1e9),
    }
}

pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
