//! Dropping nodes one after the other, however long the chain that they form.
//!
//! A node keeps what it depends on, so the drop of a chain of a million nodes would recurse a million
//! deep. A node that is dropped hands its dependencies to a list of its thread instead, and the first
//! of them empties the list.

use std::cell::RefCell;

use super::SharedNode;

#[derive(Default)]
struct Buried {
    nodes: Vec<SharedNode>,
    /// Somebody further up on this thread empties the list.
    emptying: bool,
}

thread_local! {
    static BURIED: RefCell<Buried> = RefCell::new(Buried::default());
}

/// Drops what the caller takes out of a node that is being dropped. `give_up` hands each dependency
/// to its argument.
pub(crate) fn bury(give_up: impl FnOnce(&mut dyn FnMut(SharedNode))) {
    let mut first = false;
    give_up(&mut |node| {
        if node.header().is_leaf() || node.is_shared() {
            // Nothing hangs on it, or it is most likely not the last one; if it is after all, its own
            // drop comes by here.
            return drop(node);
        }
        // A thread that is ending has no list any more; there the node is dropped as usual.
        let _ = BURIED.try_with(|buried| {
            let mut buried = buried.borrow_mut();
            buried.nodes.push(node);
            first |= !std::mem::replace(&mut buried.emptying, true);
        });
    });
    while first {
        let next = BURIED.with(|buried| {
            let mut buried = buried.borrow_mut();
            let next = buried.nodes.pop();
            buried.emptying = next.is_some();
            next
        });
        first = next.is_some();
        drop(next);
    }
}
