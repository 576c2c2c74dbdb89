//! What goes into a graph: single nodes, containers of nodes, futures, and plain values.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Display};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::sync::Arc;

use concurry_core::TaskFuture;

use crate::argument::{Argument, Inputs};
use crate::error::ComputeError;
use crate::lazy::Lazy;
use crate::node::{AnyNode, Dependency, Join, Node, Outside};

/// Nodes that can become one: a [`Lazy`], a [`TaskFuture`], or a container of such.
///
/// Implemented for vectors, arrays, tuples of up to twelve, options, and maps, inside each other as
/// deep as you like.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no node and no container of nodes",
    label = "expected a `Lazy`, a `TaskFuture`, or a vector, array, tuple, option or map of them",
    note = "a plain value becomes a node by `Lazy::value(…)`"
)]
pub trait Nodes {
    /// The same container, of values.
    type Values: Send + 'static;
    /// One node for all of them.
    fn into_lazy(self) -> Lazy<Self::Values>;
}

impl<T: Send + 'static> Nodes for Lazy<T> {
    type Values = T;

    fn into_lazy(self) -> Self {
        self
    }
}

/// No nodes at all.
impl Nodes for () {
    type Values = ();

    fn into_lazy(self) -> Lazy<()> {
        Lazy::value(())
    }
}

impl<T, E> Nodes for TaskFuture<T, E>
where
    T: Send + 'static,
    E: Debug + Display + Send + Sync + 'static,
{
    type Values = T;

    fn into_lazy(self) -> Lazy<T> {
        let (kind, inputs) = Outside::new(self);
        Lazy::new(Node::new(kind, inputs))
    }
}

/// The nodes of a container, and its keys in the same order.
struct Container<K, T: Send + 'static, C> {
    keys: Vec<K>,
    items: Vec<Argument<T>>,
    container: PhantomData<fn() -> C>,
}

/// A container that is made of keys and values.
trait Collect<K, T>: Sized {
    fn collect(keys: Vec<K>, values: Vec<T>) -> Self;
}

impl<K, T, C> Inputs for Container<K, T, C>
where
    K: Send + 'static,
    T: Send + 'static,
    C: Collect<K, T> + Send + 'static,
{
    type Values = C;

    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency)) {
        self.items.iter().filter_map(Argument::dependency).for_each(show);
    }

    fn resolve(&mut self) -> Result<C, ComputeError> {
        let values: Result<Vec<T>, _> = self.items.iter_mut().map(Argument::resolve).collect();
        Ok(C::collect(std::mem::take(&mut self.keys), values?))
    }

    fn release(&mut self) {
        self.items.iter_mut().for_each(Argument::release);
    }

    fn give_up(&mut self, take: &mut dyn FnMut(Arc<dyn AnyNode>)) {
        self.items.iter_mut().for_each(|item| item.give_up(take));
    }
}

fn join<K, N, C>(nodes: impl Iterator<Item = (K, N)>) -> Lazy<C>
where
    K: Send + 'static,
    N: Nodes,
    C: Collect<K, N::Values> + Send + 'static,
{
    let (keys, items) = nodes.map(|(key, node)| (key, Argument::Node(node.into_lazy()))).unzip();
    Lazy::new(Node::new(Join::new(), Container { keys, items, container: PhantomData }))
}

impl<T> Collect<(), T> for Vec<T> {
    fn collect(_: Vec<()>, values: Vec<T>) -> Self {
        values
    }
}

impl<T, const LENGTH: usize> Collect<(), T> for [T; LENGTH] {
    fn collect(_: Vec<()>, values: Vec<T>) -> Self {
        let Ok(array) = values.try_into() else { unreachable!("as long as it was") };
        array
    }
}

impl<T> Collect<(), T> for Option<T> {
    fn collect(_: Vec<()>, values: Vec<T>) -> Self {
        values.into_iter().next()
    }
}

impl<K: Eq + Hash, T, S: BuildHasher + Default> Collect<K, T> for HashMap<K, T, S> {
    fn collect(keys: Vec<K>, values: Vec<T>) -> Self {
        keys.into_iter().zip(values).collect()
    }
}

impl<K: Ord, T> Collect<K, T> for BTreeMap<K, T> {
    fn collect(keys: Vec<K>, values: Vec<T>) -> Self {
        keys.into_iter().zip(values).collect()
    }
}

impl<N: Nodes> Nodes for Vec<N> {
    type Values = Vec<N::Values>;

    fn into_lazy(self) -> Lazy<Self::Values> {
        join(self.into_iter().map(|node| ((), node)))
    }
}

