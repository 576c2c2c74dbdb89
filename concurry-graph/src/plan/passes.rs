//! Which passes of the optimiser are made.

/// Which passes of the optimiser are made before a run: all, unless told otherwise.
///
/// The results are the same with any choice. A graph is collected from what is asked for, so what
/// nobody asks for does not run in any case.
///
/// ```
/// use concurry_graph::{Compute, Lazy, Passes};
///
/// let passes = Passes::none().merge(true);
/// assert_eq!(Compute::of(Lazy::value(3)).passes(passes).run()?, 3);
/// # Ok::<(), concurry_graph::ComputeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passes {
    pub(crate) merge: bool,
    pub(crate) prune: bool,
    pub(crate) batch: bool,
    pub(crate) fuse: bool,
    pub(crate) rows: bool,
}

impl Default for Passes {
    fn default() -> Self {
        Self::all()
    }
}

impl Passes {
    /// All passes.
    #[must_use]
    pub fn all() -> Self {
        Self { merge: true, prune: true, batch: true, fuse: true, rows: true }
    }

    /// No pass: the graph runs as it was written.
    #[must_use]
    pub fn none() -> Self {
        Self { merge: false, prune: false, batch: false, fuse: false, rows: false }
    }

    /// Makes equal calls of `#[pure]` methods once: the same method of the same pool, with the same
    /// nodes and equal values as arguments. Values are compared where they are `Eq + Hash`, and by what
    /// they are written as where they are only `Serialize`.
    #[must_use]
    pub fn merge(mut self, merge: bool) -> Self {
        self.merge = merge;
        self
    }

    /// Drops what nobody needs any more once equal calls are merged.
    #[must_use]
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Puts calls of a method that has a batched form, and that do not depend on each other, into
    /// calls of that form.
    #[must_use]
    pub fn batch(mut self, batch: bool) -> Self {
        self.batch = batch;
        self
    }

    /// Runs a chain of calls of one thread pool, in which each needs only the one before, on one
    /// worker, without a dispatch between them.
    #[must_use]
    pub fn fuse(mut self, fuse: bool) -> Self {
        self.fuse = fuse;
        self
    }

    /// Runs many calls of one thread pool, that depend on nothing and that only one container wants,
    /// without a dispatch for each: a worker takes as many at a time as suits it.
    #[must_use]
    pub fn rows(mut self, rows: bool) -> Self {
        self.rows = rows;
        self
    }
}
