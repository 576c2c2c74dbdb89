//! The function under `#[task]`.

use syn::Path;

use super::{Defaults, Method};

/// What `#[task]` found on a function.
pub(crate) struct Task {
    /// Where the library is found.
    pub(crate) library: Path,
    /// The options of its pools.
    pub(crate) defaults: Defaults,
    /// The function, seen as the one method of a worker.
    pub(crate) function: Method,
}
