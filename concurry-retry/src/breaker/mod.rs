//! A circuit breaker: after too many failures it refuses calls at once, and finds out by itself
//! when the service is back.
//!
//! | state | what happens to a call |
//! |---|---|
//! | closed | runs; its outcome goes into the window |
//! | open | is refused until `open_for` (a little more, by jitter) has passed |
//! | half-open | a few run as probes, all others are refused; enough good probes close it, one bad one opens it again |
//! | ramping up | runs while few enough are running; each success allows one more (as TCP's slow start, RFC 5681), so that those who waited do not all come at once |
//! | isolated | is refused until `reset`: opened by hand |
//!
//! What counts is an [`Outcome`]: success, failure, or nothing at all. A cancelled call, our own
//! throttling and an error that is the caller's fault say nothing about the health of the service,
//! so they count as nothing. The pattern is Michael Nygard's ("Release It!", 2007); states and
//! windows go by the names that Resilience4j made common.

mod call;
mod config;
mod error;
mod keyed;
mod permit;
mod services;
mod shared;
mod state;
mod stripes;
#[cfg(test)]
mod tests;
mod watchers;
mod window;

pub use call::{BreakerCall, BreakerFuture};
pub use config::CircuitBreakerBuilder;
pub use error::{BreakerConfigError, BreakerError, BreakerOpen};
pub use keyed::KeyedBreakers;
pub use permit::{BreakerPermit, Outcome};
pub use services::service;
pub use shared::{CircuitBreaker, ClosedPass, StateChange};
pub use state::BreakerState;
