//! The calls that one worker has and has not answered.

use super::{Chunk, TakenCall};
use crate::wire::{generation, number, slot};

/// The calls that one worker has and has not answered, by their numbers.
///
/// A number is a place in the table and how often the place was used: an answer that comes late, or
/// to a worker that was replaced, meets no call of another.
#[derive(Debug, Default)]
pub struct CallTable {
    places: Vec<Place>,
    free: Vec<u32>,
    next_order: u64,
    length: usize,
    /// How many calls that is, where some are several under one number.
    open: usize,
}

/// Thirty bits, from one.
const LAST_GENERATION: u32 = (1 << 30) - 1;

#[derive(Debug)]
struct Place {
    generation: u32,
    order: u64,
    call: Option<TakenCall>,
}

impl CallTable {
    /// Without calls.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many calls are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether no call is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many calls in it are not over, each of several under one number by itself.
    pub(crate) fn open(&self) -> usize {
        self.open
    }

    /// The number that the next call will have.
    pub fn next_number(&mut self) -> u64 {
        if self.free.is_empty() {
            self.free.push(self.places.len() as u32);
            self.places.push(Place { generation: 1, order: 0, call: None });
        }
        let slot = self.free[self.free.len() - 1];
        number(slot, self.places[slot as usize].generation)
    }

    /// Adds a call, under [`next_number`](Self::next_number).
    pub fn insert(&mut self, call: TakenCall) -> u64 {
        let number = self.next_number();
        self.free.pop();
        self.open += call.open();
        let place = &mut self.places[slot(number) as usize];
        place.order = self.next_order;
        place.call = Some(call);
        self.next_order += 1;
        self.length += 1;
        number
    }

    /// The call of that number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&TakenCall> {
        let place = self.places.get(slot(number) as usize)?;
        place.call.as_ref().filter(|_| place.generation == generation(number))
    }

    /// Takes the call of that number out.
    #[inline]
    pub fn remove(&mut self, number: u64) -> Option<TakenCall> {
        let place = self.places.get_mut(slot(number) as usize)?;
        if place.generation != generation(number) {
            return None;
        }
        let call = place.call.take()?;
        place.generation = place.generation % LAST_GENERATION + 1;
        self.free.push(slot(number));
        self.length -= 1;
        self.open -= call.open();
        Some(call)
    }

    /// Changes several calls that have that number. When none of them is left they are not in the table
    /// any more. `None`: there are no several calls of that number.
    pub(crate) fn change<R>(
        &mut self,
        number: u64,
        change: impl FnOnce(&mut dyn Chunk) -> R,
    ) -> Option<R> {
        let place = self.places.get_mut(slot(number) as usize)?;
        let current = place.generation == generation(number);
        let chunk = place.call.as_mut().filter(|_| current)?.chunk()?;
        let before = chunk.open();
        let changed = change(chunk);
        let left = chunk.open();
        self.open -= before - left;
        if left == 0 {
            drop(self.remove(number));
        }
        Some(changed)
    }

    /// The numbers of all calls, oldest first.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        let places = self.places.iter().enumerate();
        let mut used: Vec<(u64, u64)> = places
            .filter(|(_, place)| place.call.is_some())
            .map(|(slot, place)| (place.order, number(slot as u32, place.generation)))
            .collect();
        used.sort_unstable();
        used.into_iter().map(|(_, number)| number).collect()
    }

    /// The numbers of the calls that a worker which begins them in their order gives back, oldest
    /// first. `take_back` says of one call whether it was not begun, and now never will be.
    pub(crate) fn take_back(&self, take_back: impl FnMut(u64) -> bool) -> Vec<u64> {
        not_begun(self.numbers(), take_back)
    }
}

/// The newest is asked for first: from the oldest on, a worker that goes on meanwhile would begin what
/// stands behind a call that it has just lost.
fn not_begun(oldest_first: Vec<u64>, mut take_back: impl FnMut(u64) -> bool) -> Vec<u64> {
    let newest_first = oldest_first.into_iter().rev();
    let mut back: Vec<_> = newest_first.take_while(|&number| take_back(number)).collect();
    back.reverse();
    back
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_worker_gives_back_while_it_goes_on_is_the_end_of_its_line() {
        for begun_meanwhile in 0..10 {
            // The worker begins its oldest call each time before it is asked, so many times.
            let (mut line, mut begun, mut lost) = ((1..=10).collect::<Vec<_>>(), vec![], vec![]);
            let back = not_begun((1..=10).collect(), |number| {
                if begun.len() < begun_meanwhile && !line.is_empty() {
                    begun.push(line.remove(0));
                }
                let waits = line.contains(&number);
                if waits {
                    line.retain(|other| *other != number);
                    lost.push(number);
                }
                waits
            });
            // What it has, and then what came back, are in their order, and nothing is missing.
            assert_eq!([begun, line, back].concat(), (1..=10).collect::<Vec<_>>());
        }
    }
}
