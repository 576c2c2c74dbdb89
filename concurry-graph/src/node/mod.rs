//! The nodes of a graph: one cell of the slab each, with the arguments first and the outcome later.
//!
//! A [`Lazy`](crate::Lazy) is a counted *use* of a node: it may yet want the value. When the last use
//! ends the value goes, while the node itself stays for the shape of the graph as long as a node
//! after it does.

mod call;
mod closure;
mod graveyard;
mod header;
mod kind;
mod loans;
mod local;
mod outside;
mod steps;
mod typed;
mod uses;

use std::any::Any;
use std::ops::Range;
use std::task::Waker;

use concurry_core::__private::{SlabArc, Visiting, Visitor};
use concurry_core::Mode;

use crate::error::{Cause, ComputeError, NodeName};
use crate::journal::Ledger;

pub(crate) use call::{Call, SharedHandle};
pub(crate) use closure::Closure;
pub(crate) use header::Claim;
pub use header::{Header, Stage};
pub(crate) use kind::{Begun, Kind};
pub(crate) use local::{Join, Map, Recover, TryMap};
pub(crate) use outside::Outside;
pub(crate) use steps::guarded;
pub(crate) use typed::Node;

/// A share of a node, whatever its types.
#[doc(hidden)]
pub type SharedNode = SlabArc<dyn AnyNode>;

/// A node, whatever its types.
#[doc(hidden)]
pub trait AnyNode: Any + Send + Sync {
    /// What is known of every node.
    fn header(&self) -> &Header;
    /// What it is.
    fn about(&self) -> About;
    /// Where it is to be run.
    fn place(&self) -> Place;
    /// Shows what it depends on, whether done or not.
    fn dependencies(&self, _show: &mut dyn FnMut(&dyn Dependency)) {}
    /// Begins it on the current thread. What it depends on is done.
    fn begin(&self, waker: &Waker, ledger: Option<&mut Ledger>) -> Progress;
    /// Begins it together with equal calls on other arguments: so many of the nodes as are that, up
    /// to the first that is not. What they depend on is done. Only if it is batched.
    fn begin_together(
        &self,
        _others: &[(u32, SharedNode)],
        _wakers: &[Waker],
        _ledger: Option<&mut Ledger>,
    ) -> Vec<Progress> {
        Vec::new()
    }
    /// Goes on after a wake.
    fn go_on(&self, waker: &Waker, ledger: Option<&mut Ledger>) -> Progress;
    /// Runs it on a worker that has come by. Between its calls it asks whether to leave the rest;
    /// now and then also whether the visit's time is over.
    fn run_on(&self, visitor: &mut Visitor<'_>, leave: &dyn Fn(bool) -> bool) -> Progress;
    /// Begins it and waits for it.
    fn run_here(&self) {}
    /// Cancels its call, if that is on its way. It has failed then.
    fn cancel(&self);
    /// Leaves it to other runs.
    fn unclaim(&self) {
        self.header().unclaim();
    }
    /// Fails it although it has begun: running it panicked, and not in a method.
    fn abort(&self, cause: Cause);
    /// Asks a pool for a worker to run nodes of the same place.
    fn visit_asker(&self) -> Option<VisitAsker>;
    /// Calls `waiter` when the node is over, or now if it is. For nodes that another run works on.
    fn when_over(&self, waiter: Box<dyn FnOnce() + Send>) {
        waiter();
    }
    /// A hash of what it calls, if equal calls give equal results.
    fn pure_hash(&self) -> Option<u64> {
        None
    }
    /// A hash of what it calls, with what each node among the arguments counts as. `None` if arguments
    /// can't be told apart.
    fn structure(&self, _of_node: &dyn Fn(&Header, usize) -> u64) -> Option<u64> {
        None
    }
    /// Whether both call the same with the same arguments.
    fn is_equal(&self, _other: &dyn AnyNode) -> bool {
        false
    }
    /// How many nodes it puts together, if it may take their values one part after the other.
    fn takes_early(&self) -> Option<usize> {
        None
    }
    /// Takes the values of nodes that are done. By the run that has the node, before it says that they
    /// are over.
    fn take_early(&self, _nodes: Range<usize>) {}
    /// Shows those of the nodes that it puts together.
    fn dependencies_of(&self, _nodes: Range<usize>, _show: &mut dyn FnMut(&dyn Dependency)) {}
    /// Which of the nodes that it puts together may be run in rows, of no fewer than so many.
    fn rows(&self, _fewest: usize) -> Vec<Stretch> {
        Vec::new()
    }
    /// One of the nodes that it puts together, if that is still there.
    fn node(&self, _place: usize) -> Option<SharedNode> {
        None
    }
    /// Runs nodes of a row on a worker that has come by, and takes their values. Between two it asks
    /// whether to leave the rest; now and then also whether the visit's time is over.
    fn run_row(
        &self,
        _nodes: Range<usize>,
        _visitor: &mut Visitor<'_>,
        _leave: &dyn Fn(bool) -> bool,
    ) -> RowRun {
        RowRun::default()
    }
    /// Takes the value of an equal node in place of making the call. False if values can't be
    /// copied.
    fn become_copy_of(&self, _original: SharedNode) -> bool {
        false
    }
}

/// Nodes that a container puts together, one after the other: calls for visitors of one pool that depend
/// on nothing and that nobody else can reach.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Which of the container's nodes.
    pub nodes: Range<usize>,
    /// Where they are run.
    pub place: Place,
    /// What the first of them is.
    pub about: About,
}

