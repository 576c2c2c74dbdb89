//! Entries by their moments, for a queue of timers.
//!
//! Most are added in the order of their moments, or nearly so, and are over long before. So they lie in
//! chunks, and who ends calls takes a whole one out at a time: that is a few instructions under the lock of
//! the queue, and its entries are looked at without it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use super::timer_queue::Timed;

/// Entries in the order of their moments.
pub(super) type Chunk<T> = VecDeque<(Instant, T)>;

/// How many entries a chunk has.
pub(super) const CHUNK: usize = 64;
/// So many chunks without entries are kept.
const SPARE: usize = 4;
/// Fewer entries are not looked through.
const FEW: usize = 1_024;

pub(super) struct Entries<T> {
    /// Those that were added in order. No chunk is empty; all but the last have been full, and the first may
    /// have lost some since.
    row: VecDeque<Chunk<T>>,
    /// What of earlier chunks was not over, in order.
    late: Chunk<T>,
    /// What was added out of order.
    odd: BTreeMap<(Instant, u64), T>,
    /// How many were, so that those of one moment are told apart.
    odd_ones: u64,
    /// How many entries were missing in chunks that were taken.
    owed: usize,
    /// How many late and odd ones were left when all that were over were last taken out, and how many calls
    /// have ended since.
    kept: usize,
    ended: usize,
    spare: Vec<Chunk<T>>,
}

/// Where the first entry is.
#[derive(Clone, Copy)]
enum Place {
    Row,
    Late,
    Odd,
}

