//! The ready units of one lane, the most urgent first.

use super::levels::Levels;

/// The ready units of one lane: first in, first out in each bucket, the highest bucket first. The
/// units themselves are the links, so nothing is allocated and nothing compared.
#[derive(Debug)]
pub(crate) struct Ready {
    buckets: Vec<Bucket>,
    occupied: Levels,
    length: usize,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    first: u32,
    last: u32,
}

/// No unit.
const NONE: u32 = u32::MAX;

impl Ready {
    pub(crate) fn new(buckets: usize) -> Self {
        let buckets = vec![Bucket { first: NONE, last: NONE }; buckets];
        Self { occupied: Levels::new(buckets.len()), buckets, length: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Adds a unit. `next` holds the link of every unit.
    pub(crate) fn push(&mut self, unit: u32, bucket: u32, next: &mut [u32]) {
        let entry = &mut self.buckets[bucket as usize];
        next[unit as usize] = NONE;
        if entry.last == NONE {
            entry.first = unit;
            self.occupied.insert(bucket);
        } else {
            next[entry.last as usize] = unit;
        }
        entry.last = unit;
        self.length += 1;
    }

    /// The most urgent unit.
    pub(crate) fn first(&self) -> Option<u32> {
        Some(self.buckets[self.occupied.highest()? as usize].first)
    }

    /// Takes the most urgent unit.
    pub(crate) fn pop(&mut self, next: &[u32]) -> Option<u32> {
        let bucket = self.occupied.highest()?;
        let entry = &mut self.buckets[bucket as usize];
        let unit = entry.first;
        entry.first = next[unit as usize];
        if entry.first == NONE {
            entry.last = NONE;
            self.occupied.remove(bucket);
        }
        self.length -= 1;
        Some(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bucket_comes_first_and_each_in_order() {
        let (mut ready, mut next) = (Ready::new(3), vec![0; 6]);
        for (unit, bucket) in [(0, 1), (1, 0), (2, 1), (3, 2), (4, 0)] {
            ready.push(unit, bucket, &mut next);
        }
        assert_eq!((ready.first(), ready.pop(&next)), (Some(3), Some(3)));
        ready.push(5, 2, &mut next);
        let rest: Vec<u32> = std::iter::from_fn(|| ready.pop(&next)).collect();
        assert_eq!((rest, ready.len()), (vec![5, 0, 2, 1, 4], 0));
    }
}
