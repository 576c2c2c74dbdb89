//! Pages of the output, provided before anybody needs them.
//!
//! The output is new memory, and half of what mapping a tiny function costs is that the system
//! provides it page by page. Threads that fill neighbouring places also wait for each other there,
//! since the tables of neighbouring pages have one lock. So who is the first to get places in a
//! block of pages has the system provide the next block as a whole.

use std::ops::Range;

/// The size of a block. Smaller ones cost more calls into the system; while a larger one is provided
/// the other threads reach it.
const BLOCK: usize = 512 << 10;

/// A block of pages that nobody has reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PagesAhead(usize);

impl PagesAhead {
    /// The block to ask for when somebody gets `places`, which others follow up to the address `end`.
    /// `None` unless these places are the first in a block, and a whole one comes after it.
    pub(super) fn of(places: &Range<usize>, are_first: bool, end: usize) -> Option<Self> {
        let block = places.end / BLOCK;
        let enter_it = are_first || block != places.start / BLOCK;
        let ahead = (block + 1) * BLOCK;
        (enter_it && end.checked_sub(ahead)? >= BLOCK).then_some(Self(ahead))
    }

    /// Has the system provide the pages now. Where it can't, they come when they are needed.
    ///
    /// # Safety
    /// They are within memory that stays allocated meanwhile.
    pub(super) unsafe fn provide(self) {
        #[cfg(target_os = "linux")]
        {
            let pages = std::ptr::without_provenance_mut(self.0);
            let advice = rustix::mm::Advice::LinuxPopulateWrite;
            // SAFETY: memory that is there, by contract. What is in it stays as it is, also while
            // others write to it. An older system refuses, which changes nothing.
            let _ = unsafe { rustix::mm::madvise(pages, BLOCK, advice) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_enters_a_block_asks_for_the_next_if_that_is_whole() {
        let end = 4 * BLOCK + 1;
        let ahead = |places| PagesAhead::of(&places, false, end).map(|PagesAhead(block)| block);
        assert_eq!(ahead(10..BLOCK + 10), Some(2 * BLOCK));
        assert_eq!(ahead(BLOCK + 10..BLOCK + 20), None, "somebody else entered it");
        assert_eq!(ahead(BLOCK + 20..2 * BLOCK), Some(3 * BLOCK));
        assert_eq!(ahead(3 * BLOCK - 1..3 * BLOCK), None, "no whole block comes after");
        assert_eq!(PagesAhead::of(&(10..20), true, end), Some(PagesAhead(BLOCK)));
        assert_eq!(PagesAhead::of(&(10..20), true, 20), None);
    }

    #[test]
    fn pages_that_are_provided_keep_what_is_in_them() {
        let memory = vec![7_u8; 3 * BLOCK];
        let first = memory.as_ptr().addr();
        let ahead = PagesAhead::of(&(first..first + 1), true, first + memory.len());
        // SAFETY: the pages are within `memory`.
        unsafe { ahead.expect("a whole block comes after").provide() };
        assert!(memory.iter().all(|byte| *byte == 7));
    }
}
