//! What goes into a graph: single nodes, containers of nodes, futures, and plain values.

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Display};
use std::hash::{BuildHasher, Hash};

use concurry_core::TaskFuture;

use crate::argument::Argument;
use crate::container::{Collect, Container};
use crate::lazy::Lazy;
use crate::node::{Join, Node, Outside};

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
        Lazy::new(Node::of(kind, inputs))
    }
}

fn join<K, N, C>(nodes: impl Iterator<Item = (K, N)>) -> Lazy<C>
where
    K: Send + 'static,
    N: Nodes,
    C: Collect<K, N::Values> + Send + 'static,
{
    let (keys, nodes): (Vec<K>, Vec<_>) = nodes.map(|(key, node)| (key, node.into_lazy())).unzip();
    Lazy::new(Node::of(Join::new(), Container::new(keys, nodes)))
}

fn join_list<N, C>(nodes: impl Iterator<Item = N>) -> Lazy<C>
where
    N: Nodes,
    C: Collect<(), N::Values> + Send + 'static,
{
    let nodes = nodes.map(Nodes::into_lazy).collect();
    Lazy::new(Node::of(Join::new(), Container::new(Vec::new(), nodes)))
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
        join_list(self.into_iter())
    }
}

impl<N: Nodes, const LENGTH: usize> Nodes for [N; LENGTH] {
    type Values = [N::Values; LENGTH];

    fn into_lazy(self) -> Lazy<Self::Values> {
        join_list(self.into_iter())
    }
}

impl<N: Nodes> Nodes for Option<N> {
    type Values = Option<N::Values>;

    fn into_lazy(self) -> Lazy<Self::Values> {
        join_list(self.into_iter())
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
                Lazy::new(Node::of(Join::new(), inputs))
            }
        }

        impl<$($name: Send + 'static),+> IntoNode<($($name,)+)> for ($(Lazy<$name>,)+) {
            fn into_argument(self) -> Argument<($($name,)+)> {
                Argument::Node(self.into_lazy())
            }
        }
    };
}

for_each_tuple!(tuples);
