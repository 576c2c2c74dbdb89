//! Running nodes as they are made, for debugging.

use std::cell::Cell;

thread_local! {
    static EAGER: Cell<bool> = const { Cell::new(false) };
}

/// Runs a block in which every node runs at the moment when it is made, on its own pool, one after
/// the other. For debugging: a breakpoint or a panic shows the line that made the call, and the
/// results are the same.
///
/// It holds for the current thread, and ends with the block.
///
/// ```
/// use concurry_core::{Mode, TaskPool};
/// use concurry_graph::{LazyHandle, Stage, eager};
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// let three = eager(|| pool.lazy().submit((), |()| 3));
/// assert_eq!(three.stage(), Stage::Done);
/// assert_eq!(three.compute()?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn eager<R>(block: impl FnOnce() -> R) -> R {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            EAGER.set(self.0);
        }
    }
    let _back = Back(EAGER.replace(true));
    block()
}

pub(crate) fn is_eager() -> bool {
    EAGER.get()
}
