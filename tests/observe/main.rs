//! What spans, metrics and hooks tell of calls.

#![allow(clippy::unwrap_used)] // a test fails by panicking
#![cfg(all(feature = "tracing", feature = "metrics", feature = "test-util", feature = "progress"))]

mod collected;
mod events;
mod logging;
mod metering;
mod service;
mod tracing_spans;
