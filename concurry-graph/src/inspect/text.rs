//! A graph for Graphviz and for a terminal.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use super::Graph;
use super::svg::short;

/// A terminal shows so many nodes; the rest is counted.
const MOST_LINES: usize = 100;

impl Graph {
    /// Writes the graph in the language of Graphviz.
    ///
    /// # Errors
    ///
    /// What the system says when the file can't be written.
    pub fn write_dot(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, self.dot())
    }

    /// The graph in the language of Graphviz.
    ///
    /// ```
    /// use concurry_graph::Lazy;
    ///
    /// let dot = Lazy::value(1).map(|n| n + 1).graph().dot();
    /// assert!(dot.contains("0 -> 1"));
    /// ```
    #[must_use]
    pub fn dot(&self) -> String {
        let mut text =
            String::from("digraph {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
        for (place, node) in self.nodes().iter().enumerate() {
            let name = node.name.to_string().replace('\\', "\\\\").replace('"', "\\\"");
            let shape = if node.mode.is_none() { ", shape=ellipse" } else { "" };
            // Writing into a string does not fail.
            let _ = writeln!(text, "  {place} [label=\"{name}\\n{}\"{shape}];", node.stage);
        }
        for (from, to) in self.edges() {
            let _ = writeln!(text, "  {from} -> {to};");
        }
        text.push_str("}\n");
        text
    }
}

/// A line for each node, with what it depends on; of large graphs the first hundred.
impl std::fmt::Display for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (nodes, edges) = (self.nodes().len(), self.edges().count());
        let longest = self.critical_path().len();
        writeln!(f, "{nodes} nodes, {edges} edges, {longest} on the critical path")?;
        let width = nodes.saturating_sub(1).to_string().len();
        for (place, node) in self.nodes().iter().take(MOST_LINES).enumerate() {
            write!(f, "{place:width$}  {:<9} {}", node.stage.to_string(), node.name)?;
            if let Some(took) = node.took {
                write!(f, "  {}", short(took))?;
            }
            let dependencies: Vec<String> =
                self.dependencies_of(place).map(|place| place.to_string()).collect();
            if !dependencies.is_empty() {
                write!(f, "  <- {}", dependencies.join(" "))?;
            }
            writeln!(f)?;
        }
        match nodes.checked_sub(MOST_LINES) {
            Some(more) if more > 0 => writeln!(f, "… and {more} more"),
            _ => Ok(()),
        }
    }
}
