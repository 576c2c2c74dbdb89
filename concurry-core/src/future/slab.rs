//! Memory for small calls, in cells of whole cache lines.
//!
//! A thread cuts cells from 16 KiB blocks. A cell may be freed by any thread; the block counts its
//! live cells, and whoever frees the last one frees the block. Neighbouring calls never share a
//! line, and consecutive calls lie on consecutive lines, so the worker that walks a queue runs with
//! the hardware prefetcher. With plain `malloc` the same calls cost three to five times as much.
//!
//! Small cells and large ones lie in different blocks. What a queue links are small ones, so consecutive
//! calls stay neighbours also where large cells belong to each of them.
//!
//! The price: a future that is kept for long pins its block (at most 254 other cells), and each
//! thread keeps up to 8 free blocks and those that it freed cells of last.

#[cfg(all(test, concurry_loom))]
mod loom_tests;

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::UnsafeCell;
use std::ptr::NonNull;

use crate::prefetch;
use crate::sync::{AtomicU32, Ordering};

/// One cache line.
pub(crate) const LINE: usize = 64;
/// The first line of a block is its head.
const BLOCK: usize = 16 * 1024;
/// [`allocate`] sends larger requests to the global allocator: the slab would only waste memory on them. It
/// is also the border between small cells and large ones.
const LARGEST: usize = 2 * LINE;
/// How many lines ahead of the next cell are fetched.
const AHEAD: usize = 8;
/// Free blocks that a thread keeps.
const SPARE_BLOCKS: usize = 8;
/// What an open block counts on top of its live cells, so that it can't reach zero before its
/// owner leaves it. More than a block has cells.
const OPEN: u32 = 1 << 16;

/// How far a cell lies from its block's head, in lines. Zero: it came from the global allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Distance(pub(crate) u8);

impl Distance {
    const GLOBAL: Self = Self(0);
}

#[repr(C, align(64))]
struct BlockHead {
    /// Live cells, plus `OPEN` while the owner still cuts cells from it.
    live: AtomicU32,
}

impl BlockHead {
    /// Gives up so much of the count. True if nothing is left: the block is the caller's.
    fn leave(&self, count: u32) -> bool {
        // AcqRel: the last one to leave sees everybody's use of the block as over.
        self.live.fetch_sub(count, Ordering::AcqRel) == count
    }
}

const BLOCK_LAYOUT: Layout = match Layout::from_size_align(BLOCK, LINE) {
    Ok(layout) => layout,
    Err(_) => panic!("a block is a power of two of lines"),
};

/// Gets memory for `layout`.
#[inline]
pub(crate) fn allocate(layout: Layout) -> (NonNull<u8>, Distance) {
    allocate_up_to(LARGEST, layout)
}

/// The same, also for what is larger but lives as short as a call.
pub(crate) fn allocate_large(layout: Layout) -> (NonNull<u8>, Distance) {
    allocate_up_to(BLOCK / 8, layout)
}

#[inline]
fn allocate_up_to(largest: usize, layout: Layout) -> (NonNull<u8>, Distance) {
    // Models have threads of their own making, whose slabs would all be the same.
    if !cfg!(concurry_loom) && layout.size() <= largest && layout.align() <= LINE {
        let lines = layout.size().div_ceil(LINE).max(1);
        if let Ok(cell) = THREAD.try_with(|thread| {
            // SAFETY: the slab of this thread is only reached here and in `recycle`, neither of
            // which calls anything that could come back here while the reference lives.
            unsafe { &mut *thread.get() }.cut(layout, lines)
        }) {
            return cell;
        }
    }
    // SAFETY: a node has a header, so the size is not zero.
    let memory = unsafe { alloc(layout) };
    let memory = NonNull::new(memory).unwrap_or_else(|| handle_alloc_error(layout));
    (memory, Distance::GLOBAL)
}

/// Gives memory back. Any thread may do so.
///
/// # Safety
/// `memory` came from [`allocate`] with the same layout and distance, and nobody uses it any more.
#[inline]
pub(crate) unsafe fn free(memory: NonNull<u8>, layout: Layout, distance: Distance) {
    if distance == Distance::GLOBAL {
        // SAFETY: by contract it came from the global allocator.
        unsafe { dealloc(memory.as_ptr(), layout) };
        return;
    }
    // SAFETY: the distance leads back to the head of the block that the cell was cut from.
    let head = unsafe { memory.byte_sub(usize::from(distance.0) * LINE) }.cast::<BlockHead>();
    let counted = THREAD.try_with(|thread| {
        // SAFETY: as in `allocate`.
        unsafe { &mut *thread.get() }.cells(layout).0.freed.count(head)
    });
    let (left, cells) = match counted {
        Ok(None) => return,
        Ok(Some(run)) => run,
        // The thread is ending: nothing is kept for later.
        Err(_) => (head, 1),
    };
    // SAFETY: cells that are not counted yet keep their block alive.
    if unsafe { left.as_ref() }.leave(cells) {
        recycle(left);
    }
}

