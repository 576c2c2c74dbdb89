//! The tokio runtime behind async methods: timers and I/O.
//!
//! Threads of ours that run async methods one at a time share one small runtime, which starts with
//! the first such call and ends with the last pool that used it. `.runtime(handle)` puts the user's
//! own in its place.

use std::cell::RefCell;
use std::future::Future;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use tokio::runtime::{Builder, Handle, Runtime};

use crate::shared::PoolShared;
use crate::sync::lock;

/// A runtime that is shut down without waiting, wherever its last user lets go of it.
#[derive(Debug)]
pub(crate) struct SharedRuntime {
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

thread_local! {
    /// The runtime for async methods on this thread.
    static FOR_THREAD: RefCell<Option<ForThread>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct ForThread {
    users: Option<Handle>,
    /// Filled by the first async method.
    shared: Arc<OnceLock<Arc<SharedRuntime>>>,
}

/// Says which pool the current thread runs methods of. Undone when the guard is dropped.
#[derive(Debug)]
pub(crate) struct Scope(());

impl Scope {
    pub(crate) fn enter(pool: &PoolShared) -> Self {
        let entry = ForThread { users: pool.runtime.clone(), shared: Arc::default() };
        FOR_THREAD.with(|slot| *slot.borrow_mut() = Some(entry));
        Self(())
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let entry = FOR_THREAD.try_with(|slot| slot.borrow_mut().take());
        drop(entry);
    }
}

/// Runs a future to its end on the current thread, with timers and I/O at hand.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let entry = FOR_THREAD.with(|slot| slot.borrow().clone());
    let handle = match &entry {
        Some(ForThread { users: Some(handle), .. }) => Some(handle.clone()),
        Some(ForThread { shared, .. }) => {
            if shared.get().is_none()
                && let Ok(runtime) = SharedRuntime::get()
            {
                let _ = shared.set(runtime);
            }
            shared.get().and_then(|shared| shared.handle().cloned())
        }
        None => None,
    };
    // Without a runtime (the system refused its thread) futures that need none still work; others
    // panic with tokio's own message, which the caller gets as the call's error.
    let _entered = handle.as_ref().map(Handle::enter);
    concurry_time::block_on(future)
}
