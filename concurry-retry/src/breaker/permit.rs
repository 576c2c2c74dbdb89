//! Leave to make one call through a breaker.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::breaker::shared::Shared;
use crate::breaker::state::Grant;
use crate::verdict::Verdict;

/// What a call says about the health of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The service works.
    Success,
    /// The service does not work.
    Failure,
    /// Nothing: the call was cancelled, throttled by us or by the service, or wrong in itself.
    Ignore,
}

impl From<Verdict> for Outcome {
    /// What an error with this verdict says: only what may pass by itself is ill health.
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Retry | Verdict::RetryAfter(_) => Self::Failure,
            Verdict::Throttle(_) | Verdict::Fatal | Verdict::Poison => Self::Ignore,
        }
    }
}

/// Leave to make one call. Say how it went by [`record`](BreakerPermit::record); dropping it
/// counts as [`Outcome::Ignore`], so a cancelled call or a panic never leaves a probe's place
/// taken.
///
/// ```
/// use concurry_retry::{CircuitBreaker, Outcome};
///
/// let breaker = CircuitBreaker::builder("search").build()?;
/// let permit = breaker.try_acquire()?;
/// let answer: Result<u32, &str> = Ok(7);         // the call itself
/// permit.record(if answer.is_ok() { Outcome::Success } else { Outcome::Failure });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a permit counts as a call that says nothing"]
pub struct BreakerPermit<'b> {
    owner: Owner<'b>,
    grant: Grant,
    /// Read only where slow calls matter.
    started: Option<Instant>,
    recorded: bool,
}

/// A borrowed permit touches no reference count, which many threads would fight over.
pub(crate) enum Owner<'b> {
    Borrowed(&'b Shared),
    Owned(Arc<Shared>),
}

impl Owner<'_> {
    fn shared(&self) -> &Shared {
        match self {
            Self::Borrowed(shared) => shared,
            Self::Owned(shared) => shared,
        }
    }
}

impl<'b> BreakerPermit<'b> {
    pub(crate) fn new(owner: Owner<'b>, grant: Grant, started: Option<Instant>) -> Self {
        Self { owner, grant, started, recorded: false }
    }

    /// Says how the call went. How long it took is measured from the permit's making.
    #[inline]
    pub fn record(mut self, outcome: Outcome) {
        self.recorded = outcome != Outcome::Ignore;
        if self.recorded {
            let failed = outcome == Outcome::Failure;
            self.owner.shared().record(self.grant, self.started, failed);
        }
    }
}

impl Drop for BreakerPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.recorded {
            self.owner.shared().abandon(self.grant);
        }
    }
}

impl fmt::Debug for BreakerPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerPermit").field("grant", &self.grant).finish_non_exhaustive()
    }
}
