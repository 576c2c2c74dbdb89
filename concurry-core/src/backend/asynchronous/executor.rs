//! The threads that async workers live on.

use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::LocalSet;

use super::worker::AsyncWorker;
use crate::backend::{ConstructFailure, Startup};
use crate::shared::{blocking::PoolThreads, spawn_detached};
use crate::worker::Worker;

/// How the workers of a pool are spread over threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Executors {
    /// How many threads.
    pub(crate) threads: usize,
    /// Whether sync methods go to blocking threads.
    pub(crate) lends: bool,
}

impl Executors {
    /// As many threads as there are CPUs, for workers whose sync methods can go elsewhere or that
    /// have none. A worker whose sync methods have to run where it lives gets a thread of its own.
    pub(crate) fn plan<W: Worker>(workers: usize, has_sync_methods: bool) -> Self {
        let lends = W::STATE.send && W::STATE.sync;
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        let threads = if has_sync_methods && !lends { workers } else { workers.min(cpus) };
        Self { threads, lends }
    }
}

/// Starts the threads. The outcomes of the constructors go to `startup`.
pub(crate) fn start<W: Worker, E: Send + 'static>(
    executors: Executors,
    workers: Vec<AsyncWorker<W, E>>,
    pool_threads: &Arc<PoolThreads>,
    startup: &Arc<Startup<E>>,
) {
    let mut of_thread: Vec<Vec<AsyncWorker<W, E>>> = Vec::new();
    of_thread.resize_with(executors.threads, Vec::new);
    for worker in workers {
        of_thread[worker.seat.index % executors.threads].push(worker);
    }
    for workers in of_thread {
        let Some(first) = workers.first() else { continue };
        let pool = Arc::clone(&first.seat.pool);
        let name = format!("{}-{}", pool.worker_name, first.seat.index);
        let seats: Vec<_> = workers.iter().map(|worker| Arc::clone(&worker.seat)).collect();
        let (report, threads) = (Arc::clone(startup), Arc::clone(pool_threads));
        let handle = pool.runtime.users().cloned();
        let spawned = spawn_detached(name, move || {
            threads.mark_current_thread();
            run(handle, pool.worker_name, workers, &report);
        });
        if let Err(error) = spawned {
            fail(&seats, startup, &error);
        }
    }
}

/// Runs workers on the current thread until all have ended.
fn run<W: Worker, E: Send + 'static>(
    users: Option<Handle>,
    worker_name: &'static str,
    workers: Vec<AsyncWorker<W, E>>,
    startup: &Arc<Startup<E>>,
) {
    let seats: Vec<_> = workers.iter().map(|worker| Arc::clone(&worker.seat)).collect();
    let tasks = LocalSet::new();
    for worker in workers {
        tasks.spawn_local(worker.run(Arc::clone(startup)));
    }
    match users {
        // The timers and the I/O are those of the user's runtime, the thread is ours.
        Some(handle) => handle.block_on(tasks),
        None => match ours(worker_name) {
            Ok(runtime) => {
                runtime.block_on(tasks);
                // Blocking calls that still run keep their thread until they return.
                runtime.shutdown_background();
            }
            Err(error) => fail(&seats, startup, &error),
        },
    }
}

/// A runtime for the current thread. The threads that it has beside it run sync methods.
fn ours(worker_name: &str) -> std::io::Result<Runtime> {
    let blocking = blocking_thread_name(worker_name);
    Builder::new_current_thread().enable_all().thread_name(blocking).build()
}

/// The name of the threads that run sync methods of async workers.
pub(super) fn blocking_thread_name(worker_name: &str) -> String {
    format!("{worker_name}-blocking")
}

fn fail<E>(seats: &[Arc<crate::shared::Seat>], startup: &Startup<E>, error: &std::io::Error) {
    for seat in seats {
        let error = std::io::Error::new(error.kind(), error.to_string());
        startup.report(seat.index, Err(ConstructFailure::Thread(error)));
        seat.pool.worker_ended();
    }
}
