//! The nodes of a container, as what a node works with.

use std::marker::PhantomData;
use std::ops::Range;

use concurry_core::__private::SlabArc;

use crate::argument::{EarlyValues, Inputs};
use crate::error::ComputeError;
use crate::lazy::{Lazy, Produces};
use crate::node::{Dependency, SharedNode};

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
    /// Values that were taken early, part by part.
    early: Vec<EarlyPart<T>>,
    /// From this place on, each counts as a use of its node. The others are kept for the shape of the
    /// graph only.
    used_from: usize,
    container: PhantomData<fn() -> C>,
}

/// Nodes are fetched so many places ahead: millions of them are in no cache any more.
const AHEAD: usize = 8;

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
    type Early = EarlyPart<T>;

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        for (place, node) in self.nodes.iter().enumerate() {
            if let Some(Some(later)) = self.nodes.get(place + AHEAD) {
                later.fetch();
            }
            if let Some(node) = node {
                show(node);
            }
        }
    }

    fn resolve(&mut self, keep_shape: bool) -> Result<C, ComputeError> {
        let mut values = Vec::with_capacity(self.nodes.len());
        let mut early = std::mem::take(&mut self.early);
        early.sort_unstable_by_key(|part| part.first);
        for part in early {
            self.spend_up_to(part.first, keep_shape, &mut values)?;
            for value in part.values {
                match value {
                    Some(value) => {
                        self.used_from += 1;
                        values.push(value);
                    }
                    None => self.spend_up_to(self.used_from + 1, keep_shape, &mut values)?,
                }
            }
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

    fn lend_part(&mut self, places: Range<usize>) -> EarlyPart<T> {
        let nodes: Vec<_> = self.nodes[places.clone()].iter_mut().map(Option::take).collect();
        EarlyPart { first: places.start, values: Vec::with_capacity(nodes.len()), nodes }
    }

    fn keep_part(&mut self, mut part: EarlyPart<T>) {
        for (place, node) in (part.first..).zip(std::mem::take(&mut part.nodes)) {
            self.nodes[place] = node;
        }
        self.early.push(part);
    }
}

/// A part of a container whose nodes are done.
pub(crate) struct EarlyPart<T: 'static> {
    /// The place of the first.
    first: usize,
    /// Lent by the container. What is left is given back: those whose values were not taken.
    nodes: Vec<Option<Child<T>>>,
    values: Vec<Option<T>>,
}

impl<T: Send + 'static> EarlyValues for EarlyPart<T> {
    fn take(&mut self) {
        let mut nodes = std::mem::take(&mut self.nodes);
        self.values.extend(nodes.iter_mut().map(|node| {
            // Whoever has others, too, may look at them; and if they are to be used again, copies
            // would only take up memory before their time.
            let value = node.as_mut()?.get_mut()?.take_last()?;
            *node = None;
            Some(value)
        }));
        if self.values.iter().any(Option::is_none) {
            self.nodes = nodes;
        }
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
