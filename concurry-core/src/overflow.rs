//! What happens to a call when the queue is full.

/// What a submit does when the queue is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// It waits, on the caller's thread, until a worker begins a call. In async code, where that
    /// would stall the runtime, use [`Overflow::Reject`], or `map`, which never submits too much.
    #[default]
    Wait,
    /// The future is done at once, with [`CallError::Rejected`](crate::CallError::Rejected), which
    /// gives the arguments back.
    Reject,
}
