//! Batches that are kept back while calls for them are made.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem;
use std::sync::Arc;

use crate::pool::batching::AnyBatcher;

thread_local! {
    /// What this thread holds.
    static HELD: RefCell<Vec<Arc<dyn AnyBatcher>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps batches back that are not full, until it is dropped.
pub(crate) struct Held {
    holds: bool,
    /// It is one of its thread.
    _thread: PhantomData<*const ()>,
}

impl Held {
    pub(super) fn new(batcher: Option<Arc<dyn AnyBatcher>>) -> Self {
        let holds = batcher.is_some();
        if let Some(batcher) = batcher {
            batcher.hold();
            HELD.with_borrow_mut(|held| held.push(batcher));
        }
        Self { holds, _thread: PhantomData }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // They are dropped in the reverse order.
        if self.holds
            && let Some(batcher) = HELD.with_borrow_mut(Vec::pop)
        {
            batcher.release();
        }
    }
}

/// Lets go of what this thread holds, until it is dropped: while the thread waits for room in a queue, the
/// calls that are held may be what takes it up.
pub(super) struct LetGo(Vec<Arc<dyn AnyBatcher>>);

impl LetGo {
    pub(super) fn new() -> Self {
        let held = HELD.with_borrow_mut(mem::take);
        held.iter().for_each(|batcher| batcher.release());
        Self(held)
    }
}

impl Drop for LetGo {
    fn drop(&mut self) {
        self.0.iter().for_each(|batcher| batcher.hold());
        HELD.set(mem::take(&mut self.0));
    }
}
