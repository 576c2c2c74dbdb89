//! The names of a first program: `use concurry::prelude::*;`.

pub use concurry_core::progress::ProgressBar;
pub use concurry_core::{
    CallContext, CallError, CallOptions, Mode, ReturnWhen, TaskFuture, TaskPool, WorkerHandle,
    WorkerOptions, gather, gather_map, wait,
};
#[cfg(feature = "process")]
pub use concurry_core::{Shared, process::ProcessWorkerOptions};
pub use concurry_derive::{Worker, resilient, task, worker};
#[cfg(feature = "graph")]
pub use concurry_graph::{Lazy, LazyHandle, compute, compute_async, eager};
pub use concurry_limits::{
    CallLimit, LimitPool, LimitSet, LoadBalance, RateAlgorithm, RateLimit, ResourceLimit,
};
#[cfg(feature = "ray")]
pub use concurry_ray::{RayOptions, RayWorkerOptions};
pub use concurry_retry::{
    CircuitBreaker, Hedge, Jitter, Race, RetryBudget, RetryPolicy, Retryable, Verdict, redundant,
};
