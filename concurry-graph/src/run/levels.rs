//! A set of small numbers that gives its highest in a few steps.

/// A set of numbers below a bound, as bits, with a bit for each word of bits above it.
#[derive(Debug)]
pub(crate) struct Levels {
    /// The numbers themselves first; the last level is one word.
    levels: Vec<Vec<u64>>,
}

const BITS: usize = u64::BITS as usize;

impl Levels {
    /// The empty set of numbers below `bound`.
    pub(crate) fn new(bound: usize) -> Self {
        let mut levels = Vec::new();
        let mut words = bound;
        loop {
            words = words.div_ceil(BITS).max(1);
            levels.push(vec![0; words]);
            if words == 1 {
                return Self { levels };
            }
        }
    }

    pub(crate) fn insert(&mut self, number: u32) {
        let mut place = number as usize;
        for level in &mut self.levels {
            let word = &mut level[place / BITS];
            let was_empty = *word == 0;
            *word |= 1 << (place % BITS);
            if !was_empty {
                return;
            }
            place /= BITS;
        }
    }

    pub(crate) fn remove(&mut self, number: u32) {
        let mut place = number as usize;
        for level in &mut self.levels {
            let word = &mut level[place / BITS];
            *word &= !(1 << (place % BITS));
            if *word != 0 {
                return;
            }
            place /= BITS;
        }
    }

    pub(crate) fn highest(&self) -> Option<u32> {
        let mut place = 0;
        for level in self.levels.iter().rev() {
            let word = level[place];
            if word == 0 {
                return None;
            }
            place = place * BITS + (BITS - 1 - word.leading_zeros() as usize);
        }
        Some(place as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_is_a_set(steps in proptest::collection::vec((0_u32..5_000, any::<bool>()), 0..400)) {
            let mut levels = Levels::new(5_000);
            let mut set = BTreeSet::new();
            for (number, insert) in steps {
                if insert {
                    levels.insert(number);
                    set.insert(number);
                } else {
                    levels.remove(number);
                    set.remove(&number);
                }
                prop_assert_eq!(levels.highest(), set.last().copied());
            }
        }
    }
}
