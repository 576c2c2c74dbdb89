//! What a cancel achieved.

/// What [`TaskFuture::cancel`](crate::TaskFuture::cancel) achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a cancel may come too late; say so with `let _ =` if that does not matter"]
pub enum Cancel {
    /// The call had not begun and never will. Its arguments are dropped, and the future is done
    /// with [`CallError::Cancelled`](crate::CallError::Cancelled).
    Dequeued,
    /// The call is running and was told: an async method is dropped at its next await, a sync one
    /// sees `ctx.is_cancelled()`. The future completes when it has ended.
    Signalled,
    /// The call was done already; its outcome stays.
    TooLate,
}
