//! Spans and metrics of calls, made from the [events](crate::Event) of a pool.
//!
//! Both are features, and both see what an event hook sees: every call that goes through the layers,
//! because it has limits, retries, a timeout or options of its own. Plain calls go straight to the
//! queue, which a span would slow down several times over even if nobody collected it; to see them
//! too, use [`observe_calls`](crate::WorkerOptions::observe_calls).
//!
//! # `tracing`
//!
//! Target `concurry`. Durations are seconds.
//!
//! | Span | Level | Parent | Fields |
//! |---|---|---|---|
//! | `call` | info | the span in which the call was made | `worker`, `method`; at the end `ok`, `attempts`, `limit_wait`, `total` |
//! | `attempt` | debug | its `call` | `attempt`; at the end `ok`, `worker_index`, `limit_wait`, `queued`, `running` |
//!
//! In a `call`, a wait for a limit, a wait before another attempt and a further copy are debug events;
//! so are, outside of it, a copy that lost and a fallback. A worker that is built again and a circuit
//! breaker that changes are warnings, a worker that is given up is an error. A method logs inside its attempt by
//! [`CallContext::span`](crate::CallContext), and lines don't tear progress bars if the subscriber
//! writes through a [`LogWriter`](crate::progress::LogWriter).
//!
//! Attempts begin and end on threads of the pool, so the subscriber has to be that of the process
//! (`init`, `set_global_default`), not of one thread. Without one no span is made, nor an event.
//!
//! # `metrics`
//!
//! All have the label `worker`, and all but restarts and breakers `method`, too; those of breakers have
//! `breaker` and `to`.
//!
//! | Metric | Kind | What it is |
//! |---|---|---|
//! | `concurry_calls_done_total` | counter | calls that gave an output |
//! | `concurry_calls_failed_total` | counter | calls that failed or were cancelled |
//! | `concurry_retries_total` | counter | attempts after the first |
//! | `concurry_hedges_total` | counter | copies of attempts beyond the first |
//! | `concurry_fallbacks_total` | counter | calls that a fallback answered |
//! | `concurry_breaker_changes_total` | counter | changes of circuit breakers |
//! | `concurry_worker_restarts_total` | counter | workers built again after a panic |
//! | `concurry_limit_wait_seconds` | histogram | the wait of an attempt for limits; its sum is the throttled time |
//! | `concurry_queued_seconds` | histogram | the wait of an attempt for a worker |
//! | `concurry_wasted_seconds` | histogram | how long a worker ran a copy that lost |
//! | `concurry_running_seconds` | histogram | how long a worker ran an attempt |

#![forbid(unsafe_code)]

mod events;
#[cfg(feature = "metrics")]
mod meter;
#[cfg(feature = "tracing")]
mod trace;

pub(crate) use events::Events;
