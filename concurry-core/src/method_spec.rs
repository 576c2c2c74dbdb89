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

impl MethodSpec {
    /// Of what the crate itself does, and no method of a worker: with none of the marks.
    pub(crate) const fn of_our_own(worker: &'static str, name: &'static str) -> Self {
        Self {
            worker,
            name,
            index: usize::MAX,
            exclusive: false,
            asynchronous: false,
            uses_context: false,
            idempotent: false,
            pure: false,
        }
    }
}
