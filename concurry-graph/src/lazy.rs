//! A value that a graph will give.

use std::fmt::{self, Debug, Display};
use std::future::IntoFuture;
use std::time::Duration;

use concurry_core::__private::{SlabArc, Visitor};
use concurry_core::TaskFuture;

use crate::argument::Argument;
use crate::compute::{Compute, Computing};
use crate::eager;
use crate::error::ComputeError;
use crate::inspect::Graph;
use crate::node::{
    AnyNode, Dependency, Header, Map, Node, Place, Recover, SharedNode, Stage, TryMap,
};
use crate::nodes::Nodes;

/// A node that gives a `T`, seen by those who want it.
#[doc(hidden)]
pub trait Produces<T>: AnyNode {
    /// Takes the value, or a copy of it if there are other uses, and ends one use. The node is over.
    fn spend(&self) -> Result<T, ComputeError>;
    /// Takes the value, if it is there. The caller's is the only way to the node.
    fn take_last(&mut self) -> Option<T>;
    /// Where it is run, if it is a call for visitors that depends on nothing, has no cost of its own and
    /// no other use.
    fn row_place(&self) -> Option<Place>;
    /// Runs it on a worker that has come by, and takes the value. `None` if it has failed. The caller's
    /// is the only way to the node, so nothing of it is locked or published.
    fn run_alone(&mut self, visitor: &mut Visitor<'_>) -> Option<T>;
    /// Ends a use. The last one lets the value go.
    fn end_use(&self);
    /// Which node it takes its value from, if it is a copy.
    fn original(&self) -> Option<usize>;
    /// Says how to copy the value.
    fn set_cloner(&self, cloner: fn(&T) -> T);
}

/// A value that a graph will give: the result of a call that has not been made yet.
///
/// It comes from `handle.lazy().method(…)`, and goes as an argument into other lazy calls. Nothing
/// runs before it is asked for, by [`compute`](fn@crate::compute), [`Lazy::compute`],
/// [`submit`](Self::submit) or `.await`. Then what it depends on is run once, in parallel where it
/// can be, each call by its own pool.
///
/// A second user of a value needs a second value, so a `Lazy` is `Clone` where `T` is. The value is
/// freed when its last user has it.
///
/// ```
/// use concurry_core::{Mode, TaskPool};
/// use concurry_graph::{Lazy, LazyHandle, compute};
///
/// let pool = TaskPool::new(Mode::Thread, 2)?;
/// let three = pool.lazy().submit((), |()| 3);
/// let four = pool.lazy().submit(three.clone(), |three| three + 1);
/// let (three, four) = compute((three, four))?;
/// assert_eq!((three, four), (3, 4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing runs before it is computed"]
pub struct Lazy<T: 'static> {
    /// `None` only while it is being dropped.
    node: Option<SlabArc<dyn Produces<T>>>,
}

