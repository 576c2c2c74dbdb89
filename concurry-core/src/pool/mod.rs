//! Pools: workers behind a handle, and the layers between the handle and the queue.

mod backends;
mod balance;
mod handle;
mod init;
mod layers;
mod options;
mod stats;
mod stop;

pub use handle::{Handle, Pool};
pub use options::{MethodOptions, Options, WorkerOptions};
pub use stats::{PoolStats, WorkerStats};
pub use stop::StopReport;
