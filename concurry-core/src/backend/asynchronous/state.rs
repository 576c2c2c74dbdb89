//! The state of an async worker, while calls borrow it.

use std::cell::UnsafeCell;
use std::sync::Arc;

/// The state, shared by the worker and by the threads that it lends it to.
///
/// Who may use it how is the worker's rule: `&self` calls at the same time, a `&mut self` call
/// alone. The last one to let go drops it.
pub(crate) struct SharedState<W>(Arc<StateCell<W>>);

struct StateCell<W>(UnsafeCell<W>);

// SAFETY: the worker lends the state to another thread only if it is `Send + Sync`; otherwise all
// copies of the `Arc` stay on the worker's thread.
unsafe impl<W> Send for StateCell<W> {}
// SAFETY: as above.
unsafe impl<W> Sync for StateCell<W> {}

impl<W> SharedState<W> {
    pub(crate) fn new(state: W) -> Self {
        Self(Arc::new(StateCell(UnsafeCell::new(state))))
    }

    pub(crate) fn pointer(&self) -> *mut W {
        self.0.0.get()
    }

    pub(crate) fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
