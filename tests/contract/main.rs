//! The programs that users are promised, as they are written in the guides: they compile and run.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod collecting;
mod defaults;
mod functions;
mod futures;
mod graphs;
mod limits;
mod llm;
mod resilience;
mod workers;