impl<T: Timed> Entries<T> {
    pub(super) fn new() -> Self {
        Self {
            row: VecDeque::new(),
            late: Chunk::new(),
            odd: BTreeMap::new(),
            odd_ones: 0,
            owed: 0,
            kept: 0,
            ended: 0,
            spare: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, at: Instant, entry: T) {
        match self.row.back_mut() {
            Some(chunk) if chunk.back().is_some_and(|(last, _)| *last > at) => {
                self.add_out_of_order(at, entry);
            }
            Some(chunk) if chunk.len() < CHUNK => chunk.push_back((at, entry)),
            _ => {
                let mut chunk = self.spare.pop().unwrap_or_else(|| Chunk::with_capacity(CHUNK));
                chunk.push_back((at, entry));
                self.row.push_back(chunk);
            }
        }
    }

    /// Somebody was quicker than those who came before him, or one of those is late by far.
    #[cold]
    fn add_out_of_order(&mut self, at: Instant, entry: T) {
        let before = self.row.len().checked_sub(2).and_then(|chunk| self.row[chunk].back());
        let is_before = before.is_some_and(|(last, _)| *last > at);
        let odd = match self.row.back_mut().filter(|_| !is_before) {
            Some(chunk) => {
                let farthest = if chunk.len() < CHUNK { None } else { chunk.pop_back() };
                let place = chunk.partition_point(|(other, _)| *other <= at);
                chunk.insert(place, (at, entry));
                farthest
            }
            None => Some((at, entry)),
        };
        if let Some((at, entry)) = odd {
            self.add_odd(at, entry);
        }
    }

    fn add_odd(&mut self, at: Instant, entry: T) {
        self.odd.insert((at, self.odd_ones), entry);
        self.odd_ones += 1;
    }

    /// The oldest chunk, unless it is still being filled, to be taken when as many entries as it has places
    /// are over, whichever they are. What of it is not over is to be put back.
    pub(super) fn take_chunk(&mut self) -> Option<Chunk<T>> {
        self.ended += CHUNK;
        self.sweep();
        self.take()
    }

    fn take(&mut self) -> Option<Chunk<T>> {
        let is_last = self.row.len() == 1;
        let chunk = self.row.pop_front_if(|chunk| !is_last || chunk.len() >= CHUNK)?;
        self.owed += CHUNK - chunk.len();
        Some(chunk)
    }

    /// The next one, if chunks that were taken were not whole: others are over instead.
    pub(super) fn take_owed_chunk(&mut self) -> Option<Chunk<T>> {
        if self.owed < CHUNK {
            return None;
        }
        let chunk = self.take()?;
        self.owed -= CHUNK;
        Some(chunk)
    }

    /// Puts entries back that were taken out.
    pub(super) fn put_back(&mut self, chunk: Chunk<T>) {
        let mut chunk = chunk;
        while let Some((at, entry)) = chunk.pop_front() {
            // Chunks are mostly put back in the order in which they were taken.
            match self.late.back() {
                Some((last, _)) if *last > at => self.add_odd(at, entry),
                _ => self.late.push_back((at, entry)),
            }
        }
        if self.spare.len() < SPARE {
            self.spare.push(chunk);
        }
    }

    /// The moment of the first entry that is not over. Those before it go.
    pub(super) fn first(&mut self) -> Option<Instant> {
        while let Some((at, place)) = self.find_first() {
            let is_over = match place {
                Place::Row => self.row.front().and_then(Chunk::front).map(|(_, entry)| entry),
                Place::Late => self.late.front().map(|(_, entry)| entry),
                Place::Odd => self.odd.first_key_value().map(|(_, entry)| entry),
            };
            if !is_over.is_some_and(Timed::is_over) {
                return Some(at);
            }
            drop(self.pop_at(place));
        }
        None
    }

    /// Takes the first entry out.
    pub(super) fn pop_first(&mut self) -> Option<T> {
        let (_, place) = self.find_first()?;
        self.pop_at(place)
    }

    fn find_first(&self) -> Option<(Instant, Place)> {
        let row = self.row.front().and_then(Chunk::front).map(|(at, _)| (*at, Place::Row));
        let late = self.late.front().map(|(at, _)| (*at, Place::Late));
        let odd = self.odd.first_key_value().map(|((at, _), _)| (*at, Place::Odd));
        [row, late, odd].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn pop_at(&mut self, place: Place) -> Option<T> {
        match place {
            Place::Row => {
                let chunk = self.row.front_mut()?;
                let entry = chunk.pop_front();
                if chunk.is_empty() {
                    self.row.pop_front();
                }
                entry.map(|(_, entry)| entry)
            }
            Place::Late => self.late.pop_front().map(|(_, entry)| entry),
            Place::Odd => self.odd.pop_first().map(|(_, entry)| entry),
        }
    }

    /// Takes late and odd ones out that are over, once they may be many: half as many calls have ended as were
    /// kept, or more have come. Each that ends or comes pays for two or three looks so, and when all have
    /// ended few are left.
    fn sweep(&mut self) {
        let come = (self.late.len() + self.odd.len()).saturating_sub(self.kept);
        if come > self.kept + FEW || self.ended > self.kept / 2 + FEW {
            self.ended = 0;
            self.late.retain(|(_, entry)| !entry.is_over());
            self.odd.retain(|_, entry| !entry.is_over());
            self.kept = self.late.len() + self.odd.len();
        }
    }
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    struct Entry {
        number: usize,
        over: Arc<AtomicBool>,
    }

    impl Timed for Entry {
        fn is_over(&self) -> bool {
            self.over.load(Ordering::Relaxed)
        }

        fn look(&self) {}
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// So much later than the last one, or earlier.
        Add(i64),
        /// The one of this place among those that are not.
        End(prop::sample::Index),
        Take,
        PutBack,
        Pop,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => (0_i64..3).prop_map(Step::Add),
            1 => (-500_i64..500).prop_map(Step::Add),
            6 => any::<prop::sample::Index>().prop_map(Step::End),
            2 => Just(Step::Take),
            2 => Just(Step::PutBack),
            1 => Just(Step::Pop),
        ]
    }

    proptest! {
        #[test]
        fn the_first_is_always_the_earliest_that_is_not_over(
            steps in prop::collection::vec(step(), 1..1_500),
        ) {
            let start = Instant::now();
            // Far enough from the start that none comes before it.
            let mut last = 1_000_000_u64;
            let mut entries = Entries::new();
            let mut taken: Vec<Chunk<Entry>> = Vec::new();
            // What is not over, by number.
            let mut live: BTreeMap<usize, (Instant, Arc<AtomicBool>)> = BTreeMap::new();
            for (number, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Add(after) => {
                        last = last.saturating_add_signed(after);
                        let at = start + Duration::from_millis(last);
                        let over = Arc::new(AtomicBool::new(false));
                        entries.add(at, Entry { number, over: Arc::clone(&over) });
                        live.insert(number, (at, over));
                    }
                    Step::End(index) if !live.is_empty() => {
                        let number = *index.get(&live.keys().copied().collect::<Vec<_>>());
                        if let Some((_, over)) = live.remove(&number) {
                            over.store(true, Ordering::Relaxed);
                        }
                    }
                    Step::End(_) => {}
                    Step::Take => taken.extend(entries.take_chunk()),
                    Step::PutBack => {
                        if let Some(mut chunk) = taken.pop() {
                            chunk.retain(|(_, entry)| !entry.is_over());
                            entries.put_back(chunk);
                        }
                    }
                    Step::Pop => {
                        if let Some(at) = entries.first() {
                            let popped = entries.pop_first().map(|entry| entry.number);
                            let known = popped.and_then(|number| live.remove(&number));
                            prop_assert_eq!(known.map(|(at, _)| at), Some(at));
                        }
                    }
                }
                prop_assert!(entries.row.iter().all(|chunk| (1..=CHUNK).contains(&chunk.len())));
                let row: Vec<_> = entries.row.iter().flatten().map(|(at, _)| *at).collect();
                prop_assert!(row.is_sorted() && entries.late.iter().map(|(at, _)| *at).is_sorted());
                let out = |number: &usize| taken.iter().flatten().any(|(_, one)| one.number == *number);
                let expected = live.iter().filter(|(number, _)| !out(number)).map(|(_, (at, _))| *at);
                prop_assert_eq!(entries.first(), expected.min());
            }
        }
    }

