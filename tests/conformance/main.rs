//! What a user may rely on, each behaviour written once and run in every mode that has it.

#![allow(clippy::unwrap_used)] // a test fails by panicking

#[macro_use]
mod modes;
mod workers;

mod bad_options;
mod balancing;
mod batching;
mod bounded_queue;
mod breakers;
mod callbacks;
mod cancelling;
mod construction;
mod counted;
mod deadlines;
mod deadlocks;
mod dedup;
mod functions;
mod gathering;
mod hedging;
mod inside_runtimes;
mod late;
mod leaks;
mod limits;
mod mapping;
mod nesting;
mod on_demand;
mod order;
mod overlap;
mod panics;
mod parallel_maps;
mod pipelines;
mod restarts;
mod retries;
mod runtimes;
mod stopping;
mod storms;
mod surroundings;
mod waiting;
mod waits;
