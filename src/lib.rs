#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

extern crate self as concurry;

pub mod prelude;
#[cfg(feature = "test-util")]
pub mod testing;

/// The layered defaults of pools.
pub use concurry_core::config;
/// What a long run has done, so that it can go on after it was killed.
#[cfg(feature = "journal")]
pub use concurry_core::journal;
/// Spans and metrics of calls.
pub use concurry_core::observe;
#[cfg(feature = "process")]
#[doc(inline)]
pub use concurry_core::process;
/// Progress bars.
pub use concurry_core::progress;
/// Workers on a Ray cluster.
#[cfg(feature = "ray")]
pub use concurry_ray as ray;

/// Makes an instance of a generic worker known to processes: `concurry::register!(Ranker<Bert>);`.
///
/// One line for each instance, anywhere in the program. Workers without parameters need none.
pub use concurry_core::register_worker as register;
pub use concurry_core::{
    AsCompleted, AttemptTimes, Balance, BatchFailed, BatchStats, Batching, BreakerStats,
    CallContext, CallError, CallId, CallOptions, CallPermit, CallSite, Cancel, CodecError,
    CompletionStream, Event, FailedEarlier, Gather, GatherContainer, GatherMap, InitError,
    InvalidBatch, InvalidResult, Map, MethodOptions, Mode, OptionsError, Outcome, Overflow,
    Panicked, Pool, PoolStats, Rejected, Rejection, RemoteFailure, RestartPolicy, ReturnWhen,
    SharedError, StopReport, TaskFuture, TaskMap, TaskPool, TaskPoolOptions, Timeout, UnknownMode,
    Wait, Waited, WorkerDeath, WorkerDied, WorkerHandle, WorkerOptions, WorkerStats, gather,
    gather_map, wait,
};
#[cfg(feature = "journal")]
pub use concurry_core::{JournaledCompletions, JournaledMap, JournaledMapError};
#[cfg(feature = "process")]
pub use concurry_core::{ShareError, Shared};
#[doc(inline)]
pub use concurry_derive::{Worker, resilient, task, worker};
/// Rate, call and resource limits, usable without any worker.
pub use concurry_limits as limits;
/// Language models as workers: prompts, chat, completion and embedding clients.
#[cfg(feature = "llm")]
pub use concurry_llm as llm;
/// Retries and their relatives, usable around any closure or future.
pub use concurry_retry as retry;

/// Lazy graphs of calls.
#[cfg(feature = "graph")]
pub use concurry_graph as graph;
#[cfg(feature = "graph")]
#[doc(inline)]
pub use concurry_graph::{ComputeError, Lazy, LazyHandle, compute, compute_async, eager};

#[cfg(not(feature = "graph"))]
#[doc(hidden)]
pub use concurry_core::__private;
#[cfg(feature = "graph")]
#[doc(hidden)]
pub use concurry_graph::__private;

/// The code of the documents, compiled and run with the doc tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../docs/choosing.md")]
    mod choosing {}
    #[doc = include_str!("../docs/semantics.md")]
    mod semantics {}
}
