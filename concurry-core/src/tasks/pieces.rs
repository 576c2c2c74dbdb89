//! What the threads of a map hand to each other: the input, and pieces that were taken from it.

use std::collections::VecDeque;
use std::{iter, mem};

use super::pages_ahead::PagesAhead;
use super::stretch::Stretch;

/// The most items of a piece, if they are small: they stay in the first cache, and what it costs to
/// hand the input on is nothing beside them.
const MOST_ITEMS: usize = 1 << 12;
/// The most memory that the items of a piece take.
const MOST_BYTES: usize = 1 << 15;

/// What was not yet taken from the input. One thread at a time has it.
pub(super) struct Input<'o, I, T> {
    items: I,
    ended: bool,
    /// How many items were taken.
    taken: usize,
    /// The places that are left.
    output: Stretch<'o, T>,
}

/// Items, and where their results go.
pub(super) struct Piece<'o, X, T> {
    items: VecDeque<X>,
    /// The place of the first in the input.
    first: usize,
    results: Results<'o, T>,
}

/// Results of a piece, in its order.
enum Results<'o, T> {
    /// In the output already.
    InPlace(Stretch<'o, T>),
    /// There was no room left: the input had not said how long it is.
    Apart(Vec<T>),
}

impl<'o, I: Iterator, T> Input<'o, I, T> {
    pub(super) fn new(items: I, output: Stretch<'o, T>) -> Self {
        Self { items, ended: false, taken: 0, output }
    }

    /// The most items that a piece may have.
    pub(super) fn most_items() -> usize {
        (MOST_BYTES / size_of::<I::Item>().max(1)).clamp(1, MOST_ITEMS)
    }

    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The pages of the output to ask for, once a piece was taken and the input handed on.
    pub(super) fn pages_ahead(&self, piece: &Piece<'o, I::Item, T>) -> Option<PagesAhead> {
        let Results::InPlace(places) = &piece.results else { return None };
        PagesAhead::of(&places.addresses(), piece.first == 0, self.output.addresses().end)
    }

    /// Takes the next items, into memory without any: so many, unless the input or the room in the
    /// output ends before.
    pub(super) fn take(
        &mut self,
        count: usize,
        mut items: VecDeque<I::Item>,
    ) -> Piece<'o, I::Item, T> {
        let places = self.output.left();
        let count = if places == 0 { count } else { count.min(places) };
        items.reserve(count);
        items.extend(self.items.by_ref().take(count));
        let (first, taken) = (self.taken, items.len());
        self.taken += taken;
        self.ended = taken < count;
        let results = if places == 0 {
            Results::Apart(Vec::with_capacity(taken))
        } else {
            let rest = self.output.split_off(places - taken);
            Results::InPlace(mem::replace(&mut self.output, rest))
        };
        Piece { items, first, results }
    }
}

impl<'o, X, T> Piece<'o, X, T> {
    /// How many items wait.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The place in the input of the item that is next.
    pub(super) fn next_place(&self) -> usize {
        self.first + self.results.len()
    }

    /// Works on the next items: so many, unless one fails.
    #[inline]
    pub(super) fn advance<E>(
        &mut self,
        count: usize,
        function: impl Fn(X) -> Result<T, E>,
    ) -> Result<(), E> {
        let items = &mut self.items;
        let results = iter::from_fn(|| items.pop_front()).take(count).map(function);
        match &mut self.results {
            Results::InPlace(places) => places.fill(results),
            Results::Apart(values) => {
                for result in results {
                    values.push(result?);
                }
                Ok(())
            }
        }
    }

    /// Gives away the last items, and the places of their results.
    pub(super) fn split_off(&mut self, count: usize) -> Self {
        let keeps = self.len() - count;
        let first = self.next_place() + keeps;
        let items = self.items.split_off(keeps);
        let results = match &mut self.results {
            Results::InPlace(places) => Results::InPlace(places.split_off(count)),
            Results::Apart(_) => Results::Apart(Vec::with_capacity(count)),
        };
        Self { items, first, results }
    }
}

impl<T> Results<'_, T> {
    fn len(&self) -> usize {
        match self {
            Self::InPlace(places) => places.filled(),
            Self::Apart(values) => values.len(),
        }
    }
}

/// What is left of all pieces that are done.
pub(super) struct Finished<'o, X, T> {
    in_place: Vec<Stretch<'o, T>>,
    /// With the places of their first items.
    apart: Vec<(usize, Vec<T>)>,
    /// Memory for the items of other pieces. To give it back and get it anew for each piece costs
    /// page faults.
    memory: Vec<VecDeque<X>>,
}

impl<'o, X, T> Finished<'o, X, T> {
    pub(super) const fn new() -> Self {
        Self { in_place: Vec::new(), apart: Vec::new(), memory: Vec::new() }
    }

    /// Memory for the items of a piece.
    pub(super) fn take_memory(&mut self) -> VecDeque<X> {
        self.memory.pop().unwrap_or_default()
    }

    /// Adds a piece that has no items left.
    pub(super) fn add(&mut self, piece: Piece<'o, X, T>) {
        self.memory.push(piece.items);
        match piece.results {
            Results::InPlace(places) => self.in_place.push(places),
            Results::Apart(values) => self.apart.push((piece.first, values)),
        }
    }

    /// Keeps what is in the output: how many results those are, and the others, in order.
    pub(super) fn keep(self) -> (usize, Vec<Vec<T>>) {
        let Self { in_place, mut apart, .. } = self;
        apart.sort_unstable_by_key(|(first, _)| *first);
        let kept = in_place.into_iter().map(Stretch::keep).sum();
        (kept, apart.into_iter().map(|(_, values)| values).collect())
    }
}
