//! The calls that one worker has and has not answered.

use super::TakenCall;
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
        Some(call)
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
}
