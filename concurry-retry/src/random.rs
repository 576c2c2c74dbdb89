//! Random numbers for jitter: small, seedable, of no cryptographic use.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Seeds from the keys that the standard library draws for its hash maps: different in each
    /// process, and for each call.
    pub(crate) fn from_entropy() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    pub(crate) fn new(seed: Option<u64>) -> Self {
        seed.map_or_else(Self::from_entropy, Self::seeded)
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform over `low..=high`, to the nanosecond. `low` when the range is empty.
    pub(crate) fn between(&mut self, low: Duration, high: Duration) -> Duration {
        let width = u64::try_from(high.saturating_sub(low).as_nanos()).unwrap_or(u64::MAX);
        // The upper half of a 64 x 64 bit product maps the whole range of the generator evenly
        // onto `0..=width`.
        let offset = (u128::from(self.next_u64()) * (u128::from(width) + 1)) >> 64;
        low.saturating_add(Duration::from_nanos(offset as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_series_and_other_seeds_other_ones() {
        let series = |seed| {
            let mut random = Random::seeded(seed);
            [random.next_u64(), random.next_u64(), random.next_u64()]
        };
        assert_eq!(series(7), series(7));
        assert_ne!(series(7), series(8));
        assert_ne!(Random::from_entropy().next_u64(), Random::from_entropy().next_u64());
    }

    #[test]
    fn a_range_is_covered_evenly_with_both_ends() {
        let mut random = Random::seeded(1);
        let (low, high) = (Duration::from_nanos(10), Duration::from_nanos(13));
        let mut hits = [0_u32; 4];
        for _ in 0..4000 {
            hits[(random.between(low, high) - low).as_nanos() as usize] += 1;
        }
        assert!(hits.iter().all(|&hits| (900..1100).contains(&hits)), "{hits:?}");
        assert_eq!(random.between(high, low), high);
    }
}
