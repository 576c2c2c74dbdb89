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
//! In a `call`, a wait for a limit and a wait before another attempt are debug events. A worker that
//! is built again is a warning, one that is given up an error. A method logs inside its attempt by
//! [`CallContext::span`](crate::CallContext), and lines don't tear progress bars if the subscriber
//! writes through a [`LogWriter`](crate::progress::LogWriter).
//!
//! Attempts begin and end on threads of the pool, so the subscriber has to be that of the process
//! (`init`, `set_global_default`), not of one thread. Without one no span is made, nor an event.
//!
//! # `metrics`
//!
//! All have the label `worker`, and all but the restarts `method`, too.
//!
//! | Metric | Kind | What it is |
//! |---|---|---|
//! | `concurry_calls_done_total` | counter | calls that gave an output |
//! | `concurry_calls_failed_total` | counter | calls that failed or were cancelled |
//! | `concurry_retries_total` | counter | attempts after the first |
//! | `concurry_worker_restarts_total` | counter | workers built again after a panic |
//! | `concurry_limit_wait_seconds` | histogram | the wait of an attempt for limits; its sum is the throttled time |
//! | `concurry_queued_seconds` | histogram | the wait of an attempt for a worker |
//! | `concurry_running_seconds` | histogram | how long a worker ran an attempt |

#![forbid(unsafe_code)]

mod events;
#[cfg(feature = "metrics")]
mod meter;
#[cfg(feature = "tracing")]
mod trace;

pub(crate) use events::Events;
