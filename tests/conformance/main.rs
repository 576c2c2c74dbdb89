//! What a user may rely on, each behaviour written once and run in every mode that has it.

#[macro_use]
mod modes;
mod workers;

mod balancing;
mod bounded_queue;
mod callbacks;
mod cancelling;
mod construction;
mod deadlocks;
mod on_demand;
mod order;
mod overlap;
mod panics;
mod pipelines;
mod restarts;
mod stopping;
mod waiting;
