//! The nodes of a container, as what a node works with.

use std::marker::PhantomData;
use std::ops::Range;

use concurry_core::__private::{SlabArc, Visitor};

use crate::argument::{Inputs, Part};
use crate::error::ComputeError;
use crate::lazy::{Lazy, Produces};
use crate::node::{Dependency, Place, RowRun, SharedNode, Stretch};

/// A container that is made of keys and values.
pub(crate) trait Collect<K, T>: Sized {
    /// `keys` is empty where the container has none.
    fn collect(keys: Vec<K>, values: Vec<T>) -> Self;
}

/// The nodes of a container, and its keys in the same order. As small as can be: there may be
/// millions of them.
pub(crate) struct Container<K, T: Send + 'static, C> {
    keys: Vec<K>,
    /// `None` where the value was taken and nobody will look at the shape of the graph.
    nodes: Vec<Option<Child<T>>>,
    /// Values that were taken early, in no order.
    early: Vec<Values<T>>,
    /// From this place on, each counts as a use of its node. The others are kept for the shape of the
    /// graph only.
    used_from: usize,
    container: PhantomData<fn() -> C>,
}

/// Nodes are fetched so many places ahead: millions of them are in no cache any more.
const AHEAD: usize = 8;

/// After so many calls in a row somebody looks at the clock.
const CALLS_A_LOOK: usize = 16;

type Child<T> = SlabArc<dyn Produces<T>>;

impl<K, T: Send + 'static, C> Container<K, T, C> {
    pub(crate) fn new(keys: Vec<K>, nodes: Vec<Lazy<T>>) -> Self {
        let nodes = nodes.into_iter().map(|lazy| Some(lazy.into_use())).collect();
        Self { keys, nodes, early: Vec::new(), used_from: 0, container: PhantomData }
    }

    /// Takes the values of the nodes before this place.
    fn spend_up_to(
        &mut self,
        end: usize,
        keep_shape: bool,
        values: &mut Vec<T>,
    ) -> Result<(), ComputeError> {
        for place in self.used_from..end {
            self.used_from = place + 1;
            let Some(node) = self.nodes[place].take() else {
                unreachable!("a value is taken once")
            };
            let value = node.spend();
            if keep_shape {
                self.nodes[place] = Some(node);
            }
            values.push(value?);
        }
        Ok(())
    }

    fn end_uses(&mut self) {
        self.early = Vec::new();
        while let Some(node) = self.nodes.get(self.used_from) {
            self.used_from += 1;
            if let Some(node) = node {
                node.end_use();
            }
        }
    }
}

impl<K, T, C> Inputs for Container<K, T, C>
where
    K: Send + 'static,
    T: Send + 'static,
    C: Collect<K, T> + Send + 'static,
{
    type Values = C;
    type Part = NodesPart<T>;

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        self.dependencies_of(0..self.nodes.len(), show);
    }

    fn dependencies_of(&self, places: Range<usize>, show: &mut dyn FnMut(&dyn Dependency)) {
        let nodes = &self.nodes[places];
        for (place, node) in nodes.iter().enumerate() {
            fetch_later(nodes, place);
            if let Some(node) = node {
                show(node);
            }
        }
    }

    fn resolve(&mut self, keep_shape: bool) -> Result<C, ComputeError> {
        let mut values = Vec::with_capacity(self.nodes.len());
        let mut early = std::mem::take(&mut self.early);
        early.sort_unstable_by_key(|taken| taken.first);
        for taken in early {
            self.spend_up_to(taken.first, keep_shape, &mut values)?;
            self.used_from += taken.values.len();
            values.extend(taken.values);
        }
        self.spend_up_to(self.nodes.len(), keep_shape, &mut values)?;
        Ok(C::collect(std::mem::take(&mut self.keys), values))
    }

    fn release(&mut self) {
        self.end_uses();
    }

    fn give_up(&mut self, take: &mut dyn FnMut(SharedNode)) {
        self.end_uses();
        self.nodes.drain(..).flatten().for_each(|node| take(node.see_as(|cell| cell as _)));
    }

    fn takes_early(&self) -> Option<usize> {
        Some(self.nodes.len())
    }

    fn rows(&self, fewest: usize) -> Vec<Stretch> {
        let mut rows: Vec<Stretch> = Vec::new();
        let mut row: Option<Stretch> = None;
        for (number, node) in self.nodes.iter().enumerate() {
            fetch_later(&self.nodes, number);
            let next = node.as_ref().and_then(|node| Some((node, row_place(node)?)));
            match (&mut row, next) {
                (Some(row), Some((_, place))) if row.place == place => row.nodes.end += 1,
                (_, next) => {
                    rows.extend(row.take().filter(|row| row.nodes.len() >= fewest));
                    row = next.map(|(node, place)| Stretch {
                        nodes: number..number + 1,
                        place,
                        about: node.about(),
                    });
                }
            }
        }
        rows.extend(row.filter(|row| row.nodes.len() >= fewest));
        rows
    }

    fn node(&self, place: usize) -> Option<SharedNode> {
        self.nodes[place].as_ref().map(Dependency::node)
    }

    fn lend_part(&mut self, places: Range<usize>) -> NodesPart<T> {
        let nodes = self.nodes[places.clone()].iter_mut().map(Option::take).collect();
        NodesPart { first: places.start, nodes, taken: Vec::new() }
    }

    fn keep_part(&mut self, part: NodesPart<T>) {
        for (place, node) in (part.first..).zip(part.nodes) {
            self.nodes[place] = node;
        }
        self.early.extend(part.taken);
    }
}

