//! Processes whose answers no thread listens to, since their callers fetch them.
//!
//! A caller who sends one call after the other and waits for each needs the thread of the process at
//! no time. So it leaves the channel unheard when it has its result: the next call is likely one of
//! the same kind. Whoever looks at a call in another way has the thread listen again
//! ([`any`] tells cheaply whether that can be needed), and the thread looks in now and then itself.

use std::sync::atomic::{AtomicUsize, Ordering};

static UNHEARD: AtomicUsize = AtomicUsize::new(0);

/// Whether there is such a process.
#[inline]
pub(crate) fn any() -> bool {
    // Relaxed: who has a call that was sent while its process was unheard has been handed it after
    // the count went up.
    UNHEARD.load(Ordering::Relaxed) > 0
}

/// One such process, as long as this lives.
#[derive(Debug)]
pub(crate) struct Unheard(());

impl Unheard {
    pub(crate) fn new() -> Self {
        UNHEARD.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Unheard {
    fn drop(&mut self) {
        UNHEARD.fetch_sub(1, Ordering::Relaxed);
    }
}
