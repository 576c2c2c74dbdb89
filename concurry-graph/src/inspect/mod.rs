//! Looking at a graph: before a run, or after it.

mod colours;
mod dots;
mod graph;
mod layout;
mod svg;
mod text;

pub use colours::ColourBy;
pub use graph::{Graph, GraphNode};