/// Where a node is run, if it is a call for visitors that depends on nothing and that nobody else can
/// reach.
fn row_place<T: 'static>(node: &Child<T>) -> Option<Place> {
    (!node.is_shared()).then(|| node.row_place()).flatten()
}

fn fetch_later<T: 'static>(nodes: &[Option<Child<T>>], place: usize) {
    if let Some(Some(later)) = nodes.get(place + AHEAD) {
        later.fetch();
    }
}

/// Values of nodes that follow each other.
struct Values<T> {
    /// The place of the first.
    first: usize,
    values: Vec<T>,
}

/// A part of a container, lent.
pub(crate) struct NodesPart<T: 'static> {
    /// The place of the first.
    first: usize,
    /// `None` where the value was taken.
    nodes: Vec<Option<Child<T>>>,
    taken: Vec<Values<T>>,
}

impl<T: Send + 'static> NodesPart<T> {
    /// Keeps the value of a node, which is no longer needed.
    fn keep_value(&mut self, place: usize, value: T) {
        self.nodes[place] = None;
        let first = self.first + place;
        match self.taken.last_mut() {
            Some(taken) if taken.first + taken.values.len() == first => taken.values.push(value),
            Some(_) => self.taken.push(Values { first, values: vec![value] }),
            // Mostly the rest follows.
            None => {
                let mut values = Vec::with_capacity(self.nodes.len() - place);
                values.push(value);
                self.taken.push(Values { first, values });
            }
        }
    }
}

impl<T: Send + 'static> Part for NodesPart<T> {
    fn take(&mut self) {
        for place in 0..self.nodes.len() {
            // Whoever has others, too, may look at them; and if they are to be used again, copies
            // would only take up memory before their time.
            let alone = self.nodes[place].as_mut().and_then(SlabArc::get_mut);
            if let Some(value) = alone.and_then(|node| node.take_last()) {
                self.keep_value(place, value);
            }
        }
    }

    fn run(&mut self, visitor: &mut Visitor<'_>, leave: &dyn Fn(bool) -> bool) -> RowRun {
        let mut run = RowRun::default();
        for place in 0..self.nodes.len() {
            let looks_at_clock = place % CALLS_A_LOOK == CALLS_A_LOOK - 1;
            if visitor.is_spoilt() || (place > 0 && leave(looks_at_clock)) {
                break;
            }
            fetch_later(&self.nodes, place);
            // Nobody else can reach it: that is why it is in the row.
            let alone = self.nodes[place].as_mut().and_then(SlabArc::get_mut);
            match alone.and_then(|node| node.run_alone(visitor)) {
                Some(value) => {
                    self.keep_value(place, value);
                    run.done += 1;
                }
                None => run.failed += 1,
            }
        }
        run
    }
}

impl<K, T: Send + 'static, C> Drop for Container<K, T, C> {
    fn drop(&mut self) {
        self.end_uses();
    }
}

impl<T: 'static> Dependency for Child<T> {
    fn header(&self) -> &crate::node::Header {
        (**self).header()
    }

    fn node(&self) -> SharedNode {
        self.clone().see_as(|cell| cell as _)
    }

    fn is_shared(&self) -> bool {
        SlabArc::is_shared(self)
    }
}
