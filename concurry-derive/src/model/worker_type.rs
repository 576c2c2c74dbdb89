//! The type under `#[derive(Worker)]`.

use syn::{Generics, Ident, Path, Visibility};

use super::Defaults;

/// What `#[derive(Worker)]` found on a struct or an enum.
pub(crate) struct WorkerType {
    /// Where the library is found.
    pub(crate) library: Path,
    /// The name of the type.
    pub(crate) name: Ident,
    /// Who may see it, and so its handle.
    pub(crate) visibility: Visibility,
    /// Its parameters and bounds.
    pub(crate) generics: Generics,
    /// The options of its pools.
    pub(crate) defaults: Defaults,
}
