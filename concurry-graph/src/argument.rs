//! An argument of a node: a value, or the node that will give it.

use std::convert::Infallible;
use std::hash::Hash;
use std::ops::Range;

use concurry_core::__private::Visitor;

use crate::error::ComputeError;
use crate::lazy::Lazy;
use crate::node::{Dependency, Header, RowRun, SharedNode, Stretch};
use crate::probe::Comparer;

/// An argument of a node: a value, or the node that will give it.
#[doc(hidden)]
#[allow(missing_debug_implementations)] // of the inside of nodes
pub enum Argument<T: 'static> {
    /// Given when the node was made.
    Value(T),
    /// Will be given by another node.
    Node(Lazy<T>),
    /// Was given by that node, which is kept for the shape of the graph only.
    Spent(Spent),
    /// Was a value.
    Gone,
}

/// A node whose value was taken.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct Spent(pub(crate) SharedNode);

impl Dependency for Spent {
    fn header(&self) -> &Header {
        self.0.header()
    }

    fn node(&self) -> SharedNode {
        self.0.clone()
    }

    fn is_shared(&self) -> bool {
        self.0.is_shared()
    }
}

impl<T: 'static> Argument<T> {
    pub(crate) fn dependency(&self) -> Option<&dyn Dependency> {
        match self {
            Self::Node(lazy) => Some(lazy),
            Self::Spent(spent) => Some(spent),
            Self::Value(_) | Self::Gone => None,
        }
    }

    /// Takes the value. What it depended on is done, and kept only for the shape of the graph.
    pub(crate) fn resolve(&mut self, keep_shape: bool) -> Result<T, ComputeError> {
        match std::mem::replace(self, Self::Gone) {
            Self::Value(value) => Ok(value),
            Self::Node(lazy) => {
                let (outcome, node) = lazy.spend();
                if keep_shape {
                    *self = Self::Spent(Spent(node));
                }
                outcome
            }
            Self::Spent(_) | Self::Gone => unreachable!("a node begins once"),
        }
    }

    /// Lets a value go that nobody will work with.
    pub(crate) fn release(&mut self) {
        match std::mem::replace(self, Self::Gone) {
            Self::Node(lazy) => *self = Self::Spent(Spent(lazy.into_node())),
            Self::Spent(spent) => *self = Self::Spent(spent),
            Self::Value(_) | Self::Gone => {}
        }
    }

    /// Hands on the nodes that it keeps.
    pub(crate) fn give_up(&mut self, take: &mut dyn FnMut(SharedNode)) {
        match std::mem::replace(self, Self::Gone) {
            Self::Node(lazy) => take(lazy.into_node()),
            Self::Spent(spent) => take(spent.0),
            Self::Value(_) | Self::Gone => {}
        }
    }
}

/// What a node waits for, and makes of it what it works with.
#[doc(hidden)]
pub trait Inputs: 'static {
    /// What it works with.
    type Values: 'static;
    /// A part that is worked on by itself.
    type Part: Part;
    /// Whether they are values, so that taking them is nothing but a move.
    fn are_values(&self) -> bool {
        false
    }
    /// Shows what it depends on.
    fn dependencies(&self, show: &mut dyn FnMut(&dyn Dependency));
    /// Takes the values. Everything that it depended on is done, and kept only if somebody may yet
    /// look at the shape of the graph.
    fn resolve(&mut self, keep_shape: bool) -> Result<Self::Values, ComputeError>;
    /// Lets the values go that were not taken.
    fn release(&mut self);
    /// Hands on the nodes that it keeps.
    fn give_up(&mut self, take: &mut dyn FnMut(SharedNode));
    /// How many nodes it puts together, if their values may be taken one part after the other.
    fn takes_early(&self) -> Option<usize> {
        None
    }
    /// Shows those of the nodes that it puts together. Only if it takes them early.
    fn dependencies_of(&self, _places: Range<usize>, _show: &mut dyn FnMut(&dyn Dependency)) {}
    /// Which of the nodes that it puts together may be run in rows, of no fewer than so many.
    fn rows(&self, _fewest: usize) -> Vec<Stretch> {
        Vec::new()
    }
    /// One of the nodes that it puts together, if that is still there.
    fn node(&self, _place: usize) -> Option<SharedNode> {
        None
    }
    /// Lends a part of the nodes. Only if it takes them early.
    fn lend_part(&mut self, _places: Range<usize>) -> Self::Part {
        unreachable!("it takes all values at once")
    }
    /// Takes a part back, with its values.
    fn keep_part(&mut self, _part: Self::Part) {}
}

