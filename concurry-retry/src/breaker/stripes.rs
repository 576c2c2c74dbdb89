//! Counts of plain successes, one per group of threads, so that healthy traffic shares no lock and
//! no cache line.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// One counter on cache lines of its own (two of 64 bytes: processors fetch them in pairs).
#[derive(Debug, Default)]
#[repr(align(128))]
struct Cell(AtomicU64);

/// Successes not yet in the window.
///
/// Each cell packs the time step (upper half) and the successes in it (lower half). A cell holds
/// one step at a time: who finds another step there has all cells drained first. The counters
/// guard no other memory, and are read under the breaker's lock, so relaxed ordering is enough: a
/// success that is seen late is counted with the next failure.
#[derive(Debug)]
pub(crate) struct Stripes {
    cells: [Cell; Self::COUNT],
}

thread_local! {
    static CELL: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed) % Stripes::COUNT
    };
}

impl Stripes {
    const COUNT: usize = 8;

    pub(crate) fn new() -> Self {
        Self { cells: Default::default() }
    }

    /// Counts one success in `step`; `false` when the cells must be drained first.
    #[inline]
    pub(crate) fn add(&self, step: u32) -> bool {
        // A thread that is ending has no cell of its own any more; any will do.
        let cell = &self.cells[CELL.try_with(|cell| *cell).unwrap_or(0)].0;
        let mut seen = cell.load(Ordering::Relaxed);
        loop {
            let (held, count) = unpack(seen);
            if (held != step && count != 0) || count == u32::MAX {
                return false;
            }
            let next = pack(step, count + 1);
            match cell.compare_exchange_weak(seen, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
    }

    /// Takes everything out, as pairs of step and successes.
    pub(crate) fn drain(&self) -> impl Iterator<Item = (u32, u32)> {
        let taken = self.cells.iter().map(|cell| unpack(cell.0.swap(0, Ordering::Relaxed)));
        taken.filter(|(_, count)| *count != 0)
    }
}

const fn pack(step: u32, count: u32) -> u64 {
    (step as u64) << 32 | count as u64
}

const fn unpack(cell: u64) -> (u32, u32) {
    ((cell >> 32) as u32, cell as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_success_of_any_thread_is_lost_or_counted_twice() {
        let stripes = Stripes::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..10_000).for_each(|_| assert!(stripes.add(3))));
            }
        });
        assert_eq!(stripes.drain().map(|(_, count)| count).sum::<u32>(), 40_000);
        assert_eq!(stripes.drain().count(), 0);
    }

    #[test]
    fn a_cell_of_an_older_step_asks_to_be_drained() {
        let stripes = Stripes::new();
        assert!(stripes.add(1));
        assert!(!stripes.add(2));
        assert_eq!(stripes.drain().collect::<Vec<_>>(), [(1, 1)]);
        assert!(stripes.add(2));
    }
}