/// Keeps an empty block for the current thread, or gives it back.
#[cold]
fn recycle(head: NonNull<BlockHead>) {
    let kept = THREAD.try_with(|thread| {
        // SAFETY: as in `allocate`.
        unsafe { &mut *thread.get() }.spare.keep(head)
    });
    if kept != Ok(true) {
        // SAFETY: no live cell, and no owner: nobody knows the block but us.
        unsafe { dealloc(head.as_ptr().cast(), BLOCK_LAYOUT) };
    }
}

thread_local! {
    static THREAD: UnsafeCell<ThreadSlab> = const { UnsafeCell::new(ThreadSlab::new()) };
}

/// Cells of one block that a thread freed one after the other. Who collects many results frees the
/// cells of one block in a row, and takes them off its count together. Without it, calls in windows
/// on two workers took 64 to 85 ns instead of 57 to 60, and nothing else got faster.
struct FreedRun {
    /// `None`: there is no such block.
    head: Option<NonNull<BlockHead>>,
    cells: u32,
}

impl FreedRun {
    /// Counts one more cell. If it is of another block, the run so far is over, and handed out.
    #[inline]
    fn count(&mut self, head: NonNull<BlockHead>) -> Option<(NonNull<BlockHead>, u32)> {
        if self.head == Some(head) {
            self.cells += 1;
            return None;
        }
        let over = self.end();
        *self = Self { head: Some(head), cells: 1 };
        over
    }

    fn end(&mut self) -> Option<(NonNull<BlockHead>, u32)> {
        self.head.take().map(|head| (head, self.cells))
    }
}

/// What a thread has of blocks with cells of one size.
struct Cells {
    freed: FreedRun,
    /// The block that it cuts cells from.
    current: Option<NonNull<BlockHead>>,
    /// The next free line of `current`.
    next: usize,
    /// Cells cut from `current`.
    cut: u32,
}

/// The blocks of a thread.
struct ThreadSlab {
    /// Of small cells and of large ones.
    cells: [Cells; 2],
    spare: SpareBlocks,
}

/// Free blocks.
struct SpareBlocks(Vec<NonNull<BlockHead>>);

const LINES: usize = BLOCK / LINE;

impl ThreadSlab {
    const fn new() -> Self {
        Self { cells: [const { Cells::new() }; 2], spare: SpareBlocks(Vec::new()) }
    }

    /// Those of which cells of this layout are, and the spare blocks.
    #[inline]
    fn cells(&mut self, layout: Layout) -> (&mut Cells, &mut SpareBlocks) {
        (&mut self.cells[usize::from(layout.size() > LARGEST)], &mut self.spare)
    }

    #[inline]
    fn cut(&mut self, layout: Layout, lines: usize) -> (NonNull<u8>, Distance) {
        let (cells, spare) = self.cells(layout);
        if cells.next + lines > LINES {
            cells.open_block(spare);
        }
        cells.cut(lines)
    }
}

impl Cells {
    const fn new() -> Self {
        let freed = FreedRun { head: None, cells: 0 };
        Self { freed, current: None, next: LINES, cut: 0 }
    }

    /// Cuts a cell from the current block, which has room for it.
    #[inline]
    fn cut(&mut self, lines: usize) -> (NonNull<u8>, Distance) {
        let line = self.next;
        self.next += lines;
        self.cut += 1;
        let head = self.current.unwrap_or_else(|| unreachable!("there is room in it"));
        // SAFETY: `line` is within the block.
        let cell = unsafe { head.cast::<u8>().byte_add(line * LINE) };
        // As many lines as this cell has, so that no line is left out.
        for line in AHEAD..AHEAD + lines {
            prefetch::for_writing(cell.as_ptr().wrapping_byte_add(line * LINE));
        }
        // A block has 256 lines, so the distance fits.
        (cell, Distance(line as u8))
    }

    #[cold]
    fn open_block(&mut self, spare: &mut SpareBlocks) {
        self.leave_blocks(spare);
        let head = spare.0.pop().unwrap_or_else(|| {
            // SAFETY: the layout is not empty.
            let memory = unsafe { alloc(BLOCK_LAYOUT) };
            NonNull::new(memory.cast()).unwrap_or_else(|| handle_alloc_error(BLOCK_LAYOUT))
        });
        // SAFETY: the block is ours alone and large enough for a head.
        unsafe { head.write(BlockHead { live: AtomicU32::new(OPEN) }) };
        self.current = Some(head);
        self.next = 1;
        self.cut = 0;
    }

