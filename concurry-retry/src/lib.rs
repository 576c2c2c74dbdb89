//! What to do when a call fails or is slow: retries, budgets, breakers, hedges, races.
//!
//! Each piece works alone, around any closure or future, async or blocking, and needs no runtime.
//! Time comes from a [`Clock`](concurry_time::Clock), so tests run on virtual time.
//!
//! - [`RetryPolicy`] tries again: how often, after what waits, which errors, until which result.
//! - [`Retryable`] lets an error type say itself what may help; [`retry_after`] reads what a server
//!   asks for.
//! - [`RetryBudget`] bounds the extra attempts of all calls together.
//! - [`Deadline`] is one moment for a call and all it calls; [`fallback`] answers when all fails.
//! - [`redundant`] runs copies of a call at once, [`Hedge`] only when the first one is slow.
//! - [`Race`] asks named candidates, with failover and a memory of who is ill.
//! - [`CircuitBreaker`] refuses calls to a service that is down, and finds out when it is back.

#![forbid(unsafe_code)]

mod backoff;
mod breaker;
mod budget;
mod deadline;
mod fallback;
mod hedge;
mod race;
mod random;
mod redundant;
mod retry;
mod retry_after;
mod verdict;
#[cfg(test)]
mod virtual_time;

pub use backoff::{Jitter, Waits};
pub use breaker::{
    BreakerCall, BreakerConfigError, BreakerError, BreakerOpen, BreakerPermit, BreakerState,
    CircuitBreaker, CircuitBreakerBuilder, KeyedBreakers, Outcome, StateChange,
};
pub use budget::{BudgetError, RetryBudget, RetryBudgetBuilder};
pub use deadline::{Bounded, Deadline, DeadlineExceeded};
pub use fallback::{Fallback, OrElse, OrValue, fallback};
pub use hedge::{Hedge, HedgeError, Hedger};
pub use race::{
    AllSuspended, CandidateFailure, Race, RaceBuilder, RaceCall, RaceConfigError, RaceError,
    Suspended,
};
pub use redundant::{AllFailed, CopiesFuture, Redundant, redundant};
pub use retry::{
    Accept, AndUntil, Attempt, AttemptError, AttemptRecord, Attempts, Bounds, ByVerdict, Either,
    EveryError, EveryResult, GaveUp, Judge, OnlyIf, PolicyError, RetryError, RetryPolicy, Retrying,
    Run, RunFuture, Schedule, VerdictBy, caused_by,
};
pub use retry_after::{parse_retry_after, retry_after};
pub use verdict::{Retryable, Verdict};
