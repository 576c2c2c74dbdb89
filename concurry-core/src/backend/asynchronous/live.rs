//! The calls of one async worker that have begun and not ended.

use std::ptr::{self, NonNull};

use super::polled_node::PolledHead;

/// A doubly linked list through the nodes themselves. Only the worker's own thread touches it.
#[derive(Debug)]
pub(crate) struct LiveCalls {
    first: *mut PolledHead,
    length: usize,
}

impl LiveCalls {
    pub(crate) const fn new() -> Self {
        Self { first: ptr::null_mut(), length: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// # Safety
    /// The node is alive until it is removed, and in no list.
    pub(crate) unsafe fn insert(&mut self, node: NonNull<PolledHead>) {
        // SAFETY: by contract; the links belong to this list.
        unsafe {
            (*node.as_ptr()).previous = ptr::null_mut();
            (*node.as_ptr()).following = self.first;
            if let Some(first) = NonNull::new(self.first) {
                (*first.as_ptr()).previous = node.as_ptr();
            }
        }
        self.first = node.as_ptr();
        self.length += 1;
    }

    /// # Safety
    /// The node is in this list.
    pub(crate) unsafe fn remove(&mut self, node: NonNull<PolledHead>) {
        // SAFETY: by contract.
        unsafe {
            let (previous, following) = ((*node.as_ptr()).previous, (*node.as_ptr()).following);
            match NonNull::new(previous) {
                Some(previous) => (*previous.as_ptr()).following = following,
                None => self.first = following,
            }
            if let Some(following) = NonNull::new(following) {
                (*following.as_ptr()).previous = previous;
            }
        }
        self.length -= 1;
    }

    pub(crate) fn first(&self) -> Option<NonNull<PolledHead>> {
        NonNull::new(self.first)
    }
}
