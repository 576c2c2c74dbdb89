//! `handle.lazy()`: the methods of a worker as nodes.

use std::sync::{Arc, OnceLock};

use concurry_core::__private::{Handle, Worker};
use concurry_core::{TaskPool, WorkerHandle};

use crate::argument::Argument;
use crate::lazy::Lazy;
use crate::method::LazyMethod;
use crate::node::{Call, Closure, Header, Node, SharedHandle};
use crate::nodes::Nodes;

/// The lazy twin of a handle.
///
/// It is a trait of its own so that a worker may have a method named `lazy`.
pub trait LazyHandle: WorkerHandle {
    /// Has the same methods as the handle; each takes values or nodes, and gives a [`Lazy`].
    type Lazy;
    /// The methods of the worker as nodes of a graph: nothing runs before it is asked for.
    fn lazy(&self) -> Self::Lazy;
}

/// What a generated twin is made of.
#[doc(hidden)]
pub struct LazyPool<W: Worker> {
    handle: Handle<W>,
    /// Made as they are needed.
    shares: [OnceLock<Arc<SharedHandle<W>>>; SHARES],
}

/// So many shares of a handle take turns,
const SHARES: usize = 16;
/// of so many nodes each. Workers run nodes in rows of a few hundred.
const NODES_OF_TURN: u32 = 64;

impl<W: Worker> LazyPool<W> {
    /// The twin of the handle.
    pub fn new(handle: &Handle<W>) -> Self {
        Self { handle: handle.clone(), shares: [const { OnceLock::new() }; SHARES] }
    }

    /// A call as a node.
    pub fn call<M: LazyMethod<Worker = W>>(&self, inputs: M::Inputs) -> Lazy<M::Output> {
        Lazy::new(Node::of(Call::<M>::new(self.share()), inputs))
    }

    fn share(&self) -> Arc<SharedHandle<W>> {
        let turn = Header::next_number() / NODES_OF_TURN;
        let share = &self.shares[turn as usize % SHARES];
        Arc::clone(share.get_or_init(|| Arc::new(SharedHandle(self.handle.clone()))))
    }
}

/// A generated twin.
#[doc(hidden)]
pub trait LazyTwin {
    /// The worker behind it.
    type Worker: Worker;
    /// The pool behind it.
    fn __pool(&self) -> &LazyPool<Self::Worker>;
}

impl<W: Worker> Clone for LazyPool<W> {
    fn clone(&self) -> Self {
        Self::new(&self.handle)
    }
}

impl<W: Worker> std::fmt::Debug for LazyPool<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.handle, f)
    }
}

/// A [`TaskPool`] whose closures are nodes.
#[derive(Clone, Debug)]
pub struct TaskPoolLazy {
    pool: TaskPool,
}

impl LazyHandle for TaskPool {
    type Lazy = TaskPoolLazy;

    fn lazy(&self) -> TaskPoolLazy {
        TaskPoolLazy { pool: self.clone() }
    }
}

impl TaskPoolLazy {
    /// Runs a closure on the values of nodes: of one, or of a container of nodes. Plain values it takes
    /// along by itself; then the nodes are `()`.
    ///
    /// ```
    /// use concurry_core::{Mode, TaskPool};
    /// use concurry_graph::LazyHandle;
    ///
    /// let pool = TaskPool::new(Mode::Thread, 2)?;
    /// let lengths = ["lazy", "graph"].map(|word| pool.lazy().submit((), move |()| word.len()));
    /// let sum = pool.lazy().submit(lengths, |lengths| lengths.iter().sum::<usize>());
    /// assert_eq!(sum.compute()?, 9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit<N, T>(
        &self,
        nodes: N,
        closure: impl FnOnce(N::Values) -> T + Send + 'static,
    ) -> Lazy<T>
    where
        N: Nodes,
        T: Send + 'static,
    {
        let argument = Argument::Node(nodes.into_lazy());
        let (kind, inputs) = Closure::new(self.pool.clone(), argument, closure);
        Lazy::new(Node::of(kind, inputs))
    }
}
