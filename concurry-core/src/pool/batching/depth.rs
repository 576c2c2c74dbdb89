//! How deep batches are sent inside of each other.
//!
//! A pool that takes no calls any more fails each batch while it is sent, which sends the next. With
//! thousands of them the stack would end first. So beyond a depth the outermost one sends them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// Deep enough for what happens while pools work.
const DEEPEST: u32 = 8;

type Deferred = Box<dyn FnOnce()>;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static DEFERRED: RefCell<VecDeque<Deferred>> = const { RefCell::new(VecDeque::new()) };
}

/// One sends a batch on this thread.
pub(super) struct Entered {
    outermost: bool,
}

/// Enters, unless it is too deep.
pub(super) fn enter() -> Option<Entered> {
    let depth = DEPTH.get();
    (depth < DEEPEST).then(|| {
        DEPTH.set(depth + 1);
        Entered { outermost: depth == 0 }
    })
}

/// Has the outermost one do it, before it leaves.
pub(super) fn defer(send: impl FnOnce() + 'static) {
    // Where the thread is about to end, what is dropped fails as stopped.
    let _ = DEFERRED.try_with(|deferred| deferred.borrow_mut().push_back(Box::new(send)));
}

impl Entered {
    /// Does what was deferred, if it is the outermost one.
    pub(super) fn leave(self) {
        let next =
            || DEFERRED.try_with(|deferred| deferred.borrow_mut().pop_front()).ok().flatten();
        while self.outermost
            && let Some(send) = next()
        {
            send();
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
