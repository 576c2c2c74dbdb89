//! Pools: workers behind a handle, and the layers between the handle and the queue.

mod backends;
mod balance;
mod batching;
#[cfg(feature = "process")]
mod elsewhere;
mod handle;
mod init;
mod layers;
mod method_options;
mod options;
mod stats;
mod stats_text;
mod stop;
mod traced;
mod visit;

#[cfg(feature = "process")]
pub(crate) use backends::Queued;
pub use batching::{BatchStats, Batching};
pub(crate) use handle::queue_call;
pub use handle::{Handle, Pool};
pub use method_options::MethodOptions;
#[cfg(feature = "process")]
pub(crate) use options::MethodKinds;
pub use options::{Options, WorkerOptions};
pub use stats::{BreakerStats, PoolStats, WorkerStats};
pub use stop::StopReport;
pub use visit::{Visiting, Visitor};
