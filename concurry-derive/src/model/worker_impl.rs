//! The impl block under `#[worker]`.

use syn::{Attribute, Generics, Ident, Path, Type, TypePath, Visibility};

use super::{Batch, Method, Parameter, Returns};

/// What `#[worker]` found in an impl block.
pub(crate) struct WorkerImpl {
    /// Where the library is found.
    pub(crate) library: Path,
    /// The parameters and bounds of the impl.
    pub(crate) generics: Generics,
    /// The worker, as written after `impl`.
    pub(crate) self_type: TypePath,
    /// The function `new`.
    pub(crate) constructor: Option<Constructor>,
    /// The remote methods, in the order in which they are written.
    pub(crate) methods: Vec<Method>,
    /// The batched forms among its functions, remote or not.
    pub(crate) batches: Vec<Batch>,
    /// The names of all functions of the block, with those that are not remote.
    pub(crate) function_names: Vec<Ident>,
}

/// The function `new`.
pub(crate) struct Constructor {
    /// Who may call it, and so who may build a pool.
    pub(crate) visibility: Visibility,
    /// Its documentation.
    pub(crate) documentation: Vec<Attribute>,
    /// Is an `async fn`.
    pub(crate) asynchronous: bool,
    /// What `init` takes.
    pub(crate) parameters: Vec<Parameter>,
    /// `Self` or a `Result` of it.
    pub(crate) returns: Returns,
}

impl WorkerImpl {
    /// The name of the worker without path and arguments.
    pub(crate) fn name(&self) -> Option<&Ident> {
        self.self_type.path.segments.last().map(|segment| &segment.ident)
    }

    /// The worker as a type.
    pub(crate) fn worker(&self) -> Type {
        Type::Path(self.self_type.clone())
    }
}
