//! What everything in a pool shares, whatever its worker's type.

pub(crate) mod blocking;
mod bounded;
mod detached;
mod layered;
mod pool_id;
mod pool_runtime;
mod pool_shared;
mod restart_policy;
pub(crate) mod running;
mod seat;
mod shutdown;
mod stocked_arc;
mod tallies;
#[cfg(feature = "process")]
pub(crate) mod unheard;

pub(crate) use bounded::{Bound, QueuePlace};
pub use detached::spawn_detached;
pub(crate) use layered::{InLayers, Layered};
pub(crate) use pool_id::PoolId;
pub(crate) use pool_runtime::PoolRuntime;
pub(crate) use pool_shared::{LayerCounters, PoolShared};
pub use restart_policy::RestartPolicy;
pub(crate) use seat::Seat;
pub(crate) use shutdown::{Reached, Shutdown, Stage};
pub(crate) use stocked_arc::{Share, StockedArc};
pub(crate) use tallies::{Pools, Tallies};