impl<N: Nodes, const LENGTH: usize> Nodes for [N; LENGTH] {
    type Values = [N::Values; LENGTH];

    fn into_lazy(self) -> Lazy<Self::Values> {
        join(self.into_iter().map(|node| ((), node)))
    }
}

impl<N: Nodes> Nodes for Option<N> {
    type Values = Option<N::Values>;

    fn into_lazy(self) -> Lazy<Self::Values> {
        join(self.into_iter().map(|node| ((), node)))
    }
}

impl<K, N, S> Nodes for HashMap<K, N, S>
where
    K: Eq + Hash + Send + 'static,
    N: Nodes,
    S: BuildHasher + Default + Send + 'static,
{
    type Values = HashMap<K, N::Values, S>;

    fn into_lazy(self) -> Lazy<Self::Values> {
        join(self.into_iter())
    }
}

impl<K: Ord + Send + 'static, N: Nodes> Nodes for BTreeMap<K, N> {
    type Values = BTreeMap<K, N::Values>;

    fn into_lazy(self) -> Lazy<Self::Values> {
        join(self.into_iter())
    }
}

/// What may be an argument of a lazy call where a `T` is asked for: the value itself, a node or a
/// future that will give it, or a container of nodes.
///
/// For containers of containers there is [`Lazy::join`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the argument of type `{T}` of a lazy call",
    label = "expected `{T}`, or a node, a future or a container of nodes that gives it",
    note = "nodes inside nodes are put together by `Lazy::join(…)`"
)]
pub trait IntoNode<T: 'static> {
    #[doc(hidden)]
    fn into_argument(self) -> Argument<T>;
}

impl<T: 'static> IntoNode<T> for T {
    fn into_argument(self) -> Argument<T> {
        Argument::Value(self)
    }
}

/// For short programs: a text in place of an owned one.
impl IntoNode<String> for &str {
    fn into_argument(self) -> Argument<String> {
        Argument::Value(self.to_owned())
    }
}

impl<T: 'static> IntoNode<T> for Lazy<T> {
    fn into_argument(self) -> Argument<T> {
        Argument::Node(self)
    }
}

impl<T, E> IntoNode<T> for TaskFuture<T, E>
where
    T: Send + 'static,
    E: Debug + Display + Send + Sync + 'static,
{
    fn into_argument(self) -> Argument<T> {
        Argument::Node(self.into_lazy())
    }
}

/// A container of nodes where a container of values is asked for. Of single nodes, not of everything
/// that is `Nodes`, so that it is told apart from a container of values.
macro_rules! container_arguments {
    ($([$($parameters:tt)*] $container:ty => $values:ty;)*) => {$(
        impl<$($parameters)*> IntoNode<$values> for $container {
            fn into_argument(self) -> Argument<$values> {
                Argument::Node(self.into_lazy())
            }
        }
    )*};
}

container_arguments! {
    [T: Send + 'static] Vec<Lazy<T>> => Vec<T>;
    [T: Send + 'static, E: Debug + Display + Send + Sync + 'static]
        Vec<TaskFuture<T, E>> => Vec<T>;
    [T: Send + 'static, const LENGTH: usize] [Lazy<T>; LENGTH] => [T; LENGTH];
    [T: Send + 'static] Option<Lazy<T>> => Option<T>;
    [K: Eq + Hash + Send + 'static, T: Send + 'static, S: BuildHasher + Default + Send + 'static]
        HashMap<K, Lazy<T>, S> => HashMap<K, T, S>;
    [K: Ord + Send + 'static, T: Send + 'static] BTreeMap<K, Lazy<T>> => BTreeMap<K, T>;
}

impl<T: Send + 'static, const LENGTH: usize> IntoNode<Vec<T>> for [Lazy<T>; LENGTH] {
    fn into_argument(self) -> Argument<Vec<T>> {
        Argument::Node(Vec::from(self).into_lazy())
    }
}

macro_rules! tuples {
    ($($name:ident $place:tt),+) => {
        impl<$($name: Nodes),+> Nodes for ($($name,)+) {
            type Values = ($($name::Values,)+);

            fn into_lazy(self) -> Lazy<Self::Values> {
                let inputs = ($(Argument::Node(self.$place.into_lazy()),)+);
                Lazy::new(Node::new(Join::new(), inputs))
            }
        }

        impl<$($name: Send + 'static),+> IntoNode<($($name,)+)> for ($(Lazy<$name>,)+) {
            fn into_argument(self) -> Argument<($($name,)+)> {
                Argument::Node(self.into_lazy())
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
