//! The function under `#[resilient]`.

use syn::{Expr, Ident, Path};

use super::Returns;

/// What `#[resilient]` found on a function or method.
pub(crate) struct Resilient {
    /// Where the library is found.
    pub(crate) library: Path,
    /// The name of the service, an expression over the arguments.
    pub(crate) service: Expr,
    /// Who answers otherwise.
    pub(crate) fallback: Option<Path>,
    /// The fallback is a method of the same receiver.
    pub(crate) on_receiver: bool,
    /// The names of the arguments that the fallback gets, without the receiver.
    pub(crate) arguments: Vec<Ident>,
    /// What it returns.
    pub(crate) returns: Returns,
}
