//! How many calls are on their way through the layers of a pool.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

use super::{PoolShared, Shutdown};
use crate::padded::Padded;
use crate::sync::{AtomicUsize, Ordering, lock};

/// Counts calls in the layers, for a stop that waits until there are none.
///
/// Those that come and those that go are counted apart: callers write the one number, workers the
/// other, and no cache line travels between them for each call.
#[derive(Debug, Default)]
pub(crate) struct Layered {
    come: Padded<AtomicUsize>,
    gone: Padded<AtomicUsize>,
    /// Stops that wait. Never held while a waker runs.
    wakers: Mutex<Vec<Waker>>,
}

impl Layered {
    pub(crate) fn enter(&self) {
        // SeqCst, all here: see `leave`.
        self.come.fetch_add(1, Ordering::SeqCst);
    }

    /// A call goes. The last one tells the stops.
    ///
    /// A stop first moves the pool on, then looks at the numbers; who goes counts itself, then looks
    /// whether the pool has moved on. In the one order of all of these, one of them sees the other.
    pub(crate) fn leave(&self, shutdown: &Shutdown) {
        self.gone.fetch_add(1, Ordering::SeqCst);
        if shutdown.is_closing() && self.is_empty() {
            self.emptied();
        }
    }

    #[cold]
    fn emptied(&self) {
        let wakers = std::mem::take(&mut *lock(&self.wakers));
        wakers.into_iter().for_each(Waker::wake);
    }

    fn is_empty(&self) -> bool {
        // In this order: there are never more gone than come, so if those who have come by then are
        // no more than those who had gone, there was nobody in between.
        let gone = self.gone.load(Ordering::SeqCst);
        self.come.load(Ordering::SeqCst) == gone
    }

    /// Waits until there is none. The pool has been closed before.
    pub(crate) async fn idle(&self) {
        poll_fn(|context| {
            lock(&self.wakers).push(context.waker().clone());
            // After the waker is in place: whoever goes later finds it.
            if self.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Counts a call as being in the layers, for as long as it lives.
pub(crate) struct InLayers(Arc<PoolShared>);

impl InLayers {
    pub(crate) fn enter(pool: &Arc<PoolShared>) -> Self {
        pool.layered.enter();
        Self(Arc::clone(pool))
    }
}

impl Drop for InLayers {
    fn drop(&mut self) {
        self.0.layered.leave(&self.0.shutdown);
    }
}
