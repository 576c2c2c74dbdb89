//! Running async methods to their end on the current thread.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::held_wakes;
use crate::shared::{PoolRuntime, PoolShared};

thread_local! {
    /// The runtime for async methods on this thread.
    static FOR_THREAD: RefCell<Option<Arc<PoolRuntime>>> = const { RefCell::new(None) };
}

/// Says which pool the current thread runs methods of. When the guard is dropped, the thread is back
/// with the pool that it was with before: a method may call a worker of another pool in sync mode.
#[derive(Debug)]
pub(crate) struct Scope {
    outer: Option<Arc<PoolRuntime>>,
}

impl Scope {
    pub(crate) fn enter(pool: &PoolShared) -> Self {
        let runtime = Some(Arc::clone(&pool.runtime));
        Self { outer: FOR_THREAD.with(|slot| slot.replace(runtime)) }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let outer = self.outer.take();
        // The runtime may end with its last pool, so it is let go of outside the borrow.
        let inner = FOR_THREAD.try_with(|slot| slot.replace(outer));
        drop(inner);
    }
}

/// Runs a future to its end on the current thread, with timers and I/O at hand.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    // Of the thread as the caller has it, before it enters the pool's runtime.
    let wakes_are_held_back = held_wakes::are_held_back();
    let runtime = FOR_THREAD.with(|slot| slot.borrow().clone());
    // Without a runtime (the system refused its thread) futures that need none still work; others
    // panic with tokio's own message, which the caller gets as the call's error.
    let _entered = runtime.as_deref().and_then(PoolRuntime::handle).map(Handle::enter);
    // The budget of the task that blocks here would never be filled up again.
    let future = tokio::task::unconstrained(future);
    if wakes_are_held_back {
        concurry_time::block_on(held_wakes::polled_again(future))
    } else {
        concurry_time::block_on(future)
    }
}
