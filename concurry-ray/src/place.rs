//! Where a call is, as one number that fits into its node: which worker has it, and as which of its
//! calls.

/// More places than a worker's table ever has.
const SLOT_BITS: u32 = 16;
/// As far as tables count how often a place was used.
const GENERATION_BITS: u32 = 30;
const SLOT: u64 = (1 << SLOT_BITS) - 1;
const GENERATION: u64 = (1 << GENERATION_BITS) - 1;

/// Of the call with that number at that worker. Never zero, which means nowhere.
pub(crate) fn of(worker: usize, number: u64) -> u64 {
    let (slot, generation) = (number & SLOT, (number >> 32) & GENERATION);
    (worker as u64 + 1) << (SLOT_BITS + GENERATION_BITS) | generation << SLOT_BITS | slot
}

/// The worker, and the number that the call has there.
pub(crate) fn parts(place: u64) -> Option<(usize, u64)> {
    let worker = (place >> (SLOT_BITS + GENERATION_BITS)).checked_sub(1)?;
    let generation = (place >> SLOT_BITS) & GENERATION;
    Some((usize::try_from(worker).ok()?, generation << 32 | (place & SLOT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_gives_back_what_it_was_made_of() {
        let last = GENERATION << 32 | SLOT;
        for (worker, number) in [(0, 1 << 32), (99_999, 7 << 32 | 8_191), (1, last)] {
            assert_ne!(of(worker, number), 0);
            assert_eq!(parts(of(worker, number)), Some((worker, number)));
        }
    }

    #[test]
    fn no_place_belongs_to_no_worker() {
        assert_eq!(parts(0), None);
    }
}
