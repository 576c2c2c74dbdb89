//! Staying off a cache line for a moment: what a worker does between running dry and parking.

use std::hint;

/// Waits 1, 2, 4, … pauses, `doublings` times, and looks whether there is work after each.
///
/// A worker that keeps up with its submitter fights with it for the line that both write. Staying
/// away for about a microsecond (6 doublings) lets a batch form. 0 doublings: park at once.
pub(super) fn until(doublings: u32, mut there_is_work: impl FnMut() -> bool) -> bool {
    for doubling in 0..doublings {
        for _ in 0..1_u32 << doubling {
            hint::spin_loop();
        }
        if there_is_work() {
            return true;
        }
    }
    false
}
