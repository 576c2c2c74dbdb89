//! A model of a block's count: whoever leaves a block last has it, after all uses of its cells.

use std::sync::Arc;

use loom::thread;

use super::{BlockHead, OPEN};
use crate::model::check;
use crate::sync::{AtomicU32, Lifetime};

struct Block {
    head: BlockHead,
    cells: Lifetime,
}

// SAFETY: the count is atomic, and the uses are for loom to check.
unsafe impl Sync for Block {}

impl Block {
    fn use_and_leave(&self, count: u32) -> bool {
        self.cells.note_use();
        let last = self.head.leave(count);
        if last {
            self.cells.note_end();
        }
        last
    }
}

#[test]
fn one_of_those_who_leave_a_block_has_it() {
    check(|| {
        let head = BlockHead { live: AtomicU32::new(OPEN) };
        let block = Arc::new(Block { head, cells: Lifetime::new() });
        let others = [(); 2].map(|()| {
            let block = Arc::clone(&block);
            thread::spawn(move || block.use_and_leave(1))
        });
        // The owner, who cut two cells, closes the block.
        let mut last = u32::from(block.use_and_leave(OPEN - 2));
        for other in others {
            last += u32::from(other.join().unwrap());
        }
        assert_eq!(last, 1);
    });
}
