//! Options of single calls.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// Options of single calls, given with [`WorkerHandle::with`](crate::WorkerHandle::with).
///
/// ```
/// use concurry_core::CallOptions;
/// use std::time::Duration;
///
/// let options = CallOptions::new()
///     .deadline(Duration::from_secs(30))
///     .idempotency_key("order-17");
/// assert!(format!("{options:?}").contains("order-17"));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until they are given to a handle"]
pub struct CallOptions {
    pub(crate) deadline: Option<Deadline>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotency_key: Option<Arc<str>>,
}

/// When a whole call has to be done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deadline {
    /// So long after it was made.
    After(Duration),
    /// At that moment.
    At(Instant),
}

impl Deadline {
    /// The moment, for a call that is made now. One too far away to be told is none.
    pub(crate) fn at(self, now: Instant) -> Option<Instant> {
        match self {
            Self::After(after) => now.checked_add(after),
            Self::At(at) => Some(at),
        }
    }
}

impl CallOptions {
    /// No options: the pool's own hold.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds the whole call, with all its attempts and waits, from the moment it is made.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(Deadline::After(after));
        self
    }

    /// Bounds the whole call by a moment.
    pub fn deadline_at(mut self, at: Instant) -> Self {
        self.deadline = Some(Deadline::At(at));
        self
    }

    /// Bounds each attempt.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The key under which the called service may recognise repetitions of this call. Every attempt
    /// sees the same one, by `ctx.idempotency_key()`.
    pub fn idempotency_key(mut self, key: impl Into<Arc<str>>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
}