    /// Leaves the current block: from here on its count is that of its live cells. And takes the cells that
    /// were freed last off their block's count.
    fn leave_blocks(&mut self, spare: &mut SpareBlocks) {
        if let Some(head) = self.current.take() {
            self.next = LINES;
            spare.leave(head, OPEN - self.cut);
        }
        if let Some((head, cells)) = self.freed.end() {
            spare.leave(head, cells);
        }
    }
}

impl SpareBlocks {
    /// Gives up so much of a block's count; keeps the block if that was the last, or frees it.
    fn leave(&mut self, head: NonNull<BlockHead>, count: u32) {
        // SAFETY: what is given up has kept the block alive.
        let last = unsafe { head.as_ref() }.leave(count);
        if last && !self.keep(head) {
            // SAFETY: every cell is freed and the owner has left: nobody knows the block but us.
            unsafe { dealloc(head.as_ptr().cast(), BLOCK_LAYOUT) };
        }
    }

    fn keep(&mut self, head: NonNull<BlockHead>) -> bool {
        let room = self.0.len() < SPARE_BLOCKS;
        if room {
            self.0.push(head);
        }
        room
    }
}

impl Drop for ThreadSlab {
    fn drop(&mut self) {
        self.cells.iter_mut().for_each(|cells| cells.leave_blocks(&mut self.spare));
        for head in self.spare.0.drain(..) {
            // SAFETY: spare blocks have no cells and only this list knows them.
            unsafe { dealloc(head.as_ptr().cast(), BLOCK_LAYOUT) };
        }
    }
}

#[cfg(all(test, not(concurry_loom)))]
#[allow(clippy::unwrap_used)] // a test fails by panicking
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::thread;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn cells_are_whole_lines_that_do_not_overlap() {
        let cells: Vec<_> =
            (0..500).map(|i| (allocate(layout(40 + i % 80)), 40 + i % 80)).collect();
        let mut spans: Vec<_> = cells
            .iter()
            .map(|((cell, _), size)| (cell.as_ptr() as usize, size.div_ceil(LINE) * LINE))
            .collect();
        spans.sort_unstable();
        assert!(spans.iter().all(|(start, _)| start % LINE == 0));
        assert!(spans.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
        for ((cell, distance), size) in cells {
            // SAFETY: allocated above with this layout, used by nobody.
            unsafe { free(cell, layout(size), distance) };
        }
    }

    #[test]
    fn large_requests_come_from_the_global_allocator() {
        let (cell, distance) = allocate(layout(LARGEST + 1));
        assert_eq!(distance, Distance::GLOBAL);
        // SAFETY: allocated above with this layout.
        unsafe { free(cell, layout(LARGEST + 1), distance) };
    }

    #[test]
    fn another_thread_may_free_also_after_the_owner_ended() {
        struct Cell(NonNull<u8>, Distance);
        // SAFETY: the memory is plain bytes; the test hands each cell to one thread.
        unsafe impl Send for Cell {}
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for _ in 0..1_000 {
                let (cell, distance) = allocate(layout(48));
                sender.send(Cell(cell, distance)).unwrap();
            }
        })
        .join()
        .unwrap();
        let cells: Vec<Cell> = receiver.into_iter().collect();
        assert_eq!(cells.len(), 1_000);
        for Cell(cell, distance) in cells {
            // SAFETY: allocated by the other thread with this layout, freed once.
            unsafe { free(cell, layout(48), distance) };
        }
    }

    #[test]
    fn small_cells_stay_neighbours_where_large_ones_belong_to_each() {
        let (small, large) = (layout(64), layout(5 * LINE));
        let cells: Vec<_> = (0..2_000).map(|_| (allocate(small), allocate_large(large))).collect();
        let address = |cell: &NonNull<u8>| cell.as_ptr() as usize;
        let neighbours = cells
            .windows(2)
            .filter(|pair| address(&pair[1].0.0) == address(&pair[0].0.0) + LINE)
            .count();
        assert!(neighbours > 1_980, "{neighbours}");
        // Who frees them in turn still counts each block's cells together.
        struct Cells(Vec<((NonNull<u8>, Distance), (NonNull<u8>, Distance))>);
        // SAFETY: the memory is plain bytes; the test hands all of it to one thread.
        unsafe impl Send for Cells {}
        let cells = Cells(cells);
        let freeing = thread::spawn(move || {
            let cells = cells;
            for ((one, near), (other, far)) in cells.0 {
                // SAFETY: allocated above with these layouts, freed once.
                unsafe {
                    free(one, small, near);
                    free(other, large, far);
                }
            }
        });
        freeing.join().unwrap();
    }
}