/// Nodes out of many, lent by whoever puts them together. What has no value stays a node.
#[doc(hidden)]
pub trait Part {
    /// Takes the values of those that are done and that nobody else wants.
    fn take(&mut self);
    /// Runs them on a worker that has come by, and takes their values. Between two it asks whether to
    /// leave the rest; now and then also whether the visit's time is over.
    fn run(&mut self, visitor: &mut Visitor<'_>, leave: &dyn Fn(bool) -> bool) -> RowRun;
}

/// Nothing is lent.
impl Part for Infallible {
    fn take(&mut self) {}

    fn run(&mut self, _: &mut Visitor<'_>, _: &dyn Fn(bool) -> bool) -> RowRun {
        match *self {}
    }
}

/// The arguments of a call.
#[doc(hidden)]
pub trait Arguments: Inputs {
    /// How to tell each argument apart, where that is possible.
    type Comparers: Copy;
    /// A hash of the arguments. `None` if one of them can't be told apart.
    fn hash(&self, comparers: Self::Comparers, hasher: &mut ArgumentHasher<'_>) -> Option<()>;
    /// Whether both have the same arguments.
    fn equal(&self, other: &Self, comparers: Self::Comparers) -> bool;
}

/// Collects the hash of a call.
#[doc(hidden)]
#[allow(missing_debug_implementations)]
pub struct ArgumentHasher<'h> {
    pub(crate) hasher: &'h mut dyn std::hash::Hasher,
    /// What a node counts as, of which this is known and which node it is.
    pub(crate) of_node: &'h dyn Fn(&Header, usize) -> u64,
}

impl ArgumentHasher<'_> {
    /// Adds what is no argument.
    pub(crate) fn add(&mut self, value: impl Hash) {
        value.hash(&mut self.hasher);
    }
}

impl<T: 'static> Argument<T> {
    fn hash(&self, comparer: Option<Comparer<T>>, hasher: &mut ArgumentHasher<'_>) -> Option<()> {
        match self {
            Self::Value(value) => {
                hasher.hasher.write_u8(0);
                hasher.hasher.write_u64((comparer?.hash)(value)?);
            }
            Self::Node(lazy) => {
                let counts_as = (hasher.of_node)(lazy.header(), lazy.identity());
                hasher.hasher.write_u8(1);
                hasher.hasher.write_u64(counts_as);
            }
            Self::Spent(_) | Self::Gone => return None,
        }
        Some(())
    }

    fn equal(&self, other: &Self, comparer: Option<Comparer<T>>) -> bool {
        match (self, other, comparer) {
            (Self::Value(own), Self::Value(others), Some(comparer)) => {
                (comparer.equal)(own, others)
            }
            (Self::Node(own), Self::Node(others), _) => own.identity() == others.identity(),
            _ => false,
        }
    }
}

macro_rules! arguments {
    ($($name:ident $place:tt),*) => {
        impl<$($name: 'static),*> Inputs for ($(Argument<$name>,)*) {
            type Values = ($($name,)*);
            type Part = Infallible;

            fn are_values(&self) -> bool {
                true $(&& self.$place.dependency().is_none())*
            }

            fn dependencies(&self, _show: &mut dyn FnMut(&dyn Dependency)) {
                $(if let Some(dependency) = self.$place.dependency() { _show(dependency) })*
            }

            fn resolve(&mut self, _keep_shape: bool) -> Result<Self::Values, ComputeError> {
                Ok(($(self.$place.resolve(_keep_shape)?,)*))
            }

            fn release(&mut self) {
                $(self.$place.release();)*
            }

            fn give_up(&mut self, _take: &mut dyn FnMut(SharedNode)) {
                $(self.$place.give_up(_take);)*
            }
        }

        impl<$($name: 'static),*> Arguments for ($(Argument<$name>,)*) {
            type Comparers = ($(Option<Comparer<$name>>,)*);

            fn hash(
                &self,
                _comparers: Self::Comparers,
                _hasher: &mut ArgumentHasher<'_>,
            ) -> Option<()> {
                $(self.$place.hash(_comparers.$place, _hasher)?;)*
                Some(())
            }

            fn equal(&self, _other: &Self, _comparers: Self::Comparers) -> bool {
                true $(&& self.$place.equal(&_other.$place, _comparers.$place))*
            }
        }
    };
}

arguments!();
for_each_tuple!(arguments);
