//! A graph as a picture that every browser shows.

use std::fmt::{self, Write as _};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::colours::{Colouring, Legend};
use super::layout::Layout;
use super::{ColourBy, Graph, GraphNode};

/// Up to so many rows, nodes are boxes with their names; beyond, dots that name themselves when the
/// pointer is over them.
const ROWS_OF_BOXES: f64 = 80.0;
/// The same for layers.
const LAYERS_OF_BOXES: usize = 60;
const BOX: (f64, f64) = (150.0, 34.0);
const BOX_STEP: (f64, f64) = (210.0, 50.0);
const DOT: f64 = 5.0;
const DOT_STEP: (f64, f64) = (46.0, 14.0);
const MARGIN: f64 = 24.0;
const LEGEND: f64 = 44.0;

impl Graph {
    /// Writes the graph as an SVG picture: from left to right, boxes with names up to about a hundred
    /// nodes, dots with tooltips beyond. After a run it is coloured by how far each node is.
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
    layout: Layout,
    colouring: Colouring,
    boxes: bool,
}

impl<'g> Picture<'g> {
    fn new(graph: &'g Graph, colour_by: ColourBy) -> Self {
        let layout = Layout::of(graph);
        let boxes = layout.rows <= ROWS_OF_BOXES && layout.layers <= LAYERS_OF_BOXES;
        Self { graph, layout, colouring: Colouring::new(graph, colour_by), boxes }
    }

    fn step(&self) -> (f64, f64) {
        if self.boxes { BOX_STEP } else { DOT_STEP }
    }

    fn size(&self) -> (f64, f64) {
        if self.boxes { BOX } else { (2.0 * DOT, 2.0 * DOT) }
    }

    /// The middle of a node.
    fn middle(&self, node: usize) -> (f64, f64) {
        let ((step_x, step_y), (width, height)) = (self.step(), self.size());
        let x = MARGIN + width / 2.0 + self.layout.layer[node] as f64 * step_x;
        let y = MARGIN + height / 2.0 + self.layout.height[node] * step_y;
        (x, y)
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        let ((step_x, step_y), (width, height)) = (self.step(), self.size());
        let layers = self.layout.layers.max(1) as f64;
        let whole_width = (2.0 * MARGIN + width + (layers - 1.0) * step_x).max(420.0);
        let body = 2.0 * MARGIN + height + (self.layout.rows - 1.0).max(0.0) * step_y;
        let whole_height = body + LEGEND;
        writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole_width:.0}\" \
             height=\"{whole_height:.0}\" viewBox=\"0 0 {whole_width:.0} {whole_height:.0}\" \
             font-family=\"ui-sans-serif, system-ui, sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
        )?;
        self.write_edges(out)?;
        for (place, node) in self.graph.nodes().iter().enumerate() {
            self.write_node(out, place, node)?;
        }
        write_legend(out, &self.colouring.legend(), body)?;
        writeln!(out, "</svg>")
    }

    fn write_edges(&self, out: &mut String) -> fmt::Result {
        let critical = self.graph.critical_edges();
        let (width, _) = self.size();
        writeln!(out, "<g fill=\"none\">")?;
        for edge @ (from, to) in self.graph.edges() {
            let ((from_x, from_y), (to_x, to_y)) = (self.middle(from), self.middle(to));
            let (start, end) = (from_x + width / 2.0, to_x - width / 2.0);
            let bend = f64::midpoint(start, end);
            let (colour, thickness) = match critical.contains(&edge) {
                true => ("#334155", 2.0),
                false => ("#94a3b8", if self.boxes { 1.2 } else { 0.5 }),
            };
            writeln!(
                out,
                "<path d=\"M{start:.1} {from_y:.1}C{bend:.1} {from_y:.1} {bend:.1} {to_y:.1} \
                 {end:.1} {to_y:.1}\" stroke=\"{colour}\" stroke-width=\"{thickness}\"/>"
            )?;
        }
        writeln!(out, "</g>")
    }

    fn write_node(&self, out: &mut String, place: usize, node: &GraphNode) -> fmt::Result {
        let ((x, y), (width, height)) = (self.middle(place), self.size());
        let colour = self.colouring.of(node);
        let tip = escaped(&describe(node));
        let auxiliary = node.mode.is_none();
        writeln!(out, "<g><title>{tip}</title>")?;
        if !self.boxes || auxiliary {
            let radius = if auxiliary { height.min(12.0) / 2.5 } else { DOT };
            writeln!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\" fill=\"{colour}\" \
                 stroke=\"#475569\" stroke-width=\"0.8\"/>"
            )?;
            if self.boxes {
                let text = escaped(node.name.method());
                let y = y + height / 2.0;
                writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"10\" \
                     fill=\"#64748b\">{text}</text>"
                )?;
                // The line goes through to the dot.
                let (left, right) = (x - width / 2.0, x + width / 2.0);
                writeln!(
                    out,
                    "<path d=\"M{left:.1} {y0:.1}H{right:.1}\" stroke=\"#94a3b8\" \
                     stroke-width=\"1.2\" opacity=\"0.6\"/>",
                    y0 = self.middle(place).1
                )?;
            }
            return writeln!(out, "</g>");
        }
        let (left, top) = (x - width / 2.0, y - height / 2.0);
        let (first, second) = (shortened(node.name.method(), 20), second_line(node));
        writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width}\" height=\"{height}\" rx=\"6\" \
             fill=\"{colour}\" stroke=\"#475569\" stroke-width=\"0.8\"/>\n\
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

fn write_legend(out: &mut String, legend: &Legend, top: f64) -> fmt::Result {
    let mut x = MARGIN;
    let y = top + 8.0;
    for (colour, text) in &legend.0 {
        writeln!(
            out,
            "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{colour}\" \
             stroke=\"#475569\" stroke-width=\"0.8\"/><text x=\"{tx:.0}\" y=\"{ty:.0}\" \
             fill=\"#334155\">{text}</text>",
            tx = x + 18.0,
            ty = y + 10.5,
            text = escaped(text)
        )?;
        x += 34.0 + 6.6 * text.chars().count() as f64;
    }
    Ok(())
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

fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
