//! What a method returns, split into success and failure.

use syn::Type;

/// The return type of a method, a task or a constructor.
pub(crate) enum Returns {
    /// Not a `Result`: it cannot fail by itself.
    Plain(Type),
    /// A `Result` with both sides written.
    Split {
        /// The type as written.
        whole: Type,
        /// The success.
        output: Box<Type>,
        /// The failure.
        error: Box<Type>,
    },
    /// An alias named `Result`, whose sides the compiler finds out.
    Alias(Type),
}

impl Returns {
    /// The type as written.
    pub(crate) fn whole(&self) -> &Type {
        match self {
            Self::Plain(whole) | Self::Alias(whole) | Self::Split { whole, .. } => whole,
        }
    }
}
