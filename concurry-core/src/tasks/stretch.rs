//! The output of a map, which many threads fill in place.

use std::mem::{self, ManuallyDrop, MaybeUninit};
use std::ops::Range;

/// Neighbouring places of an output, to be filled from the first to the last. What was filled is
/// dropped with it, unless it is [kept](Self::keep).
pub(super) struct Stretch<'o, T> {
    places: &'o mut [MaybeUninit<T>],
    filled: usize,
}

impl<'o, T> Stretch<'o, T> {
    pub(super) fn new(places: &'o mut [MaybeUninit<T>]) -> Self {
        Self { places, filled: 0 }
    }

    /// How many places are filled.
    pub(super) fn filled(&self) -> usize {
        self.filled
    }

    /// How many are not.
    pub(super) fn left(&self) -> usize {
        self.places.len() - self.filled
    }

    /// Where the places lie.
    pub(super) fn addresses(&self) -> Range<usize> {
        let first = self.places.as_ptr().addr();
        first..first + size_of_val(self.places)
    }

    /// Fills one place after the other, until there are no more results or no more places, or at
    /// the first error.
    #[inline]
    pub(super) fn fill<E>(&mut self, results: impl Iterator<Item = Result<T, E>>) -> Result<(), E> {
        for (place, result) in self.places[self.filled..].iter_mut().zip(results) {
            place.write(result?);
            self.filled += 1;
        }
        Ok(())
    }

    /// Gives away the last places. None of them may be filled.
    pub(super) fn split_off(&mut self, count: usize) -> Self {
        let places = mem::take(&mut self.places);
        let keeps = places.len() - count;
        assert!(self.filled <= keeps, "a filled place belongs to who filled it");
        let (own, rest) = places.split_at_mut(keeps);
        self.places = own;
        Self::new(rest)
    }

    /// Leaves what was filled in its place, for the owner of the output. Returns how many those are:
    /// all places, or the owner could not tell which.
    pub(super) fn keep(self) -> usize {
        let kept = ManuallyDrop::new(self);
        assert_eq!(kept.filled, kept.places.len(), "only a full stretch can be kept");
        kept.filled
    }
}

impl<T> Drop for Stretch<'_, T> {
    fn drop(&mut self) {
        for place in &mut self.places[..self.filled] {
            // SAFETY: the first `filled` places were written, and nobody else knows of them.
            unsafe { place.assume_init_drop() };
        }
    }
}

/// An output whose first places are filled in place.
pub(super) struct Output<T>(Vec<T>);

impl<T> Output<T> {
    /// With room for so many results, or for none if the memory is not to be had.
    pub(super) fn with_room(results: usize) -> Self {
        let mut values = Vec::new();
        // An input may claim any length. One that is too long for the memory is not refused: its
        // results go elsewhere, as far as they come.
        let _ = values.try_reserve_exact(results);
        Self(values)
    }

    /// All places.
    pub(super) fn places(&mut self) -> Stretch<'_, T> {
        Stretch::new(self.0.spare_capacity_mut())
    }

    /// The results.
    ///
    /// # Safety
    /// The first `filled` places are filled, and were kept.
    pub(super) unsafe fn into_filled(mut self, filled: usize) -> Vec<T> {
        assert!(filled <= self.0.capacity());
        // SAFETY: within the capacity, and filled by contract.
        unsafe { self.0.set_len(filled) };
        self.0
    }
}

#[cfg(all(test, not(concurry_loom)))]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn what_was_filled_is_dropped_with_the_stretch_and_nothing_else() {
        let value = Rc::new(());
        let mut output = Output::with_room(4);
        let mut first = output.places();
        let second = first.split_off(2);
        let results = [Ok(Rc::clone(&value)), Err("no"), Ok(Rc::clone(&value))];
        assert_eq!(first.fill(results.into_iter()), Err("no"));
        assert_eq!((first.filled(), Rc::strong_count(&value)), (1, 2));
        drop((first, second));
        assert_eq!(Rc::strong_count(&value), 1);
    }

    #[test]
    fn full_stretches_that_are_kept_are_the_output() {
        let mut output = Output::with_room(4);
        let mut first = output.places();
        let mut second = first.split_off(1);
        let mut rest = first.split_off(1);
        let results = |numbers: std::ops::Range<u32>| numbers.map(|n| Ok::<_, ()>(n.to_string()));
        second.fill(results(3..9)).unwrap_or(());
        rest.fill(results(2..3)).unwrap_or(());
        first.fill(results(0..2)).unwrap_or(());
        let kept = first.keep() + second.keep() + rest.keep();
        // SAFETY: all places were filled and kept.
        assert_eq!(unsafe { output.into_filled(kept) }, ["0", "1", "2", "3"]);
    }

    #[test]
    fn an_output_that_is_too_large_for_the_memory_has_no_room() {
        assert_eq!(Output::<u64>::with_room(usize::MAX).places().left(), 0);
    }
}
