//! Lazy graphs of calls: written like ordinary code, optimised, then run in parallel on their pools.
//!
//! Users depend on the facade crate `concurry`, which re-exports what is meant for them.

#![forbid(unsafe_code)]
#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation

// In this order: each module builds on those above it, except that nodes, arguments and `Lazy`
// describe each other.
mod sync;
#[macro_use]
mod tuples;

mod error;

mod argument;
mod container;
mod eager;
mod journal;
mod lazy;
mod method;
mod node;
mod nodes;
mod probe;

mod plan;
mod run;

mod compute;
mod handle;
mod inspect;
mod journaled;

pub use compute::{Compute, Computing, compute, compute_async};
pub use eager::eager;
pub use error::{ComputeError, NodeName};
pub use handle::{LazyHandle, TaskPoolLazy};
pub use inspect::{ColourBy, Graph, GraphNode};
pub use journaled::JournaledCompute;
pub use lazy::Lazy;
pub use node::Stage;
pub use nodes::{IntoNode, Nodes};
pub use plan::Passes;

/// Keeps what the macros write for graphs.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_graphs {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// What the macros write, all of it: `#[worker(crate = concurry_graph)]` works. Not for people.
#[doc(hidden)]
pub mod __private {
    pub use concurry_core::__private::*;

    pub use crate::__with_graphs as with_graph;
    pub use crate::argument::{Argument, ArgumentHasher, Arguments, Inputs, Spent};
    pub use crate::error::{Cause, Trouble};
    pub use crate::handle::{LazyHandle, LazyPool, LazyTwin};
    pub use crate::lazy::{Lazy, Produces};
    pub use crate::method::{LazyMethod, MethodTraits};
    pub use crate::node::{
        About, AnyNode, Dependency, Header, Place, Progress as NodeProgress, SharedNode, VisitAsker,
    };
    pub use crate::nodes::IntoNode;
    pub use crate::probe::{
        Comparer, Eraser, FallbackProbe as LazyFallbackProbe, KeyOf, Probe as LazyProbe, Record,
        either,
    };
}
