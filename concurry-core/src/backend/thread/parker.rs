//! Sleeping until woken, for a worker's thread.

use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::sync::{AtomicBool, Ordering, Thread, thread};

/// Parks its thread. The flag makes a wake before the park count.
#[derive(Debug)]
pub(crate) struct Parker {
    thread: Thread,
    woken: AtomicBool,
}

impl Parker {
    /// For the current thread.
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let parker = Arc::new(Self { thread: thread::current(), woken: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&parker));
        (parker, waker)
    }

    /// Sleeps until the waker is called; at once if it was since the last sleep.
    pub(crate) fn sleep(&self) {
        // Acquire pairs with the Release of the wake.
        while !self.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}