impl<T: Send + 'static> Lazy<T> {
    /// A node that was just made, with its one use. In an [`eager`](fn@crate::eager) block it is run.
    pub(crate) fn new(node: SlabArc<dyn Produces<T>>) -> Self {
        if eager::is_eager() {
            eager::run(node.clone().see_as(|cell| cell as _));
        }
        Self::of_use(node)
    }

    /// A value that is known.
    ///
    /// ```
    /// use concurry_graph::Lazy;
    ///
    /// assert_eq!(Lazy::value(3).compute()?, 3);
    /// # Ok::<(), concurry_graph::ComputeError>(())
    /// ```
    pub fn value(value: T) -> Self {
        Self::of_use(Node::done(Map::<(), T, fn(()) -> T>::known(), Map::<_, _, _>::spent(), value))
    }

    /// A container of nodes as one node: tuples, vectors, arrays, maps, options, and futures, inside
    /// each other as deep as you like.
    ///
    /// ```
    /// use concurry_graph::Lazy;
    ///
    /// let rows = vec![vec![Lazy::value(1), Lazy::value(2)], vec![Lazy::value(3)]];
    /// assert_eq!(Lazy::join(rows).compute()?, [vec![1, 2], vec![3]]);
    /// # Ok::<(), concurry_graph::ComputeError>(())
    /// ```
    pub fn join(nodes: impl Nodes<Values = T>) -> Self {
        nodes.into_lazy()
    }

    /// Changes the value, in the graph. The function runs on whatever thread made the value, so it is
    /// for light work: for heavy work there are pools.
    ///
    /// If it panics, the node has failed.
    ///
    /// ```
    /// use concurry_graph::Lazy;
    ///
    /// let length = Lazy::value("four").map(str::len);
    /// assert_eq!(length.compute()?, 4);
    /// # Ok::<(), concurry_graph::ComputeError>(())
    /// ```
    pub fn map<U: Send + 'static>(self, map: impl FnOnce(T) -> U + Send + 'static) -> Lazy<U> {
        let (kind, inputs) = Map::new(Argument::Node(self), map);
        Lazy::new(Node::of(kind, inputs))
    }

    /// As [`map`](Self::map), with a function that may fail. The node's error is then a
    /// [`CallError::Failed`](concurry_core::CallError::Failed) with what the function gave.
    ///
    /// ```
    /// use concurry_core::CallError;
    /// use concurry_graph::Lazy;
    ///
    /// let number = Lazy::value("x").try_map(str::parse::<u32>);
    /// let error = number.compute().unwrap_err();
    /// assert!(error.downcast_ref::<CallError<std::num::ParseIntError>>().is_some());
    /// ```
    pub fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E> + Send + 'static) -> Lazy<U>
    where
        U: Send + 'static,
        E: Debug + Display + Send + Sync + 'static,
    {
        let (kind, inputs) = TryMap::new(Argument::Node(self), map);
        Lazy::new(Node::of(kind, inputs))
    }

    /// Its outcome as a value: what depends on this runs even if it fails.
    ///
    /// ```
    /// use concurry_core::TaskFuture;
    /// use concurry_graph::Lazy;
    ///
    /// let failed: Lazy<u32> = Lazy::join(TaskFuture::<u32, String>::ready(Err("no".into())));
    /// let or_zero = failed.outcome().map(|outcome| outcome.unwrap_or(0));
    /// assert_eq!(or_zero.compute()?, 0);
    /// # Ok::<(), concurry_graph::ComputeError>(())
    /// ```
    pub fn outcome(self) -> Lazy<Result<T, ComputeError>> {
        let (kind, inputs) = Recover::new(self);
        Lazy::new(Node::of(kind, inputs))
    }

    /// Says how long its call is expected to take. Of the nodes that are ready, those run first that
    /// the longest path hangs on; without this every call counts the same.
    pub fn cost(self, expected: Duration) -> Self {
        self.header().set_cost(expected);
        self
    }

    /// Runs what it depends on and itself, and waits for the value.
    ///
    /// # Errors
    ///
    /// The node that failed first, and its error.
    ///
    /// # Panics
    ///
    /// Inside an async runtime it does not panic, but holds up the runtime's thread: await it there.
    pub fn compute(self) -> Result<T, ComputeError> {
        Compute::of(self).run()
    }

    /// Runs it in the background.
    ///
    /// The future's own error is [`CallError::Failed`](concurry_core::CallError::Failed) with the
    /// [`ComputeError`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future detaches it; cancelling it cancels what runs.
    pub fn submit(self) -> TaskFuture<T, ComputeError> {
        Compute::of(self).submit()
    }

    /// The graph of what it depends on, to look at: before a run, or coloured after it.
    #[must_use]
    pub fn graph(&self) -> Graph {
        Graph::of([self as &dyn Dependency])
    }

    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.header().stage()
    }
}

impl<T: 'static> Lazy<T> {
    /// A node whose use was counted.
    pub(crate) fn of_use(node: SlabArc<dyn Produces<T>>) -> Self {
        Self { node: Some(node) }
    }

    pub(crate) fn produces(&self) -> &SlabArc<dyn Produces<T>> {
        match &self.node {
            Some(node) => node,
            None => unreachable!("only a drop takes it"),
        }
    }

    /// Whether there is no other way to the node.
    pub(crate) fn is_sole(&self) -> bool {
        self.header().is_last_use() && !self.produces().is_shared()
    }

    /// Which node it is; of a copy, which node that is a copy of.
    pub(crate) fn identity(&self) -> usize {
        let node = self.produces();
        node.original().unwrap_or_else(|| node.address())
    }

    /// Takes the value of a node that is over. The node is handed on for the shape of the graph.
    pub(crate) fn spend(mut self) -> (Result<T, ComputeError>, SharedNode) {
        let Some(node) = self.node.take() else { unreachable!("only a drop takes it") };
        (node.spend(), node.see_as(|cell| cell as _))
    }

    /// The node with its use, which is the caller's to end.
    pub(crate) fn into_use(mut self) -> SlabArc<dyn Produces<T>> {
        let Some(node) = self.node.take() else { unreachable!("only a drop takes it") };
        node
    }

    /// The node alone, without a use of its value.
    pub(crate) fn into_node(mut self) -> SharedNode {
        let Some(node) = self.node.take() else { unreachable!("only a drop takes it") };
        node.end_use();
        node.see_as(|cell| cell as _)
    }
}

impl<T: 'static> Dependency for Lazy<T> {
    fn header(&self) -> &Header {
        self.produces().header()
    }

    fn node(&self) -> SharedNode {
        self.produces().clone().see_as(|cell| cell as _)
    }

    fn is_shared(&self) -> bool {
        self.produces().is_shared()
    }
}

impl<T: Clone + Send + 'static> Clone for Lazy<T> {
    fn clone(&self) -> Self {
        let node = self.produces();
        node.set_cloner(T::clone);
        node.header().add_use();
        Self { node: Some(node.clone()) }
    }
}

impl<T: 'static> Drop for Lazy<T> {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            node.end_use();
        }
    }
}

/// Awaiting it computes it.
///
/// # Cancel safety
///
/// Dropping the future cancels what runs.
impl<T: Send + 'static> IntoFuture for Lazy<T> {
    type Output = Result<T, ComputeError>;
    type IntoFuture = Computing<T>;

    fn into_future(self) -> Computing<T> {
        Compute::of(self).into_future()
    }
}

impl<T: Send + 'static> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node: &dyn AnyNode = &**self.produces();
        f.debug_struct("Lazy").field("node", &node.name()).field("stage", &self.stage()).finish()
    }
}
