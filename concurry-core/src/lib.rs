//! The engine of concurry: workers, calls, futures, pools and their backends.
//!
//! Users depend on the facade crate `concurry`, which re-exports what is meant for them.

#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation

extern crate self as concurry_core;

#[cfg(all(test, concurry_loom))]
mod model;
mod sync;

// In this order: each module builds on those above it.
mod balance;
mod method_spec;
mod mode;
mod nanoseconds;
mod overflow;
mod padded;
mod prefetch;
mod spin;

pub mod config;
pub mod error;

mod event;
pub mod observe;
mod panics;

pub mod progress;

mod shared;

mod future;
mod queue;

mod call;
#[doc(hidden)]
pub mod wire;
pub mod worker;

mod backend;
#[cfg(feature = "process")]
#[doc(hidden)]
pub mod remote;
#[cfg(feature = "process")]
mod serving;

mod pool;

#[cfg(feature = "journal")]
pub mod journal;

mod gather;
mod worker_handle;

mod background;
mod tasks;

mod resilient;

pub use balance::{Balance, UnknownBalance};
pub use call::{CallContext, CallOptions, CallPermit};
pub use error::{
    BatchFailed, CallError, CallSite, CodecError, FailedEarlier, InitError, InvalidBatch,
    InvalidResult, OptionsError, Panicked, Rejected, Rejection, RemoteFailure, SharedError,
    Timeout, WorkerDeath, WorkerDied,
};
pub use event::{AttemptTimes, CallId, Event};
pub use future::{Cancel, Outcome, TaskFuture};
pub use gather::{
    AsCompleted, CompletionStream, Gather, GatherContainer, GatherMap, Map, ReturnWhen, Wait,
    Waited, gather, gather_map, wait,
};
#[cfg(feature = "journal")]
pub use gather::{JournaledCompletions, JournaledMap, JournaledMapError};
pub use mode::{Mode, UnknownMode};
pub use overflow::Overflow;
pub use pool::{
    BatchStats, Batching, BreakerStats, MethodOptions, Pool, PoolStats, StopReport, WorkerOptions,
    WorkerStats,
};
pub use shared::RestartPolicy;
pub use tasks::{TaskMap, TaskPool, TaskPoolOptions};
#[cfg(feature = "process")]
pub use wire::{ShareError, Shared};
pub use worker::Worker;
pub use worker_handle::WorkerHandle;

#[cfg(all(feature = "process", not(any(target_os = "linux", target_os = "macos"))))]
compile_error!("process mode is for Linux and macOS: leave the feature `process` out");

/// Workers in processes of their own.
///
/// There is nothing to set up: `Mode::Process` starts the program's own executable again, and a hook
/// that runs before `main` makes a worker of it.
#[cfg(feature = "process")]
pub mod process {
    pub use crate::backend::process::{ProcessOptions, ProcessWorkerOptions};
    pub use crate::serving::init;
}

/// What `concurry::testing` is made of.
#[cfg(feature = "test-util")]
#[doc(hidden)]
pub use concurry_time::{Clock, FakeClock, block_on};

/// What the macros write for graphs is dropped here: a crate above this one keeps it.
#[doc(hidden)]
#[macro_export]
macro_rules! __without_graphs {
    ($($tokens:tt)*) => {};
}

/// What the macros write. Not for people.
#[doc(hidden)]
pub mod __private {
    pub use std::convert::Infallible;
    pub use std::vec::Vec;

    pub use concurry_retry::BreakerError;

    pub use crate::__without_graphs as with_graph;
    pub use crate::background::{background, block_on_pools};
    pub use crate::call::CallTrace;
    pub use crate::future::SlabArc;
    #[cfg(feature = "journal")]
    pub use crate::gather::is_final;
    pub use crate::panics::message as panic_message;
    pub use crate::pool::{Handle, Options, Visiting, Visitor};
    pub use crate::register_worker as register;
    pub use crate::resilient::{
        Answer, AnswerLater, AnswerNow, AnswerResult, AnswerValue, enter, settle,
    };
    pub use crate::shared::spawn_detached;
    pub use crate::tasks::{TaskMap, Tasks};
    #[cfg(feature = "process")]
    pub use crate::wire::REGISTERED;
    pub use crate::wire::Registration;
    pub use crate::worker::*;
    pub use crate::{
        CallContext, CallError, InitError, MethodOptions, Mode, TaskFuture, WorkerHandle,
        WorkerOptions,
    };
    #[cfg(feature = "process")]
    pub use linkme;
}

/// Makes an instance of a generic worker known to processes that are started to be workers:
/// `concurry::register!(Ranker<Bert>);`.
///
/// One line for each instance, anywhere in the program. Workers without parameters need none.
#[cfg(feature = "process")]
#[macro_export]
#[doc(hidden)]
macro_rules! register_worker {
    ($worker:ty) => {
        const _: () = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::REGISTERED)]
            #[linkme(crate = $crate::__private::linkme)]
            static REGISTRATION: fn() -> $crate::__private::Registration =
                <$worker>::__registration;
        };
    };
}

/// Makes an instance of a generic worker known to processes: in this build there are none.
#[cfg(not(feature = "process"))]
#[macro_export]
#[doc(hidden)]
macro_rules! register_worker {
    ($worker:ty) => {
        const _: fn() -> $crate::__private::Registration = <$worker>::__registration;
    };
}
