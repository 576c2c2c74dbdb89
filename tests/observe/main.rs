//! What spans, metrics and hooks tell of calls.

#![cfg(all(feature = "tracing", feature = "metrics", feature = "test-util", feature = "progress"))]

mod collected;
mod events;
mod logging;
mod metering;
mod service;
mod tracing_spans;
