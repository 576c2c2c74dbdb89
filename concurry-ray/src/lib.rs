//! Workers of concurry as actors on a Ray cluster.
//!
//! Users depend on the facade crate `concurry` with its feature `ray`, which re-exports what is meant
//! for them. How it works is in `docs/ray.md` of the repository.

#![forbid(unsafe_code)]
#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation

// In this order: each module builds on those above it.
mod protocol;

mod error;
mod options;

mod exchanges;
mod log_lines;
mod place;
mod returns;
mod window;

#[cfg(test)]
mod protocol_checks;

mod cluster;
mod pump;

mod connection;
mod pool;

pub use connection::RayConnection;
pub use error::RayError;
pub use options::{Placement, RayOptions};
pub use pool::RayWorkerOptions;
