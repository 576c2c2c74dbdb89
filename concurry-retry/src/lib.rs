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
//! - Feature `tower`: retries, breakers and hedges as layers around a tower service.
//!
//! # Order
//!
//! From the outside in: deadline, fallback, race, retry, breaker, hedge, and then the call with its
//! own limits and time-out. Each attempt then asks the breaker anew, a hedge pays for copies only
//! while the breaker lets calls through, and the fallback answers for whatever is left.
//!
//! ```
//! # use concurry_retry::{CircuitBreaker, Hedge, RetryPolicy, fallback};
//! # use std::time::Duration;
//! # async fn fetch() -> Result<u32, String> { Ok(7) }
//! # concurry_time::block_on(async {
//! # let policy = RetryPolicy::default();
//! # let breaker = CircuitBreaker::builder("pricing").build()?;
//! # let hedger = Hedge::after(Duration::from_secs(1)).build()?;
//! // Right: the breaker sees every attempt.
//! let attempts = policy.run(|_| breaker.call(|| hedger.run(fetch)));
//! let price = fallback(attempts).or_value(|_| 100).await;
//!
//! // Wrong: the breaker sees one failure where there were four, and waits count as slow calls.
//! let price = breaker.call(|| policy.run(|_| fetch())).await?;
//!
//! // Wrong: four attempts of four each are up to sixteen calls. Retry in one place.
//! let price = policy.run(|_| policy.run(|_| fetch())).await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

#![warn(unreachable_pub)] // `pub` means public: visibility is read as documentation
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
#[cfg(feature = "tower")]
pub mod tower;
mod verdict;
#[cfg(test)]
mod virtual_time;

pub use backoff::{Jitter, Waits};
pub use breaker::{
    BreakerCall, BreakerConfigError, BreakerError, BreakerFuture, BreakerOpen, BreakerPermit,
    BreakerState, CircuitBreaker, CircuitBreakerBuilder, ClosedPass, KeyedBreakers, Outcome,
    StateChange, service,
};
pub use budget::{BudgetError, RetryBudget, RetryBudgetBuilder};
pub use deadline::{Bounded, Deadline, DeadlineExceeded};
pub use fallback::{Fallback, OrElse, OrValue, fallback};
pub use hedge::{Hedge, HedgeError, Hedger};
pub use race::{
    AllSuspended, CandidateFailure, Race, RaceBuilder, RaceCall, RaceConfigError, RaceError,
    Suspended,
};
pub use redundant::{AllFailed, CopiesFuture, CopyPlan, Redundant, redundant};
pub use retry::{
    Accept, AndUntil, Attempt, AttemptError, AttemptRecord, Attempts, Bounds, ByVerdict, Either,
    EveryError, EveryResult, GaveUp, Judge, OnlyIf, PolicyError, RetryError, RetryPolicy, Retrying,
    Run, RunFuture, Schedule, VerdictBy, caused_by,
};
pub use retry_after::{parse_retry_after, retry_after};
pub use verdict::{Retryable, Verdict};
