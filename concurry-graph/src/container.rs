//! The nodes of a container, as what a node works with.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::argument::Inputs;
use crate::error::ComputeError;
use crate::lazy::{Lazy, Produces};
use crate::node::{AnyNode, Dependency};

/// A container that is made of keys and values.
pub(crate) trait Collect<K, T>: Sized {
    /// `keys` is empty where the container has none.
    fn collect(keys: Vec<K>, values: Vec<T>) -> Self;
}

/// The nodes of a container, and its keys in the same order. As small as can be: there may be
/// millions of them.
pub(crate) struct Container<K, T: Send + 'static, C> {
    keys: Vec<K>,
    nodes: Vec<Arc<dyn Produces<T>>>,
    /// From this place on, each counts as a use of its node. The others are kept for the shape of the
    /// graph only.
    used_from: usize,
    container: PhantomData<fn() -> C>,
}

impl<K, T: Send + 'static, C> Container<K, T, C> {
    pub(crate) fn new(keys: Vec<K>, nodes: Vec<Lazy<T>>) -> Self {
        let nodes = nodes.into_iter().map(Lazy::into_use).collect();
        Self { keys, nodes, used_from: 0, container: PhantomData }
    }

    fn end_uses(&mut self) {
        while let Some(node) = self.nodes.get(self.used_from) {
            self.used_from += 1;
            node.end_use();
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

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        self.nodes.iter().for_each(|node| show(node));
    }

    fn resolve(&mut self) -> Result<C, ComputeError> {
        let mut values = Vec::with_capacity(self.nodes.len());
        while let Some(node) = self.nodes.get(self.used_from) {
            self.used_from += 1;
            values.push(node.spend()?);
        }
        Ok(C::collect(std::mem::take(&mut self.keys), values))
    }

    fn release(&mut self) {
        self.end_uses();
    }

    fn give_up(&mut self, take: &mut dyn FnMut(Arc<dyn AnyNode>)) {
        self.end_uses();
        self.nodes.drain(..).for_each(|node| take(node));
    }
}

impl<K, T: Send + 'static, C> Drop for Container<K, T, C> {
    fn drop(&mut self) {
        self.end_uses();
    }
}

impl<T: 'static> Dependency for Arc<dyn Produces<T>> {
    fn header(&self) -> &crate::node::Header {
        (**self).header()
    }

    fn node(&self) -> Arc<dyn AnyNode> {
        Arc::clone(self) as Arc<dyn AnyNode>
    }
}