/// What became of nodes of a row: the first so many were run.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct RowRun {
    /// Calls that succeeded.
    pub done: u32,
    /// Calls that failed.
    pub failed: u32,
}

/// Asks a pool for a worker.
#[doc(hidden)]
pub type VisitAsker = Box<dyn Fn(Visiting) + Send + Sync>;

/// Something that leads to a node.
#[doc(hidden)]
pub trait Dependency {
    /// What is known of the node.
    fn header(&self) -> &Header;
    /// The node.
    fn node(&self) -> SharedNode;
    /// Whether somebody else has the node, too.
    fn is_shared(&self) -> bool;
}

/// What a node is, for people.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The worker, or `Lazy`.
    pub worker: &'static str,
    /// The method.
    pub method: &'static str,
    /// Where its calls run. `None` for what is no call.
    pub mode: Option<Mode>,
    /// It only puts values together.
    pub auxiliary: bool,
}

/// Where a node is to be run.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On any thread: it takes next to no time.
    Anywhere,
    /// On the thread that computes.
    Here {
        /// The pool.
        pool: u32,
    },
    /// On a worker that comes by.
    Visit {
        /// The pool.
        pool: u32,
        /// How many workers it has.
        workers: usize,
    },
    /// By an ordinary call.
    Call {
        /// The pool.
        pool: u32,
        /// How many calls may wait there, if that is bounded.
        max_queued: Option<usize>,
    },
    /// It is under way already.
    Elsewhere,
}

impl Place {
    /// The pool that runs it, if that is known.
    pub(crate) fn pool(self) -> Option<u32> {
        match self {
            Self::Visit { pool, .. } | Self::Call { pool, .. } | Self::Here { pool } => Some(pool),
            Self::Anywhere | Self::Elsewhere => None,
        }
    }
}

/// How far a node came.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is over: so many of its calls succeeded, so many failed.
    Over {
        /// Calls that succeeded.
        done: u32,
        /// Calls that failed.
        failed: u32,
    },
    /// Its waker will be woken.
    Pending,
    /// There is more to do in it, later.
    Unfinished {
        /// Calls that succeeded so far.
        done: u32,
        /// Calls that failed so far.
        failed: u32,
    },
}

impl RowRun {
    /// How many calls were made.
    pub(crate) fn calls(self) -> usize {
        self.done as usize + self.failed as usize
    }
}

impl dyn AnyNode {
    /// The name in errors.
    pub(crate) fn name(&self) -> NodeName {
        let About { worker, method, .. } = self.about();
        NodeName { worker, method, number: self.header().number }
    }

    pub(crate) fn error(&self, cause: Cause) -> ComputeError {
        ComputeError::new(self.name(), cause)
    }
}
