//! One remote method, or the function of a task.

use proc_macro2::Span;
use syn::{Attribute, Ident, Path, Type, Visibility};

use super::{Batch, Returns};

/// A method that the pool can call.
pub(crate) struct Method {
    /// Its name, as written.
    pub(crate) name: Ident,
    /// Who may call it.
    pub(crate) visibility: Visibility,
    /// The attributes that its twin on the handle carries too: documentation, deprecation, lints.
    pub(crate) carried: Vec<Attribute>,
    /// Its `#[cfg(…)]`, which everything generated for it repeats.
    pub(crate) cfg: Vec<Attribute>,
    /// The pool alone calls it: the handle does not offer it.
    pub(crate) internal: bool,
    /// Takes `&mut self`.
    pub(crate) exclusive: bool,
    /// Is an `async fn`.
    pub(crate) asynchronous: bool,
    /// Takes `&CallContext`.
    pub(crate) uses_context: bool,
    /// The list of its parameters, to point at.
    pub(crate) list: Span,
    /// The arguments of a call, without receiver and context.
    pub(crate) parameters: Vec<Parameter>,
    /// What it gives back.
    pub(crate) returns: Returns,
    /// What is said of it.
    pub(crate) marks: Marks,
}

/// One named argument.
pub(crate) struct Parameter {
    /// Its name.
    pub(crate) name: Ident,
    /// Its type, with `Self` written out.
    pub(crate) ty: Type,
}

/// The attributes on a method that only these macros know. The paths are kept to point at.
#[derive(Default)]
pub(crate) struct Marks {
    /// `#[idempotent]`.
    pub(crate) idempotent: Option<Path>,
    /// `#[pure]`.
    pub(crate) pure: Option<Path>,
    /// `#[batch(…)]`.
    pub(crate) batch: Option<Batch>,
    /// `#[worker(skip)]`.
    pub(crate) skip: Option<Path>,
}
