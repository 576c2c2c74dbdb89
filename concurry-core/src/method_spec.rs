//! The facts of a method that do not depend on its types.

/// The facts of a method that do not depend on its types.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodSpec {
    /// The worker's name.
    pub worker: &'static str,
    /// The method's name.
    pub name: &'static str,
    /// Its place among the remote methods of the worker.
    pub index: usize,
    /// Takes `&mut self`.
    pub exclusive: bool,
    /// Is an `async fn`.
    pub asynchronous: bool,
    /// Takes `ctx: &CallContext`.
    pub uses_context: bool,
    /// Marked `#[idempotent]`.
    pub idempotent: bool,
    /// Marked `#[pure]`.
    pub pure: bool,
}
