//! What the current thread is doing: the deadline of the call that it runs.
//!
//! Calls that are made from inside a call have to be done by its deadline, too. Every backend says
//! here what it runs, for as long as the user's code has the thread; async calls for each poll.

use std::cell::Cell;
use std::time::Instant;

thread_local! {
    // Without a destructor, so it is there as long as its thread and costs one load.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The moment by which the call that this thread runs has to be done.
#[inline]
pub(crate) fn deadline() -> Option<Instant> {
    DEADLINE.get()
}

/// Calls made while this lives have the given deadline. Undone when it is dropped.
#[derive(Debug)]
pub(crate) struct Within {
    before: Option<Instant>,
}

impl Within {
    #[inline]
    pub(crate) fn enter(deadline: Option<Instant>) -> Self {
        Self { before: DEADLINE.replace(deadline) }
    }
}

impl Drop for Within {
    #[inline]
    fn drop(&mut self) {
        DEADLINE.set(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_inner_scope_gives_way_to_the_outer_one_again() {
        let soon = Instant::now();
        let later = soon + Duration::from_secs(1);
        let outer = Within::enter(Some(soon));
        let inner = Within::enter(Some(later));
        assert_eq!(deadline(), Some(later));
        drop(inner);
        assert_eq!(deadline(), Some(soon));
        drop(outer);
        assert_eq!(deadline(), None);
    }
}
