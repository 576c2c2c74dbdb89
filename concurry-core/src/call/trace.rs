//! What becomes known of a call on its way: who runs it, and how often it was tried.
//!
//! For whoever draws calls: it costs a call an allocation or two, so it is asked for.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// What becomes known of a call. Relaxed throughout: read after the call's outcome, which publishes it.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct CallTrace {
    /// Attempts that a worker has begun.
    attempts: AtomicU32,
    /// The worker that began the last one, plus one.
    worker: AtomicUsize,
}

thread_local! {
    /// Of the call that this thread is making.
    static WANTED: RefCell<Option<Arc<CallTrace>>> = const { RefCell::new(None) };
}

impl CallTrace {
    /// A worker has begun an attempt.
    pub(super) fn begun(&self, attempt: u32, worker: usize) {
        self.attempts.fetch_max(attempt, Ordering::Relaxed);
        self.worker.store(worker + 1, Ordering::Relaxed);
    }

    /// How often it was tried again.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// The worker that ran it, if one has.
    #[must_use]
    pub fn worker(&self) -> Option<usize> {
        self.worker.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// Who wants to know what becomes of the call that this thread is making.
pub(crate) fn wanted() -> Option<Arc<CallTrace>> {
    WANTED.with_borrow(Clone::clone)
}

/// Makes a call whose fate `trace` is told of.
pub(crate) fn wanting<R>(trace: &Arc<CallTrace>, call: impl FnOnce() -> R) -> R {
    struct Back(Option<Arc<CallTrace>>);
    impl Drop for Back {
        fn drop(&mut self) {
            WANTED.set(self.0.take());
        }
    }
    let _back = Back(WANTED.replace(Some(Arc::clone(trace))));
    call()
}
