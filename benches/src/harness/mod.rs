//! The harness: interleaved rounds, warm-up, checked results, medians, a table and JSON.

mod bench;
mod case;
mod measurement;
mod options;
mod report;
mod statistics;

pub use bench::{Bench, BenchError};
pub use case::Case;
pub use measurement::{Lap, Measurement, Stopwatch, Unit};
pub use options::Options;
