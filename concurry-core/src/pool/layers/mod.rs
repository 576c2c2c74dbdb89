//! What stands between a call and the queue: fallback, deadline, retries, limits, attempt timeout.
//!
//! The order is fixed, outermost first: fallback > deadline > retry > limits > attempt timeout >
//! queue > run. So a fallback answers also for a deadline, a wait for a limit counts against the
//! deadline but not against the attempt's timeout, every attempt takes its limits anew, and neither a
//! backoff nor a wait for a limit holds a worker. Methods without any of it skip all of this.

mod call;
mod drive;
mod table;
mod telling;
mod waiting;

pub(crate) use call::call;
pub(crate) use table::{LayerTable, MethodLayers, RetryIf, assemble};
