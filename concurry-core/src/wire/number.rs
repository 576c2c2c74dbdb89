//! The numbers of calls: a place in the worker's table, and how often it was used.

pub(crate) const fn number(slot: u32, generation: u32) -> u64 {
    (generation as u64) << 32 | slot as u64
}

/// The place of a number.
pub(crate) const fn slot(number: u64) -> u32 {
    number as u32
}

/// How often the place had been used.
pub(crate) const fn generation(number: u64) -> u32 {
    (number >> 32) as u32
}
