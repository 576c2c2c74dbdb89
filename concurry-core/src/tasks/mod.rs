//! Functions as workers: pools of closures, and data-parallel maps over plain functions.

mod closures;
#[cfg(feature = "rayon")]
mod pages_ahead;
#[cfg(feature = "rayon")]
mod parallel;
#[cfg(feature = "rayon")]
mod pieces;
#[cfg(feature = "rayon")]
mod stretch;
mod task_map;

pub use closures::{TaskPool, TaskPoolOptions, Tasks};
pub use task_map::TaskMap;
