//! The tokio runtime behind a pool's async methods: the user's own, or one of ours.
//!
//! Threads of ours that run async methods one at a time share one small runtime, which starts with
//! the first such call and ends with the last pool that used it. What a worker keeps in its state,
//! a client with its connections above all, is tied to the runtime that it was made in, so a pool
//! holds on to the one that it began with.

use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::sync::lock;

/// Where the timers and the I/O of a pool's async methods come from.
#[derive(Debug)]
pub(crate) struct PoolRuntime {
    /// Given by `.runtime(handle)`.
    users: Option<Handle>,
    /// Filled by the first async method.
    ours: OnceLock<Arc<SharedRuntime>>,
}

impl PoolRuntime {
    pub(crate) fn new(users: Option<Handle>) -> Self {
        Self { users, ours: OnceLock::new() }
    }

    /// The user's own runtime.
    pub(crate) fn users(&self) -> Option<&Handle> {
        self.users.as_ref()
    }

    /// The runtime, started if it is needed for the first time. `None` if the system refused it its
    /// thread; then it is asked again the next time.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        if let Some(users) = &self.users {
            return Some(users);
        }
        if self.ours.get().is_none()
            && let Ok(runtime) = SharedRuntime::get()
        {
            // Two threads that come at once get the same one.
            let _ = self.ours.set(runtime);
        }
        self.ours.get()?.handle()
    }
}

/// A runtime that is shut down without waiting, wherever its last user lets go of it.
#[derive(Debug)]
struct SharedRuntime {
    runtime: Option<Runtime>,
}

impl SharedRuntime {
    /// The one of this process, started if there is none.
    fn get() -> std::io::Result<Arc<Self>> {
        static CURRENT: Mutex<Weak<SharedRuntime>> = Mutex::new(Weak::new());
        let mut current = lock(&CURRENT);
        if let Some(shared) = current.upgrade() {
            return Ok(shared);
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("concurry-io")
            .enable_all()
            .build()?;
        let shared = Arc::new(Self { runtime: Some(runtime) });
        *current = Arc::downgrade(&shared);
        Ok(shared)
    }

    fn handle(&self) -> Option<&Handle> {
        self.runtime.as_ref().map(Runtime::handle)
    }
}

impl Drop for SharedRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not `drop`, which would wait, and panics inside another runtime.
            runtime.shutdown_background();
        }
    }
}
