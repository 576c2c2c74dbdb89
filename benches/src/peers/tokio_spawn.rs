//! Subject `tokio-spawn`: a task for each call, from a blocking caller or from a future.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use futures::executor::block_on;
use futures::future::{FutureExt, Map};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};

use super::AsyncPool;
use crate::pool::Pool;

/// A multi-thread runtime with timers.
#[must_use]
pub fn multi_thread_runtime(threads: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(threads).enable_time().build().expect("the system has threads to give")
}

/// Tasks on a runtime, spawned and joined by a thread that blocks.
#[derive(Debug)]
pub struct TokioSpawn {
    runtime: Runtime,
    total: Arc<AtomicU64>,
}

impl Pool for TokioSpawn {
    const NAME: &'static str = "tokio-spawn";
    type Reply<'pool> = JoinHandle<u64>;

    fn start(workers: usize) -> Self {
        Self { runtime: multi_thread_runtime(workers), total: Arc::default() }
    }

    fn submit(&self, x: u64) -> JoinHandle<u64> {
        let total = Arc::clone(&self.total);
        self.runtime.spawn(async move {
            total.fetch_add(x, Relaxed);
            x
        })
    }

    fn collect(&self, reply: JoinHandle<u64>) -> u64 {
        block_on(reply).expect("the task does not panic")
    }
}

/// Tasks on a runtime, spawned and awaited by a future.
#[derive(Debug)]
pub struct AsyncTokioSpawn(Handle);

impl AsyncPool for AsyncTokioSpawn {
    const NAME: &'static str = "tokio-spawn";
    type Reply = Map<JoinHandle<u64>, fn(Result<u64, JoinError>) -> u64>;

    fn start(runtime: &Handle) -> Self {
        Self(runtime.clone())
    }

    fn submit(&self, x: u64) -> Self::Reply {
        self.0.spawn(async move { x }).map(|joined| joined.expect("the task does not panic"))
    }
}
