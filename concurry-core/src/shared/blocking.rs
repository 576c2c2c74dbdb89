//! Finds out when a blocking wait on a worker's own thread could never end.
//!
//! A worker that waits for a call of its own pool relies on another worker to run it. When all of
//! the pool's threads wait like that, none is left: the last one is told instead of joining them.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::PoolId;

/// The threads of a pool, and how many of them wait for the pool itself.
#[derive(Debug)]
pub(crate) struct PoolThreads {
    pool: PoolId,
    threads: usize,
    waiting: AtomicUsize,
}

thread_local! {
    /// The pool whose thread this is.
    static THREAD_OF: RefCell<Option<Arc<PoolThreads>>> = const { RefCell::new(None) };
}

impl PoolThreads {
    pub(crate) fn new(pool: PoolId, threads: usize) -> Arc<Self> {
        Arc::new(Self { pool, threads, waiting: AtomicUsize::new(0) })
    }

    /// Marks the current thread as one of the pool's, for the rest of its life.
    pub(crate) fn mark_current_thread(self: &Arc<Self>) {
        THREAD_OF.with(|slot| *slot.borrow_mut() = Some(Arc::clone(self)));
    }
}

/// Every thread of the pool would wait.
#[derive(Debug)]
pub(crate) struct WouldDeadlock;

/// This thread waits for its own pool.
#[derive(Debug)]
pub(crate) struct Waiting(Arc<PoolThreads>);

/// Before waiting for a call of `pool`. Nothing to note on threads of other pools, or of none.
pub(crate) fn enter(pool: PoolId) -> Result<Option<Waiting>, WouldDeadlock> {
    THREAD_OF
        .try_with(|slot| match &*slot.borrow() {
            Some(threads) if threads.pool == pool => {
                // AcqRel: the last one to come has to count all others.
                let others = threads.waiting.fetch_add(1, Ordering::AcqRel);
                let waiting = Waiting(Arc::clone(threads));
                if others + 1 >= threads.threads { Err(WouldDeadlock) } else { Ok(Some(waiting)) }
            }
            _ => Ok(None),
        })
        .unwrap_or(Ok(None))
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_thread_of_a_pool_is_refused() {
        let threads = PoolThreads::new(PoolId::next(), 2);
        std::thread::spawn(move || {
            threads.mark_current_thread();
            let first = enter(threads.pool).unwrap();
            assert!(first.is_some());
            assert!(enter(threads.pool).is_err());
            drop(first);
            assert!(enter(threads.pool).is_ok());
        })
        .join()
        .unwrap();
    }

    #[test]
    fn a_thread_of_no_pool_may_always_wait() {
        assert!(enter(PoolId::next()).unwrap().is_none());
    }
}
