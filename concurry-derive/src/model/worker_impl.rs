//! The impl block under `#[worker]`.

use proc_macro2::Span;
use syn::{Generics, Ident, Path, Type, TypePath, Visibility};

use super::{Method, Parameter, Returns};

/// What `#[worker]` found in an impl block.
pub(crate) struct WorkerImpl {
    /// Where the library is found.
    pub(crate) library: Path,
    /// The parameters and bounds of the impl.
    pub(crate) generics: Generics,
    /// The worker, as written after `impl`.
    pub(crate) self_type: TypePath,
    /// How its state comes to be.
    pub(crate) construction: Construction,
    /// The methods that the pool calls, in the order in which they are written: the remote ones and
    /// all batched forms.
    pub(crate) methods: Vec<Method>,
    /// The names of all functions of the block, with those that are not remote.
    pub(crate) function_names: Vec<Ident>,
}

/// How the state of a worker comes to be.
pub(crate) enum Construction {
    /// By the function `new`.
    New(Box<Constructor>),
    /// By cloning a value, because there is no `new`.
    Value,
    /// Not at all: something is wrong that is reported already.
    Refused,
}

/// The function `new`.
pub(crate) struct Constructor {
    /// Who may call it, and so who may build a pool.
    pub(crate) visibility: Visibility,
    /// Is an `async fn`.
    pub(crate) asynchronous: bool,
    /// The list of its parameters, to point at.
    pub(crate) list: Span,
    /// What `init` takes.
    pub(crate) parameters: Vec<Parameter>,
    /// `Self` or a `Result` of it.
    pub(crate) returns: Returns,
}

impl WorkerImpl {
    /// The method of that name.
    pub(crate) fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    /// The batched form of that method, if it has one.
    pub(crate) fn batched_form(&self, method: &Method) -> Option<&Method> {
        self.methods.iter().find(|form| {
            form.marks.batch.as_ref().is_some_and(|batch| method.name == batch.of.value())
        })
    }

    /// The name of the worker without path and arguments.
    pub(crate) fn name(&self) -> Option<&Ident> {
        self.self_type.path.segments.last().map(|segment| &segment.ident)
    }

    /// The worker as a type.
    pub(crate) fn worker(&self) -> Type {
        Type::Path(self.self_type.clone())
    }
}
