//! Process mode: each worker is this executable, started again.
//!
//! A thread for each worker (`link.rs`) starts its process (`child.rs`), sends it calls ahead
//! (`window.rs` says how many), hands its results on, and starts it again when it dies
//! (`watch.rs` says when it is killed). What the processes print comes out here line by line (`output.rs`).

mod bell;
mod child;
mod connection;
mod end;
mod factory;
mod feed;
mod handover;
mod lending;
mod line;
mod link;
mod notes;
mod options;
mod output;
mod recycle;
mod visit;
mod wake;
mod watch;
mod window;

pub(crate) use factory::Processes;
pub use options::{ProcessOptions, ProcessWorkerOptions};
