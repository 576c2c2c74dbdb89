//! Pools: a queue, its workers, and the handle through which they are called.

mod backends;
pub(crate) mod balance;
pub(crate) mod blocking;
mod bounded;
mod handle;
mod init;
mod options;
mod shared;
pub(crate) mod shutdown;
mod stats;
mod stop;

pub use balance::Balance;
pub use bounded::Overflow;
pub(crate) use bounded::QueuePlace;
pub use handle::{Handle, Pool};
pub use options::{MethodOptions, Options, WorkerOptions};
pub(crate) use shared::{LayerCounters, PoolShared};
pub use stats::{PoolStats, WorkerStats};
pub use stop::StopReport;
