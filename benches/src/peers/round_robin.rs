//! Picks the next worker in turn, for one submitter.

use std::cell::Cell;

/// Some workers, handed out in turn.
#[derive(Debug)]
pub(super) struct RoundRobin<T> {
    items: Vec<T>,
    turn: Cell<usize>,
}

impl<T> RoundRobin<T> {
    /// Starts with the first of at least one item.
    pub(super) fn new(items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        assert!(!items.is_empty(), "a pool has a worker");
        Self { items, turn: Cell::new(0) }
    }

    /// The next in turn.
    pub(super) fn next(&self) -> &T {
        let turn = self.turn.get();
        self.turn.set(if turn + 1 == self.items.len() { 0 } else { turn + 1 });
        &self.items[turn]
    }

    /// All of them, to stop them.
    pub(super) fn into_items(self) -> Vec<T> {
        self.items
    }
}