    /// As the queue does when a chunk's entries more are over.
    fn clear(entries: &mut Entries<Entry>) {
        let mut next = entries.take_chunk();
        while let Some(mut chunk) = next {
            chunk.retain(|(_, entry)| !entry.is_over());
            entries.put_back(chunk);
            next = entries.take_owed_chunk();
        }
    }

    #[test]
    fn what_is_over_does_not_pile_up() {
        let start = Instant::now();
        let mut entries = Entries::new();
        // Of three one is odd, and one is later than most that follow.
        for number in 0..20_000 {
            let at = start + Duration::from_millis([number, 0, 2 * number][number as usize % 3]);
            let over = Arc::new(AtomicBool::new(true));
            entries.add(at, Entry { number: 0, over });
            if number % CHUNK as u64 == 0 {
                clear(&mut entries);
            }
            assert!(entries.odd.len() + entries.late.len() <= FEW + 2 * CHUNK, "{number}");
            assert!(entries.row.len() <= 2 && entries.spare.len() <= SPARE, "{number}");
        }
        assert_eq!(entries.first(), None);
    }

    #[test]
    fn what_was_late_leaves_when_it_is_over() {
        let start = Instant::now();
        let mut entries = Entries::new();
        let over: Vec<_> = (0..20_000).map(|_| Arc::new(AtomicBool::new(false))).collect();
        for (second, over) in (0..).zip(&over) {
            let over = Arc::clone(over);
            entries.add(start + Duration::from_secs(second), Entry { number: 0, over });
        }
        // The last ones end first, so that each chunk that is taken has none of them.
        for (count, one) in over.iter().rev().enumerate() {
            one.store(true, Ordering::Relaxed);
            if count % CHUNK == CHUNK - 1 {
                clear(&mut entries);
            }
        }
        let left = over.iter().filter(|over| Arc::strong_count(over) > 1).count();
        assert!(left <= 2 * (FEW + CHUNK), "{left}");
    }

    #[test]
    fn one_that_is_late_by_far_does_not_make_others_odd() {
        let start = Instant::now();
        let mut entries = Entries::new();
        let mut add = |seconds| {
            let over = Arc::new(AtomicBool::new(false));
            entries.add(start + Duration::from_secs(seconds), Entry { number: 0, over });
        };
        add(1_000_000);
        (0..3 * CHUNK as u64).for_each(&mut add);
        // And neighbours may change places.
        (0..CHUNK as u64).for_each(|number| add(1_000 + (number ^ 1)));
        assert_eq!((entries.odd.len(), entries.row.len()), (1, 4));
        assert_eq!(entries.first(), Some(start));
    }
}
